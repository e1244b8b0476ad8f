-- model:   int_build_positions
-- grain:   one row per project, build_number, position_key
-- inputs:  stg_executions, int_branches, int_product_changes
-- units:   *_number = the project's changes or builds, from 1
-- rules:   candidates: builds that ran on a protected branch and whose newest change
--          was first seen in the last days of the policy (confidence_days), the
--          newest so many (confidence_build_maximum) of each project; in the order of
--          their first change, so that a later run of an old build is no newer one
-- owner:   quality-insights
with runs as (
    select
        stg_executions.project,
        stg_executions.build_version,
        coalesce(
            stg_executions.commit_id, 'invocation:' || stg_executions.invocation_key
        ) as position_key,
        max(stg_executions.triggered_at) as last_run_at,
        count(*) as execution_count
    from stg_executions
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    where
        stg_executions.build_version is not null
        and int_branches.is_protected_branch
        and stg_executions.execution_type <> 'test_suite'
        and stg_executions.known_at <= getvariable('as_of')
    group by all
),

positions as (
    select
        runs.project,
        runs.build_version,
        runs.position_key,
        runs.last_run_at,
        runs.execution_count,
        int_product_changes.first_seen_at,
        int_product_changes.change_number,
        min(int_product_changes.change_number) over of_build as first_change_number,
        max(int_product_changes.change_number) over of_build as last_change_number,
        max(int_product_changes.first_seen_at) over of_build as changed_at
    from runs
    inner join int_product_changes
        on
            runs.project = int_product_changes.project
            and runs.position_key = int_product_changes.position_key
    window of_build as (partition by runs.project, runs.build_version)
),

newest as (
    select
        *,
        dense_rank() over (
            partition by project order by first_change_number desc, build_version desc
        ) as newest_rank
    from positions
    where
        changed_at
        > getvariable('as_of') - to_days(getvariable('confidence_days')::integer)
),

final as (
    select
        project,
        build_version,
        position_key,
        last_run_at,
        execution_count,
        first_seen_at,
        change_number,
        first_change_number,
        last_change_number,
        max(newest_rank) over (partition by project) - newest_rank + 1 as build_number
    from newest
    where newest_rank <= getvariable('confidence_build_maximum')
)

select * from final
