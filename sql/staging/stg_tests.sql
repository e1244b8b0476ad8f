-- model:   stg_tests
-- grain:   one row per test_key
-- inputs:  lake_tests
-- units:   none
-- owner:   quality-insights
with final as (
    select
        test_key,
        test_name,
        status,
        is_archived,
        test_type,
        priority,
        tags,
        owner_key,
        item_keys,
        created_at,
        updated_at,
        first_seen_at,
        last_seen_at
    from lake_tests
)

select * from final
