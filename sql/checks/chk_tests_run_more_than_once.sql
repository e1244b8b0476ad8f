-- model:   chk_tests_run_more_than_once
-- grain:   one row per project
-- inputs:  ana_test_spans, dim_tests
-- units:   *_count = tests
-- rules:   of the tests of a project that no longer run, 20 or more and over a half of
--          all its tests ran at one position only: their keys look new in every run,
--          as with a time or an address in them, and no test has a history
-- source:  statistics.md 9 (13)
-- severity: warning
-- columns: test_count = Tests that ran on protected branches;
--          once_count = Those that ran at one position and never again;
--          example_name = One of those, by name
-- owner:   quality-insights
with limits as (
    -- fewer may be tests that were tried and given up; of the 2,010 tests of the
    -- sample none ended after one position, with a time in the key nearly all do
    -- (2026-11-30)
    select
        20 as once_minimum,
        0.5 as once_share
),

counts as (
    select
        ana_test_spans.project,
        count(*) as test_count,
        count(*) filter (
            where ana_test_spans.has_ended
            and ana_test_spans.first_position_at = ana_test_spans.last_position_at
        ) as once_count,
        min(dim_tests.name) filter (
            where ana_test_spans.has_ended
            and ana_test_spans.first_position_at = ana_test_spans.last_position_at
        ) as example_name
    from ana_test_spans
    inner join dim_tests on ana_test_spans.test_key = dim_tests.test_key
    group by ana_test_spans.project
),

final as (
    select
        counts.project,
        counts.test_count,
        counts.once_count,
        counts.example_name
    from counts
    cross join limits
    where
        counts.once_count >= limits.once_minimum
        and counts.once_count > limits.once_share * counts.test_count
)

select * from final
