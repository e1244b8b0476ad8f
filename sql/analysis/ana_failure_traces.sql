-- model:   ana_failure_traces
-- grain:   one row per project, cluster_key, fingerprint_version, merge_version
-- inputs:  ana_clustered_failures, fct_steps
-- units:   trace_execution_count = executions; trace_fingerprint_count = fingerprints
-- rules:   stack traces of the failing step of the executions of a cluster, infra
--          storms among them; of those in most executions the smallest key
-- source:  statistics.md 5.1
-- columns: trace_fingerprint = Key of the stack trace that most executions had;
--          trace_execution_count = Executions with that one;
--          trace_fingerprint_count = Different ones in the cluster
-- owner:   quality-insights
with steps as (
    select
        execution_key,
        step_name,
        trace_fingerprint
    from fct_steps
    where trace_fingerprint is not null and is_failing_outcome(outcome)
),

counted as (
    select
        failures.project,
        failures.cluster_key,
        failures.fingerprint_version,
        failures.merge_version,
        steps.trace_fingerprint,
        count(distinct failures.execution_key) as execution_count
    from ana_clustered_failures as failures
    inner join steps
        on
            failures.execution_key = steps.execution_key
            and failures.failing_step_name in ('', steps.step_name)
    group by
        failures.project,
        failures.cluster_key,
        failures.fingerprint_version,
        failures.merge_version,
        steps.trace_fingerprint
),

final as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        min_by(trace_fingerprint, (-execution_count, trace_fingerprint))
            as trace_fingerprint,
        max(execution_count) as trace_execution_count,
        count(*) as trace_fingerprint_count
    from counted
    group by project, cluster_key, fingerprint_version, merge_version
)

select * from final
