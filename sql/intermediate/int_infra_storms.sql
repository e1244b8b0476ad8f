-- model:   int_infra_storms
-- grain:   one row per project, invocation_key
-- inputs:  int_storm_candidates, stg_executions, int_branches, int_failing_tests
-- units:   baseline_count, failing_count = tests × variants
-- rules:   a storm = of the tests whose previous decided result on a protected
--          branch was a pass, enough ran and more than the share of the policy
--          failed (statistics.md 0.5); a first invocation has no baseline;
--          projects whose invocations were derived may share a key, and are judged
--          apart; here the tests that never failed join the baseline
-- owner:   quality-insights
with executions as (
    select
        stg_executions.project,
        stg_executions.invocation_key,
        stg_executions.test_key,
        stg_executions.variant_key,
        stg_executions.triggered_at,
        int_branches.is_protected_branch
    from stg_executions
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    anti join int_failing_tests
        on
            stg_executions.test_key = int_failing_tests.test_key
            and stg_executions.variant_key = int_failing_tests.variant_key
    where
        stg_executions.is_decided
        and stg_executions.test_key is not null
        and stg_executions.known_at <= getvariable('as_of')
),

steady as (
    select
        executions.project,
        executions.invocation_key,
        executions.test_key,
        executions.variant_key,
        min((executions.triggered_at, executions.invocation_key)) as place
    from executions
    inner join int_storm_candidates
        on
            executions.project = int_storm_candidates.project
            and executions.invocation_key = int_storm_candidates.invocation_key
    group by
        executions.project,
        executions.invocation_key,
        executions.test_key,
        executions.variant_key
),

passes as (
    select
        executions.project,
        executions.test_key,
        executions.variant_key,
        min((executions.triggered_at, executions.invocation_key)) as first_place
    from executions
    semi join steady
        on
            executions.project = steady.project
            and executions.test_key = steady.test_key
            and executions.variant_key = steady.variant_key
    where executions.is_protected_branch
    group by executions.project, executions.test_key, executions.variant_key
),

never_failed as (
    select
        steady.project,
        steady.invocation_key,
        count(*) as test_count
    from steady
    inner join passes
        on
            steady.project = passes.project
            and steady.test_key = passes.test_key
            and steady.variant_key = passes.variant_key
            and steady.place > passes.first_place
    group by steady.project, steady.invocation_key
),

invocations as (
    select
        int_storm_candidates.project,
        int_storm_candidates.invocation_key,
        int_storm_candidates.baseline_count
        + coalesce(never_failed.test_count, 0) as baseline_count,
        int_storm_candidates.failing_count
    from int_storm_candidates
    left outer join never_failed
        on
            int_storm_candidates.project = never_failed.project
            and int_storm_candidates.invocation_key = never_failed.invocation_key
),

final as (
    select
        project,
        invocation_key,
        baseline_count,
        failing_count,
        (
            baseline_count >= getvariable('storm_test_minimum')
            and failing_count > getvariable('storm_failing_share') * baseline_count
        ) as is_infra_suspect
    from invocations
)

select * from final
