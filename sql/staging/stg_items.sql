-- model:   stg_items
-- grain:   one row per item_key
-- inputs:  lake_items
-- units:   none
-- owner:   quality-insights
with final as (
    select
        item_key,
        item_name,
        feature_key,
        scenario_key,
        status,
        test_type,
        tags,
        owner_key,
        created_at,
        updated_at,
        first_seen_at,
        last_seen_at
    from lake_items
)

select * from final
