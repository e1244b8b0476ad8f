-- model:   met_test_durations
-- grain:   one row per test_key, variant_key
-- inputs:  fct_executions
-- units:   *_ms = milliseconds; passed_count = executions
-- rules:   passed executions of the last 7 nights with a known duration; suite
--          runs, unverified executions and infra storms are left out; the median is
--          inverse CDF
-- columns: passed_count = Passed executions with a duration: the n of the median;
--          duration_sum_ms = How long they ran in all;
--          duration_p50_ms = Half of them took no longer;
--          duration_min_ms = The shortest;
--          duration_max_ms = The longest;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with final as (
    select
        test_key,
        variant_key,
        count(*) as passed_count,
        sum(duration_ms)::bigint as duration_sum_ms,
        quantile_disc(duration_ms, 0.5) as duration_p50_ms,
        min(duration_ms) as duration_min_ms,
        max(duration_ms) as duration_max_ms,
        getvariable('as_of') as as_of
    from fct_executions
    where
        outcome = 'passed'
        and not is_unverified
        and duration_ms is not null
        and test_key is not null
        and execution_type <> 'test_suite'
        and not is_infra_suspect
        and night_date <= getvariable('as_of_date')
        and night_date
        > getvariable('as_of_date') - getvariable('slow_days')::integer
    group by test_key, variant_key
)

select * from final
