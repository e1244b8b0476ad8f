-- model:   int_executed_tests
-- grain:   one row per test_key
-- inputs:  stg_executions
-- units:   execution_count = executions
-- rules:   suite runs have no test_key and are left out
-- owner:   quality-insights
with executions as (
    select
        test_key,
        triggered_at
    from stg_executions
    where test_key is not null
),

final as (
    select
        test_key,
        min(triggered_at) as first_executed_at,
        max(triggered_at) as last_executed_at,
        count(*) as execution_count
    from executions
    group by all
)

select * from final
