-- model:    ana_duration_quantiles
-- grain:    one row per scope_type, scope_key, variant_key, period_days, series
-- inputs:   fct_executions, fct_attempts
-- analysis: duration_quantiles
-- units:    *_count = attempts; *_ms = milliseconds; *_share = fraction 0..1
-- rules:    attempts with a known duration, each by itself, of the nights up to as_of,
--           all branches; passed, or failing: failed, error and timed out; suite runs,
--           unverified executions and infra storms are left out; quantiles of merged
--           log-bucket histograms, at most 1 % off; interval ends are the outer edges
--           of their buckets; all within the least and the largest value; a quantile is
--           null where its interval is unbounded on a side (a p95 from 72 attempts)
-- source:   statistics.md 3.1, 3.2; Masson et al. 2019
-- columns:  scope_type = all, project, suite, environment or test;
--           scope_key = The project, suite, environment or test, (none) where there is
--           none, all for everything;
--           variant_key = environment × browser × platform of a test, else empty;
--           period_days = Nights up to as_of: 1, 7 or 28;
--           series = passed or failing;
--           attempt_count = Attempts with a known duration;
--           untimed_count = Attempts without one;
--           duration_sum_ms = How long they ran in all;
--           duration_min_ms = The shortest;
--           duration_max_ms = The longest;
--           duration_p50_ms = Half of them took no longer;
--           duration_p50_low_ms = Lower end of its 95 % interval;
--           duration_p50_high_ms = Upper end of it;
--           duration_p95_ms = 95 % of them took no longer;
--           duration_p95_low_ms = Lower end of its 95 % interval;
--           duration_p95_high_ms = Upper end of it;
--           duration_p99_ms = 99 % of them took no longer;
--           duration_p99_low_ms = Lower end of its 95 % interval;
--           duration_p99_high_ms = Upper end of it;
--           timed_out_count = Attempts of the scope and period that ran out of time;
--           censored_share = These of them and the passed ones: cut off, and so in no
--           duration of what passed, null where there are neither
-- owner:    quality-insights
with executions as (
    select
        execution_key,
        named_key(test_key) as test_key,
        variant_key,
        project,
        named_key(suite_key) as suite_key,
        named_key(environment) as environment,
        case
            when night_date = getvariable('as_of_date') then 1
            when night_date > getvariable('as_of_date') - 7 then 7
            else 28
        end as period_days
    from fct_executions
    where
        night_date <= getvariable('as_of_date')
        and night_date > getvariable('as_of_date') - 28
        and execution_type <> 'test_suite'
        and not is_unverified
        and not is_infra_suspect
),

final as (
    select
        executions.test_key,
        executions.variant_key,
        executions.project,
        executions.suite_key,
        executions.environment,
        executions.period_days,
        if(fct_attempts.outcome = 'passed', 'passed', 'failing') as series,
        fct_attempts.outcome = 'timed_out' as is_timed_out,
        log_bucket(fct_attempts.duration_ms) as bucket,
        count(*) as attempt_count,
        sum(fct_attempts.duration_ms)::bigint as duration_sum_ms,
        min(fct_attempts.duration_ms) as duration_min_ms,
        max(fct_attempts.duration_ms) as duration_max_ms
    from executions
    inner join fct_attempts on executions.execution_key = fct_attempts.execution_key
    where
        fct_attempts.outcome = 'passed' or is_failing_outcome(fct_attempts.outcome)
    group by all
)

select * from final
