-- model:   stg_users
-- grain:   one row per person_key
-- inputs:  lake_users
-- units:   none
-- owner:   quality-insights
with final as (
    select
        person_key,
        is_active,
        created_at,
        first_seen_at,
        last_seen_at
    from lake_users
)

select * from final
