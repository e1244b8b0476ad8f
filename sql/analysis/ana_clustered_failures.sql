-- model:   ana_clustered_failures
-- grain:   one row per execution_key, fingerprint_version, merge_version
-- inputs:  fct_executions, ana_failure_clusters
-- units:   none
-- rules:   the executions of ana_failure_clusters, each with its cluster: the way from
--          a cluster to what failed with it
-- source:  statistics.md 5.2
-- columns: pipeline_key = The pipeline, else the invocation, that it was part of
-- owner:   quality-insights
with failures as (
    select
        execution_key,
        project,
        failure_fingerprint(fingerprint, error_type) as fingerprint,
        telling_step_name(failing_step_name, step_count)
            as failing_step_name,
        coalesce('pipeline ' || pipeline_id, 'invocation ' || invocation_key)
            as pipeline_key
    from fct_executions
    where
        is_failing_outcome(outcome)
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
),

final as (
    select
        failures.execution_key,
        ana_failure_clusters.fingerprint_version,
        ana_failure_clusters.merge_version,
        failures.project,
        ana_failure_clusters.cluster_key,
        failures.fingerprint,
        failures.failing_step_name,
        failures.pipeline_key
    from failures
    inner join ana_failure_clusters
        on
            failures.project = ana_failure_clusters.project
            and failures.fingerprint = ana_failure_clusters.fingerprint
            and failures.failing_step_name = ana_failure_clusters.failing_step_name
)

select * from final
