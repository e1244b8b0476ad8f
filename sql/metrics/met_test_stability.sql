-- model:   met_test_stability
-- grain:   one row per test_key, variant_key
-- inputs:  met_test_history
-- units:   *_count = nights
-- rules:   over the nights of met_test_history; a night counts when it decided
--          something and was no infra storm, which says nothing of a test;
--          a mixed night saw both outcomes or a pass on retry; a change = a mixed
--          night, or a night that failed where the one before, mixed ones passed
--          over, did not, or the other way round; a mixed night counts once;
--          tests that never failed and were never mixed are left out; counts, no
--          label: whether a test is flaky takes more evidence
-- columns: change_count = Mixed nights, and nights unlike the one before them;
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
        last_value(if(is_mixed, null, is_failing) ignore nulls) over (
            partition by test_key, variant_key
            order by night_date
            rows between unbounded preceding and 1 preceding
        ) as was_failing
    from nights
),

final as (
    select
        test_key,
        variant_key,
        count(*) filter (where is_mixed or was_failing <> is_failing) as change_count,
        count(*) filter (where is_failing) as failing_night_count,
        count(*) as decided_night_count,
        getvariable('as_of') as as_of
    from compared
    group by test_key, variant_key
    having bool_or(is_failing or is_mixed)
)

select * from final
