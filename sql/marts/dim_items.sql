-- model:   dim_items
-- grain:   one row per item_key
-- inputs:  stg_items
-- units:   none
-- rules:   every test item ever seen
-- columns: name = Title of the item, else its key
-- owner:   quality-insights
with final as (
    select
        item_key,
        coalesce(item_name, item_key) as name,
        owner_key,
        feature_key,
        scenario_key,
        test_type,
        tags,
        status,
        created_at,
        updated_at,
        first_seen_at,
        last_seen_at
    from stg_items
)

select * from final
