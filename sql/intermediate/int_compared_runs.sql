-- model:   int_compared_runs
-- grain:   one row per project, suite_key, environment, is_sample, test_key,
--          variant_key, invocation_key
-- inputs:  int_runs
-- units:   *_count = runs
-- rules:   runs of protected branches: the sample is of the last days up to as_of, the
--          basis of the days before them, as many of both as the policy says; by the
--          time a run was asked for; a missing key is '(none)'
-- source:  statistics.md 2.2
-- columns: suite_key = Suite of the run, (none) where it has none;
--          environment = Where it ran, (none) where that is not known;
--          is_sample = Of the sample, else of the basis;
--          run_count = Runs in the invocation;
--          final_passed_count = Those that passed in the end;
--          first_attempt_passed_count = Those whose first attempt passed
-- owner:   quality-insights
with runs as (
    select
        *,
        (
            triggered_at
            > getvariable('as_of')
            - to_days(getvariable('regression_sample_days')::integer)
        ) as is_sample
    from int_runs
    where
        is_protected_branch
        and triggered_at > getvariable('as_of') - to_days((
            getvariable('regression_sample_days')
            + getvariable('regression_basis_days')
        )::integer)
),

final as (
    select
        project,
        named_key(suite_key) as suite_key,
        named_key(environment) as environment,
        is_sample,
        test_key,
        variant_key,
        invocation_key,
        count(*) as run_count,
        count(*) filter (where not is_failed) as final_passed_count,
        count(*) filter (where not is_failed_first) as first_attempt_passed_count
    from runs
    group by all
)

select * from final
