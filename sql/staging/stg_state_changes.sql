-- model:   stg_state_changes
-- grain:   one row per execution_key, changed_at, to_status
-- inputs:  lake_state_changes
-- units:   none
-- rules:   what changed after as_of is left out
-- owner:   quality-insights
with final as (
    select
        execution_key,
        changed_at,
        from_status,
        to_status,
        triggered_date
    from lake_state_changes
    where changed_at <= getvariable('as_of')
)

select * from final
