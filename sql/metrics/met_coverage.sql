-- model:   met_coverage
-- grain:   one row per dimension, dimension_key
-- inputs:  ana_test_coverage, ana_required_tests, dim_items
-- units:   *_count = tests; *_share = fraction 0..1
-- rules:   shares are of the tests that should run, all of them known: exact, without
--          interval; executed = fresh, by days and changes of the policy; a test
--          counts in each of its suites and tags; a feature of the catalogue without
--          a test has a row with 0 tests
-- source:  statistics.md 7.2
-- columns: dimension = all, project, suite, feature, tag, priority, owner, test_type,
--          environment, browser, platform or variant;
--          dimension_key = Its value, (none) where a test has none, all for all;
--          test_count = Tests that should run;
--          executed_count = Those that ran lately enough;
--          passing_count = Of these, all last results passed;
--          failing_count = Of these, a last result failed;
--          flaky_count = Of these, passing but labelled flaky;
--          stale_count = Those that ran too long ago, by days or changes;
--          never_executed_count = Those that never ran;
--          executed_share = Executed of all, null without tests;
--          passing_share = Passing of all, null without tests;
--          oldest_run_at = When the longest unexecuted of those that ever ran did;
--          lacks = What the source does not say, null where nothing is missing;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with counts as (
    select
        dimension,
        dimension_key,
        count(*) as test_count,
        count(*) filter (
            where coverage_state in ('passing', 'failing', 'flaky')
        ) as executed_count,
        count(*) filter (where coverage_state = 'passing') as passing_count,
        count(*) filter (where coverage_state = 'failing') as failing_count,
        count(*) filter (where coverage_state = 'flaky') as flaky_count,
        count(*) filter (where coverage_state = 'stale') as stale_count,
        count(*) filter (
            where coverage_state = 'never_executed'
        ) as never_executed_count,
        min(last_run_at) as oldest_run_at
    from ana_test_coverage
    group by dimension, dimension_key
),

empty_features as (
    -- distinct: a feature has several items
    select distinct
        'feature' as dimension,
        dim_items.feature_key as dimension_key,
        'test cases of the feature' as lacks
    from dim_items
    anti join counts
        on
            dim_items.feature_key = counts.dimension_key
            and counts.dimension = 'feature'
    where dim_items.feature_key is not null
),

catalogue as (
    select coalesce(bool_or(is_catalogued), false) as has_catalogue
    from ana_required_tests
),

rows_of_all as (
    select
        counts.*,
        case
            when not catalogue.has_catalogue then 'test cases'
            when
                counts.dimension_key = '(none)'
                and counts.test_count
                = max(counts.test_count) over (partition by counts.dimension)
                and count(*) over (partition by counts.dimension) = 1
                then counts.dimension || ' of tests'
        end as lacks
    from counts
    cross join catalogue
    union all by name
    select
        dimension,
        dimension_key,
        lacks
    from empty_features
),

final as (
    select
        dimension,
        dimension_key,
        coalesce(test_count, 0) as test_count,
        coalesce(executed_count, 0) as executed_count,
        coalesce(passing_count, 0) as passing_count,
        coalesce(failing_count, 0) as failing_count,
        coalesce(flaky_count, 0) as flaky_count,
        coalesce(stale_count, 0) as stale_count,
        coalesce(never_executed_count, 0) as never_executed_count,
        executed_count / nullif(test_count, 0) as executed_share,
        passing_count / nullif(test_count, 0) as passing_share,
        oldest_run_at,
        lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from rows_of_all
)

select * from final
