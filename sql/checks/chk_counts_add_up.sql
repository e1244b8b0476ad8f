-- model:   chk_counts_add_up
-- grain:   one row per bucket_date, scope_type, scope_key
-- inputs:  met_pass_rate_daily, fct_executions
-- units:   *_count = executions
-- rules:   in every scope the outcomes make up the executions and the deciding
--          ones the decided; each kind of scope holds every execution of the day
-- severity: blocking
-- columns: scope_key = The scope, null where a kind of scope misses executions;
--          execution_count = Executions the metric says;
--          outcome_count = Its outcomes summed, or the facts of the day
-- owner:   quality-insights
with scopes as (
    select
        bucket_date,
        scope_type,
        scope_key,
        execution_count,
        in_flight_count + passed_count + unverified_count + failed_count
        + error_count + timed_out_count + skipped_count + cancelled_count
        + aborted_count + unknown_count as outcome_count,
        passed_count + failed_count + error_count + timed_out_count
        <> decided_count as is_decided_wrong
    from met_pass_rate_daily
),

facts as (
    select
        bucket_date,
        count(*) as execution_count
    from fct_executions
    where execution_type <> 'test_suite'
    group by all
),

kinds as (
    select
        bucket_date,
        scope_type,
        sum(execution_count)::bigint as execution_count
    from scopes
    group by all
),

final as (
    select
        bucket_date,
        scope_type,
        scope_key,
        execution_count,
        outcome_count
    from scopes
    where execution_count <> outcome_count or is_decided_wrong
    union all by name
    select
        facts.bucket_date,
        kinds.scope_type,
        null as scope_key,
        coalesce(kinds.execution_count, 0) as execution_count,
        facts.execution_count as outcome_count
    from facts
    left outer join kinds on facts.bucket_date = kinds.bucket_date
    where kinds.execution_count is distinct from facts.execution_count
)

select * from final
