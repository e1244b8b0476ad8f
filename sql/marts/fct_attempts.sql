-- model:   fct_attempts
-- grain:   one row per execution_key, attempt_number
-- inputs:  stg_attempts, stg_executions
-- units:   duration_ms = milliseconds; attempt_number = position from 1
-- rules:   attempts of the executions that were triggered up to as_of
-- owner:   quality-insights
with executions as (
    select execution_key
    from stg_executions
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
    inner join executions on stg_attempts.execution_key = executions.execution_key
)

select * from final
