-- model:   chk_child_rows_have_an_execution
-- grain:   one row per table_name, execution_key
-- inputs:  lake_attempts, lake_steps, lake_state_changes, lake_executions
-- units:   row_count = rows
-- rules:   the facts keep only rows of known executions; none is lost by that
-- severity: blocking
-- columns: table_name = Lake table that holds the rows;
--          row_count = Rows without an execution
-- owner:   quality-insights
with child_rows as (
    select
        'attempts' as table_name,
        execution_key
    from lake_attempts
    union all by name
    select
        'steps' as table_name,
        execution_key
    from lake_steps
    union all by name
    select
        'state_changes' as table_name,
        execution_key
    from lake_state_changes
),

executions as (
    select execution_key
    from lake_executions
),

final as (
    select
        child_rows.table_name,
        child_rows.execution_key,
        count(*) as row_count
    from child_rows
    anti join executions on child_rows.execution_key = executions.execution_key
    group by all
)

select * from final
