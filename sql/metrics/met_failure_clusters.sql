-- model:   met_failure_clusters
-- grain:   one row per project, cluster_key, fingerprint_version, merge_version
-- inputs:  met_failure_cluster_members, ana_failure_impacts, ana_failure_traces
-- units:   *_count = what the name says
-- rules:   executions that failed in the end, suite runs left out; storm executions are
--          counted apart, but are in first and last seen, in suites, builds and the
--          sample; recent = on the night of as_of, 0 where nothing failed with it then;
--          a pipeline, where none is named an invocation, is blocked by a cluster if an
--          execution failed with it there, and the cluster is the sole cause where none
--          failed with another, in a storm or not; rank within the project by blocked
--          pipelines, then executions, then key; clusters are as in
--          ana_failure_clusters
-- source:  statistics.md 5.2
-- columns: cluster_rank = From 1, the cluster that blocks most pipelines;
--          masked_text = Masked message of the exact cluster that founded it;
--          error_type = Error type of the sample;
--          sample_message = Newest error message;
--          sample_execution_key = The execution that had it;
--          first_seen_at = When the first execution with it was asked for;
--          last_seen_at = When the last execution with it was asked for;
--          fingerprint_count = Exact clusters that were merged into it;
--          recent_suite_keys = Suites in which it was seen on the night;
--          recent_test_count = Tests × variants that failed with it on the night;
--          recent_execution_count = Executions that failed with it on the night;
--          recent_invocation_count = Invocations of the night in which one did;
--          recent_commit_count = Commits at which one did on the night;
--          recent_build_count = Builds of which one did on the night;
--          recent_blocked_pipeline_count = Pipelines that it blocked on the night;
--          recent_sole_cause_count = Those of them that nothing else blocked;
--          recent_storm_execution_count = Executions of infra storms of the night;
--          is_new = First seen on the night;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with described as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        min(failing_step_name) as failing_step_name,
        max(masked_text) filter (where is_founder) as masked_text,
        arg_max(
            {
                'error_type': error_type,
                'sample_message': sample_message,
                'sample_execution_key': sample_execution_key
            },
            (last_seen_at, sample_execution_key)
        ) as newest,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        count(*) as fingerprint_count,
        bool_or(has_message) as has_message,
        bool_and(is_new) as is_new
    from met_failure_cluster_members
    group by all
),

nights as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        suite_keys,
        test_count,
        execution_count,
        invocation_count,
        commit_count,
        build_count,
        blocked_pipeline_count,
        sole_cause_count,
        storm_execution_count
    from ana_failure_impacts
    where period_name = 'night'
),

final as (
    select
        described.project,
        described.cluster_key,
        described.fingerprint_version,
        described.merge_version,
        row_number() over (
            partition by
                described.project,
                described.fingerprint_version,
                described.merge_version
            order by
                impacts.blocked_pipeline_count desc,
                impacts.execution_count desc,
                described.cluster_key asc
        ) as cluster_rank,
        described.failing_step_name,
        described.masked_text,
        described.newest['error_type'] as error_type,
        described.newest['sample_message'] as sample_message,
        described.newest['sample_execution_key'] as sample_execution_key,
        traces.trace_fingerprint,
        described.first_seen_at,
        described.last_seen_at,
        impacts.first_build_version,
        impacts.last_build_version,
        impacts.suite_keys,
        coalesce(nights.suite_keys, []) as recent_suite_keys,
        described.fingerprint_count,
        traces.trace_execution_count,
        traces.trace_fingerprint_count,
        impacts.test_count,
        impacts.execution_count,
        impacts.invocation_count,
        impacts.commit_count,
        impacts.build_count,
        impacts.blocked_pipeline_count,
        impacts.sole_cause_count,
        impacts.storm_execution_count,
        coalesce(nights.test_count, 0) as recent_test_count,
        coalesce(nights.execution_count, 0) as recent_execution_count,
        coalesce(nights.invocation_count, 0) as recent_invocation_count,
        if(nights.project is null, 0, nights.commit_count) as recent_commit_count,
        if(nights.project is null, 0, nights.build_count) as recent_build_count,
        coalesce(nights.blocked_pipeline_count, 0) as recent_blocked_pipeline_count,
        coalesce(nights.sole_cause_count, 0) as recent_sole_cause_count,
        coalesce(nights.storm_execution_count, 0) as recent_storm_execution_count,
        described.has_message,
        described.is_new,
        impacts.lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from described
    inner join ana_failure_impacts as impacts
        on
            described.project = impacts.project
            and described.cluster_key = impacts.cluster_key
            and described.fingerprint_version = impacts.fingerprint_version
            and described.merge_version = impacts.merge_version
            and impacts.period_name = 'history'
    left outer join nights
        on
            described.project = nights.project
            and described.cluster_key = nights.cluster_key
            and described.fingerprint_version = nights.fingerprint_version
            and described.merge_version = nights.merge_version
    left outer join ana_failure_traces as traces
        on
            described.project = traces.project
            and described.cluster_key = traces.cluster_key
            and described.fingerprint_version = traces.fingerprint_version
            and described.merge_version = traces.merge_version
)

select * from final
