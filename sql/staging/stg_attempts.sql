-- model:   stg_attempts
-- grain:   one row per execution_key, attempt_number
-- inputs:  lake_attempts
-- units:   *_ms = milliseconds
-- owner:   quality-insights
with final as (
    select
        execution_key,
        attempt_number,
        outcome,
        started_at,
        duration_ms,
        triggered_date
    from lake_attempts
)

select * from final
