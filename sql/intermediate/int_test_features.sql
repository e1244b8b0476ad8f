-- model:   int_test_features
-- grain:   one row per test_key
-- inputs:  stg_tests, stg_items
-- units:   none
-- rules:   a test's feature is that of its items, where they all name the same one
-- owner:   quality-insights
with tests as (
    select
        test_key,
        unnest(item_keys) as item_key
    from stg_tests
),

items as (
    select
        item_key,
        feature_key
    from stg_items
    where feature_key is not null
),

final as (
    select
        tests.test_key,
        min(items.feature_key) as feature_key
    from tests
    inner join items on tests.item_key = items.item_key
    group by tests.test_key
    having count(distinct items.feature_key) = 1
)

select * from final
