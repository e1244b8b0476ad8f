-- model:   int_product_changes
-- grain:   one row per project, position_key
-- inputs:  stg_executions, int_branches, int_positions
-- units:   change_number = positions of the project, from 1
-- rules:   positions at which anything of a project ran on a protected branch, storms
--          as well, within the history that segments go back, in the order in which
--          they were first seen: each is one change of the product
-- owner:   quality-insights
with positions as (
    -- distinct: one row per position, however many tests ran there
    select distinct
        stg_executions.project,
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
),

final as (
    select
        project,
        position_key,
        first_seen_at,
        row_number() over (
            partition by project order by first_seen_at, position_key
        ) as change_number
    from positions
)

select * from final
