-- model:   fct_attempts
-- grain:   one row per execution_key, attempt_number
-- inputs:  stg_attempts, stg_executions
-- units:   duration_ms = milliseconds; attempt_number = position from 1
-- rules:   attempts of the executions that were triggered up to as_of
-- owner:   quality-insights
with last_executions as (
    -- only the day of as_of can hold executions that were triggered after it
    select execution_key
    from stg_executions
    where triggered_date >= getvariable('as_of')::date
),

final as (
    select
        stg_attempts.execution_key,
        stg_attempts.attempt_number,
        stg_attempts.triggered_date,
        stg_attempts.started_at,
        stg_attempts.outcome,
        stg_attempts.duration_ms
    from stg_attempts
    where
        stg_attempts.triggered_date < getvariable('as_of')::date
        or stg_attempts.execution_key in (
            select last_executions.execution_key from last_executions
        )
)

select * from final
