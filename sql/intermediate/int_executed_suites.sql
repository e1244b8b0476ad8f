-- model:   int_executed_suites
-- grain:   one row per suite_key
-- inputs:  stg_executions
-- units:   execution_count = executions
-- owner:   quality-insights
with executions as (
    select
        suite_key,
        triggered_at
    from stg_executions
    where suite_key is not null
),

final as (
    select
        suite_key,
        min(triggered_at) as first_executed_at,
        max(triggered_at) as last_executed_at,
        count(*) as execution_count
    from executions
    group by all
)

select * from final
