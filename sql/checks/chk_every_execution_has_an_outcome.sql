-- model:   chk_every_execution_has_an_outcome
-- grain:   one row per execution_key
-- inputs:  fct_executions
-- units:   none
-- rules:   an execution that has ended has an outcome, one in flight has none
-- severity: blocking
-- owner:   quality-insights
with final as (
    select
        execution_key,
        triggered_date,
        status,
        outcome
    from fct_executions
    where is_in_flight_status(status) <> (outcome is null)
)

select * from final
