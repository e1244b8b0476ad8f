-- model:   int_suite_positions
-- grain:   one row per project, suite_key, position_key
-- inputs:  stg_executions, int_branches, int_positions
-- units:   none
-- rules:   positions at which a suite ran on a protected branch, whatever became of
--          it, within the history that segments go back: the changes that its tests
--          could have seen; runs without a suite are of (none)
-- owner:   quality-insights
with final as (
    -- distinct: one row per position, however many tests ran there
    select distinct
        stg_executions.project,
        named_key(stg_executions.suite_key) as suite_key,
        int_positions.position_key,
        int_positions.first_seen_at
    from stg_executions
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    inner join int_positions
        on
            coalesce(
                stg_executions.commit_id,
                'invocation:' || stg_executions.invocation_key
            ) = int_positions.position_key
    where
        int_branches.is_protected_branch
        and stg_executions.execution_type <> 'test_suite'
        and stg_executions.known_at <= getvariable('as_of')
        and int_positions.first_seen_at
        > getvariable('as_of')
        - to_days(getvariable('segment_history_days')::integer)
)

select * from final
