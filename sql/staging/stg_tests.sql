-- model:   stg_tests
-- grain:   one row per test_key
-- inputs:  lake_tests, ref_test_aliases
-- units:   none
-- rules:   a test that was renamed is the case with its key of now, first seen when
--          the first case with any of its keys was
-- owner:   quality-insights
with seen as (
    select
        coalesce(ref_test_aliases.test_key, lake_tests.test_key) as test_key,
        min(lake_tests.first_seen_at) as first_seen_at
    from lake_tests
    left outer join ref_test_aliases
        on lake_tests.test_key = ref_test_aliases.former_key
    group by all
),

final as (
    select
        lake_tests.test_key,
        lake_tests.test_name,
        lake_tests.status,
        lake_tests.is_archived,
        lake_tests.test_type,
        lake_tests.priority,
        lake_tests.tags,
        lake_tests.owner_key,
        lake_tests.item_keys,
        lake_tests.created_at,
        lake_tests.updated_at,
        seen.first_seen_at,
        lake_tests.last_seen_at
    from lake_tests
    -- a former key is nobody's key of now
    inner join seen on lake_tests.test_key = seen.test_key
)

select * from final
