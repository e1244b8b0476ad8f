-- model:   fct_state_changes
-- grain:   one row per execution_key, changed_at, to_status
-- inputs:  stg_state_changes, stg_executions
-- units:   none
-- rules:   changes up to as_of, of the executions that were triggered up to as_of
-- owner:   quality-insights
with executions as (
    select execution_key
    from stg_executions
),

final as (
    select
        stg_state_changes.execution_key,
        stg_state_changes.changed_at,
        stg_state_changes.triggered_date,
        stg_state_changes.from_status,
        stg_state_changes.to_status
    from stg_state_changes
    inner join executions
        on stg_state_changes.execution_key = executions.execution_key
)

select * from final
