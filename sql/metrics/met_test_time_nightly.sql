-- model:   met_test_time_nightly
-- grain:   one row per night_date, suite_key
-- inputs:  fct_executions
-- units:   *_count = what the name says; duration_sum_ms = milliseconds
-- rules:   the last 60 days up to as_of; every outcome counts, an execution without
--          a duration adds nothing; suite runs are left out
-- columns: suite_key = The suite, (none) where the execution has none;
--          invocation_count = Invocations of the suite on that night;
--          duration_count = Executions with a duration;
--          duration_sum_ms = How long they ran in all;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with final as (
    select
        night_date,
        named_key(suite_key) as suite_key,
        count(distinct invocation_key) as invocation_count,
        count(duration_ms) as duration_count,
        coalesce(sum(duration_ms), 0)::bigint as duration_sum_ms,
        getvariable('as_of') as as_of
    from fct_executions
    where
        execution_type <> 'test_suite'
        and is_of_history(night_date)
    group by all
)

select * from final
