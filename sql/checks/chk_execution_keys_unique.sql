-- model:   chk_execution_keys_unique
-- grain:   one row per execution_key
-- inputs:  lake_executions
-- units:   row_count = rows
-- rules:   looks at the whole lake, whatever the as_of
-- severity: blocking
-- columns: row_count = Rows that the lake holds for the key;
--          first_date = Earliest partition that holds it;
--          last_date = Latest partition that holds it
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        triggered_date
    from lake_executions
),

final as (
    select
        execution_key,
        count(*) as row_count,
        min(triggered_date) as first_date,
        max(triggered_date) as last_date
    from executions
    group by all
    having count(*) > 1
)

select * from final
