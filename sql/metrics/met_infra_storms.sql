-- model:   met_infra_storms
-- grain:   one row per project, invocation_key
-- inputs:  ana_infra_storms, fct_executions
-- units:   *_count = executions, but baseline_count and failing_count = tests ×
--          variants; failing_share = fraction 0..1
-- rules:   an invocation in which more than the policy's share of the tests that had
--          passed before fail at once; its executions are kept and shown, but are in
--          no flakiness, segment or duration; runs of a day or more that all fail are
--          broken segments, not storms
-- source:  statistics.md 0.5
-- columns: first_triggered_at = When its first execution was asked for;
--          last_triggered_at = When its last one was;
--          night_date = The night of its first execution;
--          is_derived = The invocation was put together from environment and build
--          or day, since the source names none;
--          suite_count = Suites in it;
--          execution_count = Its executions;
--          excluded_count = Those of them that were decided, and count nowhere;
--          failing_share = Failing over baseline;
--          failing_share_low = Lower end of Wilson's 95 % interval;
--          failing_share_high = Upper end of it;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with executions as (
    select
        invocation_key,
        suite_key,
        project,
        variant_key,
        invocation_source,
        commit_id,
        build_version,
        triggered_at,
        night_date,
        is_decided
    from fct_executions
    where is_infra_suspect and execution_type <> 'test_suite'
),

final as (
    select
        ana_infra_storms.project,
        ana_infra_storms.invocation_key,
        min(executions.triggered_at) as first_triggered_at,
        max(executions.triggered_at) as last_triggered_at,
        min(executions.night_date) as night_date,
        bool_or(starts_with(executions.invocation_source, 'derived')) as is_derived,
        count(distinct named_key(executions.suite_key)) as suite_count,
        max(executions.commit_id) as commit_id,
        max(executions.build_version) as build_version,
        count(*) as execution_count,
        count(*) filter (where executions.is_decided) as excluded_count,
        ana_infra_storms.baseline_count,
        ana_infra_storms.failing_count,
        ana_infra_storms.failing_count / ana_infra_storms.baseline_count
            as failing_share,
        wilson_low(ana_infra_storms.failing_count, ana_infra_storms.baseline_count)
            as failing_share_low,
        wilson_high(ana_infra_storms.failing_count, ana_infra_storms.baseline_count)
            as failing_share_high,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_infra_storms
    inner join executions
        on
            ana_infra_storms.project = executions.project
            and ana_infra_storms.invocation_key = executions.invocation_key
    group by
        ana_infra_storms.project,
        ana_infra_storms.invocation_key,
        ana_infra_storms.baseline_count,
        ana_infra_storms.failing_count
)

select * from final
