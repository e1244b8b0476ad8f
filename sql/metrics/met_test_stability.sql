-- model:   met_test_stability
-- grain:   one row per test_key, variant_key
-- inputs:  met_test_history
-- units:   *_count = nights
-- rules:   over the nights of met_test_history; a night counts when it decided
--          something and was no infra storm, which says nothing of a test;
--          a change = the night failed and the counted one before did not, or the
--          other way round; a mixed night saw both outcomes or a pass on retry;
--          tests that never failed and were never mixed are left out; counts, no
--          label: whether a test is flaky takes more evidence
-- columns: change_count = Changes, and mixed nights;
--          failing_night_count = Counted nights with a failing execution;
--          decided_night_count = Counted nights;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with nights as (
    select
        test_key,
        variant_key,
        night_date,
        failing_count > 0 as is_failing,
        is_mixed
    from met_test_history
    where decided_count > 0 and not is_infra_suspect
),

compared as (
    select
        test_key,
        variant_key,
        is_failing,
        is_mixed,
        lag(is_failing) over (
            partition by test_key, variant_key
            order by night_date
        ) as was_failing
    from nights
),

final as (
    select
        test_key,
        variant_key,
        count(*) filter (where was_failing <> is_failing)
        + count(*) filter (where is_mixed) as change_count,
        count(*) filter (where is_failing) as failing_night_count,
        count(*) as decided_night_count,
        getvariable('as_of') as as_of
    from compared
    group by test_key, variant_key
    having bool_or(is_failing or is_mixed)
)

select * from final
