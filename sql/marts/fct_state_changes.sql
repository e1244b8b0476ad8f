-- model:   fct_state_changes
-- grain:   one row per execution_key, changed_at, to_status
-- inputs:  stg_state_changes, stg_executions
-- units:   none
-- rules:   changes up to as_of, of the executions that were triggered up to as_of
-- owner:   quality-insights
with last_executions as (
    -- only the day of as_of can hold executions that were triggered after it
    select execution_key
    from stg_executions
    where triggered_date >= getvariable('as_of')::date
),

final as (
    select
        stg_state_changes.execution_key,
        stg_state_changes.changed_at,
        stg_state_changes.triggered_date,
        stg_state_changes.from_status,
        stg_state_changes.to_status
    from stg_state_changes
    where
        stg_state_changes.triggered_date < getvariable('as_of')::date
        or stg_state_changes.execution_key in (
            select last_executions.execution_key from last_executions
        )
)

select * from final
