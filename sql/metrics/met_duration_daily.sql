-- model:   met_duration_daily
-- grain:   one row per bucket_date, suite_key
-- inputs:  fct_attempts, fct_executions
-- units:   *_ms = milliseconds; *_count = attempts
-- rules:   passed attempts with a known duration only, each attempt by itself;
--          suite runs and unverified executions (what passes in them may be less
--          than the test) are left out, infra storms too, and these are counted;
--          quantiles are inverse CDF, rank ceil(p n); p95 is null under 72 values,
--          where no two-sided interval exists (statistics.md 3.1)
-- columns: suite_key = The suite, (none) where the execution has none;
--          passed_count = Passed attempts with a duration: the n of the quantiles;
--          infra_suspect_count = Passed attempts left out as part of a storm;
--          duration_sum_ms = How long they ran in all;
--          duration_p50_ms = Half of them took no longer;
--          duration_p95_ms = 95 % of them took no longer;
--          duration_max_ms = The longest;
--          method = inverse_cdf where the p95 is given, else insufficient;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with attempts as (
    select
        fct_executions.bucket_date,
        named_key(fct_executions.suite_key) as suite_key,
        fct_executions.is_infra_suspect,
        fct_attempts.duration_ms
    from fct_attempts
    inner join fct_executions
        on fct_attempts.execution_key = fct_executions.execution_key
    where
        fct_attempts.outcome = 'passed'
        and fct_attempts.duration_ms is not null
        and fct_executions.execution_type <> 'test_suite'
        and not fct_executions.is_unverified
),

days as (
    select
        bucket_date,
        suite_key,
        count(*) filter (where not is_infra_suspect) as passed_count,
        count(*) filter (where is_infra_suspect) as infra_suspect_count,
        coalesce(sum(duration_ms) filter (where not is_infra_suspect), 0)::bigint
            as duration_sum_ms,
        quantile_disc(duration_ms, 0.5) filter (where not is_infra_suspect)
            as duration_p50_ms,
        quantile_disc(duration_ms, 0.95) filter (where not is_infra_suspect)
            as duration_p95_ms,
        max(duration_ms) filter (where not is_infra_suspect) as duration_max_ms
    from attempts
    group by all
),

final as (
    select
        bucket_date,
        suite_key,
        passed_count,
        infra_suspect_count,
        duration_sum_ms,
        duration_p50_ms,
        if(passed_count >= getvariable('p95_minimum'), duration_p95_ms, null)
            as duration_p95_ms,
        duration_max_ms,
        if(
            passed_count >= getvariable('p95_minimum'), 'inverse_cdf', 'insufficient'
        ) as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from days
)

select * from final
