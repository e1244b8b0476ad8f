-- model:   ana_regression_counts
-- grain:   one row per test_key, variant_key, flake_mode
-- inputs:  int_runs, int_commit_results, int_tests
-- units:   *_count = runs
-- rules:   sample = the policy's days up to as_of, basis = those before it, both to
--          the instant; runs on protected branches; flakes_as_pass: a run that failed
--          first has failed where no attempt at its commit passed; flakes_as_fail: in
--          any case
-- source:  statistics.md 2.3
-- columns: flake_mode = flakes_as_pass or flakes_as_fail;
--          sample_run_count = Runs of the sample;
--          sample_failed_count = Those of them that failed;
--          basis_run_count = Runs of the basis;
--          basis_failed_count = Those of them that failed;
--          evidence_execution_keys = Up to ten failures of the sample, newest first
-- owner:   quality-insights
with runs as (
    select
        execution_key,
        test_key,
        variant_key,
        position_key,
        triggered_at,
        is_failed_first,
        passing_count,
        triggered_at
        > getvariable('as_of')
        - to_days(getvariable('regression_sample_days')::integer) as is_in_sample
    from int_runs
    where
        is_protected_branch
        and triggered_at
        > getvariable('as_of')
        - to_days(
            (
                getvariable('regression_sample_days')
                + getvariable('regression_basis_days')
            )::integer
        )
),

totals as (
    select
        test_key,
        variant_key,
        count(*) filter (where is_in_sample) as sample_run_count,
        count(*) filter (where not is_in_sample) as basis_run_count
    from runs
    group by test_key, variant_key
),

failures as (
    select
        runs.execution_key,
        runs.test_key,
        runs.variant_key,
        runs.triggered_at,
        runs.is_in_sample,
        unnest(
            if(
                runs.passing_count > 0 or int_commit_results.is_judged_by_commit,
                ['flakes_as_fail'],
                ['flakes_as_pass', 'flakes_as_fail']
            )
        ) as flake_mode
    from runs
    inner join int_commit_results
        on
            runs.test_key = int_commit_results.test_key
            and runs.variant_key = int_commit_results.variant_key
            and runs.position_key = int_commit_results.position_key
    where runs.is_failed_first
),

failed as (
    select
        test_key,
        variant_key,
        flake_mode,
        count(*) filter (where is_in_sample) as sample_failed_count,
        count(*) filter (where not is_in_sample) as basis_failed_count,
        list(execution_key order by triggered_at desc, execution_key asc) filter (
            where is_in_sample
        )[1:getvariable('flakiness_evidence_count')] as evidence_execution_keys
    from failures
    group by test_key, variant_key, flake_mode
),

modes as (
    select
        test_key,
        variant_key,
        sample_run_count,
        basis_run_count,
        unnest(['flakes_as_pass', 'flakes_as_fail']) as flake_mode
    from totals
),

final as (
    select
        modes.test_key,
        modes.variant_key,
        modes.flake_mode,
        int_tests.project,
        int_tests.suite_key,
        modes.sample_run_count,
        coalesce(failed.sample_failed_count, 0) as sample_failed_count,
        modes.basis_run_count,
        coalesce(failed.basis_failed_count, 0) as basis_failed_count,
        coalesce(failed.evidence_execution_keys, []) as evidence_execution_keys
    from modes
    inner join int_tests
        on
            modes.test_key = int_tests.test_key
            and modes.variant_key = int_tests.variant_key
    left outer join failed
        on
            modes.test_key = failed.test_key
            and modes.variant_key = failed.variant_key
            and modes.flake_mode = failed.flake_mode
)

select * from final
