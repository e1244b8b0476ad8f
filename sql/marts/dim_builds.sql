-- model:   dim_builds
-- grain:   one row per build_version
-- inputs:  stg_executions
-- units:   commit_count = commits; execution_count = executions
-- rules:   every build that something ran against; commit and branch are null
--          where a build had several
-- columns: name = The build, for people;
--          commit_id = Commit of the build, where it had one only;
--          branch = Branch of the build, where it had one only;
--          first_seen_at = When its first execution was asked for;
--          last_seen_at = When its last execution was asked for;
--          commit_count = Commits that were run under this build;
--          execution_count = Executions of the build, all types and outcomes
-- owner:   quality-insights
with executions as (
    select
        build_version,
        commit_id,
        branch,
        triggered_at
    from stg_executions
    where build_version is not null
),

final as (
    select
        build_version,
        build_version as name,
        if(count(distinct commit_id) = 1, min(commit_id), null) as commit_id,
        if(count(distinct branch) = 1, min(branch), null) as branch,
        min(triggered_at) as first_seen_at,
        max(triggered_at) as last_seen_at,
        count(distinct commit_id) as commit_count,
        count(*) as execution_count
    from executions
    group by all
)

select * from final
