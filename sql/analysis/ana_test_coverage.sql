-- model:   ana_test_coverage
-- grain:   one row per dimension, dimension_key, test_key
-- inputs:  ana_required_tests, ana_latest_results, int_suite_variants
-- units:   change_count = positions of the suite
-- rules:   every required test once for each value of each dimension that it has; of
--          an environment, browser, platform or variant: where one of its suites is
--          run now; in a suite or there its results of that place count, else all:
--          failing, flaky in any variant in which it is fresh
-- source:  statistics.md 7.2
-- columns: dimension = all, project, suite, feature, tag, priority, owner, test_type,
--          environment, browser, platform or variant;
--          dimension_key = Its value, (none) where the test has none, all for all;
--          coverage_state = passing, failing, flaky, stale or never_executed;
--          last_run_at = When it was last run there;
--          change_count = Changes of the product since, null where it never ran there
-- owner:   quality-insights
with places as (
    select
        test_key,
        unnest(
            ['all', 'suite', 'environment', 'browser', 'platform', 'variant']
        ) as place,
        unnest(
            ['all', suite_key, environment, browser, platform, variant_key]
        ) as place_key,
        last_run_at,
        change_count,
        is_fresh,
        is_failing,
        is_flaky
    from ana_latest_results
),

states as (
    select
        test_key,
        place,
        place_key,
        max(last_run_at) as last_run_at,
        min(change_count) as change_count,
        case
            when not bool_or(is_fresh) then 'stale'
            when bool_or(is_fresh and is_failing) then 'failing'
            when bool_or(is_fresh and is_flaky) then 'flaky'
            else 'passing'
        end as coverage_state
    from places
    where place_key is not null
    group by test_key, place, place_key
),

suites as (
    select
        test_key,
        unnest(if(len(suite_keys) > 0, suite_keys, ['(none)'])) as suite_key
    from ana_required_tests
),

scopes as (
    select
        test_key,
        unnest(
            ['all', 'project', 'feature', 'priority', 'owner', 'test_type']
        ) as dimension,
        unnest(
            [
                'all',
                project,
                named_key(feature_key),
                named_key(priority),
                named_key(owner_key),
                named_key(test_type)
            ]
        ) as dimension_key,
        'all' as place,
        'all' as place_key
    from ana_required_tests
    union all by name
    select
        test_key,
        'suite' as dimension,
        suite_key as dimension_key,
        'suite' as place,
        suite_key as place_key
    from suites
    union all by name
    select
        test_key,
        'tag' as dimension,
        unnest(if(len(tags) > 0, tags, ['(none)'])) as dimension_key,
        'all' as place,
        'all' as place_key
    from ana_required_tests
    union all by name
    select
        suites.test_key,
        unnest(['environment', 'browser', 'platform', 'variant']) as dimension,
        unnest(
            [
                int_suite_variants.environment,
                int_suite_variants.browser,
                int_suite_variants.platform,
                int_suite_variants.variant_key
            ]
        ) as dimension_key,
        dimension as place,
        dimension_key as place_key
    from suites
    inner join int_suite_variants on suites.suite_key = int_suite_variants.suite_key
),

final as (
    -- distinct: several suites of a test are run in one environment
    select distinct
        scopes.dimension,
        scopes.dimension_key,
        scopes.test_key,
        coalesce(states.coverage_state, 'never_executed') as coverage_state,
        states.last_run_at,
        states.change_count
    from scopes
    left outer join states
        on
            scopes.test_key = states.test_key
            and scopes.place = states.place
            and scopes.place_key = states.place_key
    where scopes.dimension_key is not null
)

select * from final
