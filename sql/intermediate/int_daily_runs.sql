-- model:   int_daily_runs
-- grain:   one row per project, suite_key, environment, test_key, variant_key,
--          bucket_date
-- inputs:  int_runs
-- units:   *_count = runs
-- rules:   runs of protected branches of the last days that the policy says, by
--          bucket_date; a missing key is '(none)'
-- source:  statistics.md 2.4
-- columns: suite_key = Suite of the run, (none) where it has none;
--          environment = Where it ran, (none) where that is not known;
--          run_count = Runs of the day;
--          final_passed_count = Those that passed in the end;
--          first_attempt_passed_count = Those whose first attempt passed
-- owner:   quality-insights
with final as (
    select
        project,
        named_key(suite_key) as suite_key,
        named_key(environment) as environment,
        test_key,
        variant_key,
        bucket_date,
        count(*) as run_count,
        count(*) filter (where not is_failed) as final_passed_count,
        count(*) filter (where not is_failed_first) as first_attempt_passed_count
    from int_runs
    where
        is_protected_branch
        and bucket_date <= getvariable('as_of_date')
        and bucket_date
        > getvariable('as_of_date') - getvariable('trend_days')::integer
    group by all
)

select * from final
