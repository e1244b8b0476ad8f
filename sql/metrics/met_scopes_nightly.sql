-- model:   met_scopes_nightly
-- grain:   one row per scope_type, scope_key
-- inputs:  met_nights, met_pass_rate_daily, fct_executions, fct_attempts
-- units:   *_count = what the name says; *_ms = milliseconds
-- rules:   the scopes of met_pass_rate_daily in which something stands on the
--          night, and always all; a test counts once per variant; executed = ended
--          and not skipped, cancelled or aborted; durations as in
--          met_duration_daily: passed attempts, infra storms left out
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          bucket_date = The night, as met_nights says;
--          execution_count = Executions of the night in the scope;
--          executed_count = Those that ended and were not skipped, cancelled or
--          aborted;
--          failing_test_count = Tests × variants with a failing execution;
--          decided_test_count = Tests × variants with a decided execution;
--          duration_count = Passed attempts with a duration;
--          duration_p50_ms = Half of them took no longer
-- owner:   quality-insights
with executions as (
    select
        fct_executions.execution_key,
        (fct_executions.test_key, fct_executions.variant_key) as test_variant,
        fct_executions.outcome,
        fct_executions.is_decided,
        fct_executions.is_infra_suspect,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest([
            'all',
            fct_executions.project,
            named_key(fct_executions.suite_key),
            named_key(fct_executions.environment)
        ]) as scope_key
    from fct_executions
    inner join met_nights on fct_executions.bucket_date = met_nights.bucket_date
    where fct_executions.execution_type <> 'test_suite'
),

tests as (
    select
        scope_type,
        scope_key,
        count(distinct test_variant) filter (where is_failing_outcome(outcome))
            as failing_test_count,
        count(distinct test_variant) filter (where is_decided)
            as decided_test_count
    from executions
    group by all
),

durations as (
    select
        executions.scope_type,
        executions.scope_key,
        count(*) as duration_count,
        quantile_disc(fct_attempts.duration_ms, 0.5) as duration_p50_ms
    from executions
    inner join fct_attempts on executions.execution_key = fct_attempts.execution_key
    where
        fct_attempts.outcome = 'passed'
        and fct_attempts.duration_ms is not null
        and not executions.is_infra_suspect
    group by all
),

scopes as (
    select
        met_pass_rate_daily.*,
        met_pass_rate_daily.execution_count - met_pass_rate_daily.in_flight_count
        - met_pass_rate_daily.skipped_count - met_pass_rate_daily.cancelled_count
        - met_pass_rate_daily.aborted_count as executed_count
    from met_pass_rate_daily
    inner join met_nights on met_pass_rate_daily.bucket_date = met_nights.bucket_date
    union all by name
    select
        bucket_date,
        'all' as scope_type,
        'all' as scope_key,
        0 as execution_count
    from met_nights
    where execution_count = 0
),

final as (
    select
        scopes.scope_type,
        scopes.scope_key,
        scopes.bucket_date,
        scopes.execution_count,
        coalesce(scopes.in_flight_count, 0) as in_flight_count,
        coalesce(scopes.executed_count, 0) as executed_count,
        coalesce(scopes.passed_count, 0) as passed_count,
        coalesce(scopes.decided_count, 0) as decided_count,
        scopes.final_n_eff,
        scopes.final_pass_rate,
        scopes.final_pass_rate_low,
        scopes.final_pass_rate_high,
        coalesce(scopes.first_attempt_passed_count, 0) as first_attempt_passed_count,
        coalesce(scopes.first_attempt_decided_count, 0)
            as first_attempt_decided_count,
        scopes.first_attempt_n_eff,
        scopes.first_attempt_pass_rate,
        scopes.first_attempt_pass_rate_low,
        scopes.first_attempt_pass_rate_high,
        coalesce(tests.failing_test_count, 0) as failing_test_count,
        coalesce(tests.decided_test_count, 0) as decided_test_count,
        coalesce(durations.duration_count, 0) as duration_count,
        durations.duration_p50_ms
    from scopes
    left outer join tests
        on scopes.scope_type = tests.scope_type and scopes.scope_key = tests.scope_key
    left outer join durations
        on
            scopes.scope_type = durations.scope_type
            and scopes.scope_key = durations.scope_key
)

select * from final
