-- model:   int_invocation_results
-- grain:   one row per project, invocation_key, test_key, variant_key,
--          is_protected_branch
-- inputs:  stg_executions, int_branches, int_failing_tests
-- units:   none
-- rules:   the last decided execution of a test in the invocation counts, of those
--          that were known by as_of; tests that never failed are left out
-- owner:   quality-insights
with executions as (
    select
        stg_executions.project,
        stg_executions.invocation_key,
        stg_executions.test_key,
        stg_executions.variant_key,
        stg_executions.triggered_at,
        stg_executions.execution_key,
        int_branches.is_protected_branch,
        is_failing_outcome(stg_executions.outcome) as is_failing
    from stg_executions
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    inner join int_failing_tests
        on
            stg_executions.test_key = int_failing_tests.test_key
            and stg_executions.variant_key = int_failing_tests.variant_key
    where
        stg_executions.is_decided
        and stg_executions.test_key is not null
        and stg_executions.known_at <= getvariable('as_of')
),

final as (
    select
        project,
        invocation_key,
        test_key,
        variant_key,
        is_protected_branch,
        min(triggered_at) as first_triggered_at,
        arg_max(is_failing, (triggered_at, execution_key)) as is_failing
    from executions
    group by all
)

select * from final
