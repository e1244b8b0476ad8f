-- model:   met_scopes_nightly
-- grain:   one row per scope_type, scope_key
-- inputs:  met_nights, met_pass_rate_nightly, met_durations_nightly, fct_executions
-- units:   *_count = what the name says; *_ms = milliseconds
-- rules:   the scopes in which something stands on the night of as_of, and always
--          all; a test counts once per variant; executed = ended and not skipped,
--          cancelled or aborted
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          night_date = The night, as met_nights says;
--          execution_count = Executions of the night in the scope;
--          executed_count = Those that ended and were not skipped, cancelled or
--          aborted;
--          failing_test_count = Tests × variants with a failing execution;
--          decided_test_count = Tests × variants with a decided execution
-- owner:   quality-insights
with executions as (
    select
        (test_key, variant_key) as test_variant,
        outcome,
        is_decided,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(
            ['all', project, named_key(suite_key), named_key(environment)]
        ) as scope_key
    from fct_executions
    where
        night_date = getvariable('as_of_date')
        and execution_type <> 'test_suite'
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

scopes as (
    select
        met_pass_rate_nightly.*,
        met_pass_rate_nightly.execution_count
        - met_pass_rate_nightly.in_flight_count
        - met_pass_rate_nightly.skipped_count
        - met_pass_rate_nightly.cancelled_count
        - met_pass_rate_nightly.aborted_count as executed_count
    from met_pass_rate_nightly
    inner join met_nights
        on met_pass_rate_nightly.night_date = met_nights.night_date
    union all by name
    select
        night_date,
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
        scopes.night_date,
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
        coalesce(met_durations_nightly.duration_count, 0) as duration_count,
        met_durations_nightly.duration_p50_ms
    from scopes
    left outer join tests
        on scopes.scope_type = tests.scope_type and scopes.scope_key = tests.scope_key
    left outer join met_durations_nightly
        on
            scopes.scope_type = met_durations_nightly.scope_type
            and scopes.scope_key = met_durations_nightly.scope_key
)

select * from final
