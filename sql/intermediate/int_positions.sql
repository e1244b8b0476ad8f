-- model:   int_positions
-- grain:   one row per project, position_key
-- inputs:  int_runs
-- units:   none
-- rules:   where a position stands among others: when it was first seen on a
--          protected branch, so that a later run of an old commit changes no order
-- source:  statistics.md 1.5, 9 (17)
-- owner:   quality-insights
with final as (
    select
        project,
        position_key,
        min(triggered_at) as first_seen_at,
        max(build_version) as build_version
    from int_runs
    where is_protected_branch
    group by all
)

select * from final
