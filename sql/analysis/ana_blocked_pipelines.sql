-- model:   ana_blocked_pipelines
-- grain:   one row per project, pipeline_key, cluster_key, fingerprint_version,
--          merge_version
-- inputs:  ana_clustered_failures, fct_executions
-- units:   *_count = executions
-- rules:   pipelines, else invocations, in which an execution failed in the end, with
--          each cluster it failed with; sole cause = none failed with another one, in
--          an infra storm or not
-- source:  statistics.md 5.2
-- columns: last_triggered_at = When the last of these executions was asked for;
--          execution_count = Executions that failed with it there, storms left out;
--          recent_execution_count = Those of them of the night of as_of;
--          is_sole_cause = Nothing else failed there
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        triggered_at,
        is_infra_suspect,
        night_date = getvariable('as_of_date') as is_recent
    from fct_executions
),

counted as (
    select
        failures.project,
        failures.pipeline_key,
        failures.cluster_key,
        failures.fingerprint_version,
        failures.merge_version,
        max(executions.triggered_at) as last_triggered_at,
        count(*) filter (where not executions.is_infra_suspect) as execution_count,
        count(*) filter (
            where executions.is_recent and not executions.is_infra_suspect
        ) as recent_execution_count
    from ana_clustered_failures as failures
    inner join executions on failures.execution_key = executions.execution_key
    group by
        failures.project,
        failures.pipeline_key,
        failures.cluster_key,
        failures.fingerprint_version,
        failures.merge_version
),

final as (
    select
        project,
        pipeline_key,
        cluster_key,
        fingerprint_version,
        merge_version,
        last_triggered_at,
        execution_count,
        recent_execution_count,
        count(*) over (
            partition by project, pipeline_key, fingerprint_version, merge_version
        ) = 1 as is_sole_cause
    from counted
)

select * from final
