-- model:   int_run_sequences
-- grain:   one row per test_key, variant_key
-- inputs:  int_runs, int_tests
-- units:   age_days = days
-- rules:   runs of protected branches within the flakiness window, up to the day of
--          as_of, in the order in which they were asked for; storms are in no int_runs
-- source:  statistics.md 4.1
-- columns: are_failed = Of each run whether its first attempt failed, the oldest first;
--          ages = Of each run its age in days, in the same order
-- owner:   quality-insights
with sequences as (
    select
        test_key,
        variant_key,
        list(
            (is_failed_first, age_days) order by triggered_at, execution_key
        ) as runs
    from int_runs
    where
        is_protected_branch
        and is_in_window
        and bucket_date <= getvariable('as_of_date')
    group by test_key, variant_key
),

told as (
    select
        test_key,
        variant_key,
        list_transform(runs, lambda run: run[1]) as are_failed,
        list_transform(runs, lambda run: run[2]) as ages
    from sequences
),

final as (
    select
        told.test_key,
        told.variant_key,
        int_tests.project,
        told.are_failed,
        told.ages
    from told
    inner join int_tests
        on
            told.test_key = int_tests.test_key
            and told.variant_key = int_tests.variant_key
)

select * from final
