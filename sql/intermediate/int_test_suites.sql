-- model:   int_test_suites
-- grain:   one row per test_key, suite_key
-- inputs:  stg_executions, stg_tests, stg_suites, int_named_suites
-- units:   none
-- rules:   suites in which a test ran, and suites that list an item of it
-- owner:   quality-insights
with executed as (
    -- distinct: one row per suite that the test ever ran in
    select distinct
        test_key,
        suite_key
    from stg_executions
    where
        test_key is not null
        and suite_key is not null
        and execution_type <> 'test_suite'
),

items_of_tests as (
    select
        test_key,
        unnest(item_keys) as item_key
    from stg_tests
),

items_of_suites as (
    select
        int_named_suites.suite_key,
        unnest(stg_suites.item_keys) as item_key
    from stg_suites
    inner join int_named_suites
        on stg_suites.suite_key = int_named_suites.suite_id
    where not stg_suites.is_archived
),

listed as (
    -- distinct: a suite may list several items of one test
    select distinct
        items_of_tests.test_key,
        items_of_suites.suite_key
    from items_of_tests
    inner join items_of_suites on items_of_tests.item_key = items_of_suites.item_key
),

final as (
    select
        test_key,
        suite_key
    from executed
    union by name
    select
        test_key,
        suite_key
    from listed
)

select * from final
