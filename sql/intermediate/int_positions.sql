-- model:   int_positions
-- grain:   one row per position_key
-- inputs:  stg_executions, int_branches
-- units:   none
-- rules:   where a position stands among others: when it was first seen on a
--          protected branch, whatever became of what ran there, so that neither a
--          later run of an old commit nor an infra storm changes the order
-- source:  statistics.md 1.5, 9 (17)
-- owner:   quality-insights
with final as (
    select
        coalesce(
            stg_executions.commit_id, 'invocation:' || stg_executions.invocation_key
        ) as position_key,
        min(stg_executions.triggered_at) as first_seen_at,
        max(stg_executions.build_version) as build_version
    from stg_executions
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    where int_branches.is_protected_branch
    group by all
)

select * from final
