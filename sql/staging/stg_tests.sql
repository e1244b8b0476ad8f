-- model:   stg_tests
-- grain:   one row per test_key
-- inputs:  lake_tests, ref_test_aliases
-- units:   none
-- rules:   a test that was renamed is the case with its key of now, else the one of
--          its former keys that was seen last, which is archived with that key only;
--          first seen when the first case with any of its keys was
-- owner:   quality-insights
with cases as (
    select
        coalesce(ref_test_aliases.test_key, lake_tests.test_key) as test_key,
        ref_test_aliases.test_key is not null as is_former,
        lake_tests.test_key as recorded_test_key,
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
        lake_tests.first_seen_at,
        lake_tests.last_seen_at
    from lake_tests
    left outer join ref_test_aliases
        on lake_tests.test_key = ref_test_aliases.former_key
),

final as (
    select
        test_key,
        test_name,
        status,
        -- a rename often archives the case with the former key: the test goes on
        is_archived and not is_former as is_archived,
        test_type,
        priority,
        tags,
        owner_key,
        item_keys,
        created_at,
        updated_at,
        min(first_seen_at) over (partition by test_key) as first_seen_at,
        last_seen_at
    from cases
    qualify
        row_number() over (
            partition by test_key
            order by
                is_former asc,
                last_seen_at desc nulls last,
                recorded_test_key asc
        ) = 1
)

select * from final
