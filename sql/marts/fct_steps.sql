-- model:   fct_steps
-- grain:   one row per execution_key, attempt_number, step_number
-- inputs:  stg_steps, stg_executions
-- units:   duration_ms = milliseconds; retry_count = retries; *_number =
--          position from 1
-- rules:   steps of the executions that were triggered up to as_of; cases inside
--          a suite run are steps of type test_case
-- owner:   quality-insights
with last_executions as (
    -- only the day of as_of can hold executions that were triggered after it
    select execution_key
    from stg_executions
    where triggered_date >= getvariable('as_of')::date
),

final as (
    select
        stg_steps.execution_key,
        stg_steps.attempt_number,
        stg_steps.step_number,
        stg_steps.step_key,
        stg_steps.triggered_date,
        stg_steps.started_at,
        stg_steps.step_name,
        stg_steps.step_type,
        stg_steps.outcome,
        stg_steps.error_type,
        stg_steps.error_message,
        stg_steps.error_code,
        stg_steps.expected,
        stg_steps.actual,
        stg_steps.stack_trace,
        stg_steps.fingerprint,
        stg_steps.trace_fingerprint,
        stg_steps.retry_count,
        stg_steps.duration_ms,
        stg_steps.is_warning
    from stg_steps
    where
        stg_steps.triggered_date < getvariable('as_of')::date
        or stg_steps.execution_key in (
            select last_executions.execution_key from last_executions
        )
)

select * from final
