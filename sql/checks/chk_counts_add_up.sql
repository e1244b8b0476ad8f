-- model:   chk_counts_add_up
-- grain:   one row per period_type, period_date, scope_type, scope_key
-- inputs:  met_pass_rate_daily, met_pass_rate_nightly, fct_executions
-- units:   *_count = executions
-- rules:   in every scope the outcomes make up the executions and the deciding
--          ones the decided; each kind of scope holds every execution of the day,
--          and of the night
-- severity: blocking
-- columns: period_type = day or night;
--          period_date = The bucket_date or the night_date;
--          scope_key = The scope, null where a kind of scope misses executions;
--          execution_count = Executions the metric says;
--          outcome_count = Its outcomes summed, or the facts of the period
-- owner:   quality-insights
with rates as (
    select
        'day' as period_type,
        bucket_date as period_date,
        * exclude (bucket_date)
    from met_pass_rate_daily
    union all by name
    select
        'night' as period_type,
        night_date as period_date,
        * exclude (night_date)
    from met_pass_rate_nightly
),

scopes as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        execution_count,
        in_flight_count + passed_count + unverified_count + failed_count
        + error_count + timed_out_count + skipped_count + cancelled_count
        + aborted_count + unknown_count as outcome_count,
        passed_count + failed_count + error_count + timed_out_count
        <> decided_count as is_decided_wrong
    from rates
),

facts as (
    select
        -- two lists of one length: unnested side by side
        unnest(['day', 'night']) as period_type,
        unnest([bucket_date, night_date]) as period_date
    from fct_executions
    where execution_type <> 'test_suite'
),

-- of nights the metric has the last ones only
told_facts as (
    select
        period_type,
        period_date
    from facts
    where period_type = 'day' or is_of_history(period_date)
),

periods as (
    select
        period_type,
        period_date,
        count(*) as execution_count
    from told_facts
    group by all
),

kinds as (
    select
        period_type,
        period_date,
        scope_type,
        sum(execution_count)::bigint as execution_count
    from scopes
    group by all
),

final as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        execution_count,
        outcome_count
    from scopes
    where execution_count <> outcome_count or is_decided_wrong
    union all by name
    select
        periods.period_type,
        periods.period_date,
        kinds.scope_type,
        null as scope_key,
        coalesce(kinds.execution_count, 0) as execution_count,
        periods.execution_count as outcome_count
    from periods
    left outer join kinds
        on
            periods.period_type = kinds.period_type
            and periods.period_date = kinds.period_date
    where kinds.execution_count is distinct from periods.execution_count
)

select * from final
