-- model:   stg_steps
-- grain:   one row per execution_key, attempt_number, step_number
-- inputs:  lake_steps
-- units:   *_ms = milliseconds; retry_count = retries
-- owner:   quality-insights
with final as (
    select
        execution_key,
        attempt_number,
        step_number,
        step_key,
        step_name,
        step_type,
        outcome,
        is_warning,
        started_at,
        duration_ms,
        retry_count,
        error_type,
        error_message,
        error_code,
        expected,
        actual,
        stack_trace,
        fingerprint,
        trace_fingerprint,
        triggered_date
    from lake_steps
)

select * from final
