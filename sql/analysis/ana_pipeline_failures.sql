-- model:   ana_pipeline_failures
-- grain:   one row per invocation_key, suite_key
-- inputs:  fct_executions, ana_flaky_runs
-- units:   *_count = executions; *_ms = milliseconds
-- rules:   invocations of the last days that the policy says (time_use_days), by
--          bucket_date, known by as_of, on protected branches, that the source names;
--          infra storms and suite runs are left out; flake = it failed in the end and
--          passed at the same commit; possible = that, or a hard failure outside a
--          broken segment: an index and an upper bound, the truth lies between
-- source:  statistics.md 1.3, 7.1
-- columns: suite_key = The suite, (none) where the execution has none;
--          bucket_date = Day on which the invocation began;
--          failing_count = Executions that failed in the end;
--          flake_failing_count = Those that passed at the same commit;
--          possible_flake_failing_count = Those and hard failures that may be flakes;
--          busy_ms = How long its executions ran in all;
--          wall_ms = From the first start to the last end, null where one is unknown
--          or an execution ended before it started
-- owner:   quality-insights
with executions as (
    select
        fct_executions.invocation_key,
        named_key(fct_executions.suite_key) as suite_key,
        fct_executions.project,
        fct_executions.bucket_date,
        fct_executions.duration_ms,
        fct_executions.started_at,
        fct_executions.completed_at,
        is_failing_outcome(fct_executions.outcome) as is_failing,
        coalesce(
            ana_flaky_runs.kind = 'flake' and ana_flaky_runs.is_proved, false
        ) as is_flake,
        ana_flaky_runs.execution_key is not null as is_possible_flake
    from fct_executions
    left outer join ana_flaky_runs
        on fct_executions.execution_key = ana_flaky_runs.execution_key
    where
        fct_executions.execution_type <> 'test_suite'
        and fct_executions.is_protected_branch
        and not fct_executions.is_infra_suspect
        and not starts_with(fct_executions.invocation_source, 'derived')
        and fct_executions.known_at <= getvariable('as_of')
        and is_of_time_use(fct_executions.bucket_date)
),

final as (
    select
        invocation_key,
        suite_key,
        min(project) as project,
        min(bucket_date) as bucket_date,
        count(*) filter (where is_failing) as failing_count,
        count(*) filter (where is_failing and is_flake) as flake_failing_count,
        count(*) filter (
            where is_failing and is_possible_flake
        ) as possible_flake_failing_count,
        coalesce(sum(duration_ms), 0)::bigint as busy_ms,
        if(
            count(*) filter (where completed_at >= started_at) = count(*),
            date_diff('millisecond', min(started_at), max(completed_at)),
            null
        ) as wall_ms
    from executions
    group by invocation_key, suite_key
)

select * from final
