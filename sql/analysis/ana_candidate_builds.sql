-- model:   ana_candidate_builds
-- grain:   one row per project, build_number
-- inputs:  int_build_positions
-- units:   *_number = the project's changes or builds, from 1; commit_count =
--          positions; execution_count = executions
-- rules:   builds of protected branches whose newest change was first seen in the last
--          days of the policy (confidence_days), the newest so many of each project;
--          a build is judged at the instant until which it was the newest
-- columns: project = Project whose executions name the build;
--          build_number = Place among the candidates, 1 is the oldest;
--          build_version = The build;
--          first_seen_at = When its first change was first seen;
--          last_run_at = When its last execution was asked for;
--          judged_at = When the next candidate was first seen, as_of for the newest;
--          first_change_number = Its first change;
--          last_change_number = Its last change;
--          commit_count = Commits, or invocations where no commit is known;
--          execution_count = Its executions on protected branches;
--          is_newest = No candidate is newer
-- owner:   quality-insights
with builds as (
    select
        project,
        build_number,
        build_version,
        min(first_seen_at) as first_seen_at,
        max(last_run_at) as last_run_at,
        min(first_change_number) as first_change_number,
        max(last_change_number) as last_change_number,
        count(*) as commit_count,
        sum(execution_count)::bigint as execution_count
    from int_build_positions
    group by project, build_number, build_version
),

final as (
    select
        project,
        build_number,
        build_version,
        first_seen_at,
        last_run_at,
        coalesce(
            lead(first_seen_at) over in_order, getvariable('as_of')
        ) as judged_at,
        first_change_number,
        last_change_number,
        commit_count,
        execution_count,
        lead(build_number) over in_order is null as is_newest
    from builds
    window in_order as (partition by project order by build_number)
)

select * from final
