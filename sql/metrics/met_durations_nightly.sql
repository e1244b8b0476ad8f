-- model:   met_durations_nightly
-- grain:   one row per scope_type, scope_key
-- inputs:  fct_executions, fct_attempts
-- units:   *_ms = milliseconds; *_count = attempts
-- rules:   passed attempts of the night with a known duration, unverified
--          executions and infra storms left out, as in met_duration_daily; p95 is
--          null under 72 values
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          duration_count = Passed attempts with a duration: the n of the quantiles;
--          duration_sum_ms = How long they ran in all;
--          duration_p50_ms = Half of them took no longer;
--          duration_p95_ms = 95 % of them took no longer;
--          duration_max_ms = The longest
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(
            ['all', project, named_key(suite_key), named_key(environment)]
        ) as scope_key
    from fct_executions
    where
        night_date = getvariable('as_of_date')
        and execution_type <> 'test_suite'
        and not is_unverified
        and not is_infra_suspect
),

attempts as (
    select
        execution_key,
        duration_ms
    from fct_attempts
    where outcome = 'passed' and duration_ms is not null
),

final as (
    select
        executions.scope_type,
        executions.scope_key,
        count(*) as duration_count,
        sum(attempts.duration_ms)::bigint as duration_sum_ms,
        quantile_disc(attempts.duration_ms, 0.5) as duration_p50_ms,
        if(
            count(*) >= getvariable('p95_minimum'),
            quantile_disc(attempts.duration_ms, 0.95),
            null
        ) as duration_p95_ms,
        max(attempts.duration_ms) as duration_max_ms
    from executions
    inner join attempts on executions.execution_key = attempts.execution_key
    group by all
)

select * from final
