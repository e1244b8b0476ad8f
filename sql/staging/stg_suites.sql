-- model:   stg_suites
-- grain:   one row per suite_key
-- inputs:  lake_suites
-- units:   none
-- owner:   quality-insights
with final as (
    select
        suite_key,
        suite_name,
        status,
        is_archived,
        priority,
        tags,
        owner_key,
        item_keys,
        created_at,
        updated_at,
        first_seen_at,
        last_seen_at
    from lake_suites
)

select * from final
