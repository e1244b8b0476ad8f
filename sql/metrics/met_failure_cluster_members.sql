-- model:   met_failure_cluster_members
-- grain:   one row per project, fingerprint, failing_step_name, fingerprint_version,
--          merge_version
-- inputs:  ana_failure_clusters, ana_clustered_failures, fct_executions
-- units:   *_count = executions, but test_count = tests × variants; similarity =
--          cosine, 0..1
-- rules:   exact clusters of failures and the merged one that each belongs to; storm
--          executions are counted apart; the sample is the newest execution; recent =
--          on the night of as_of
-- source:  statistics.md 5.2
-- columns: is_founder = Its key is that of the merged cluster;
--          first_seen_at = When the first execution with it was asked for;
--          last_seen_at = When the last execution with it was asked for;
--          error_type = Error type of the newest execution that names one;
--          sample_message = Newest error message;
--          sample_execution_key = Newest execution;
--          test_count = Tests × variants that failed with it, storms left out;
--          execution_count = Executions that failed with it, storms left out;
--          storm_execution_count = Executions of infra storms that failed with it;
--          recent_execution_count = Executions of the night, storms left out;
--          is_new = First seen on the night;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        if(test_key is null, null, (test_key, variant_key)) as test_and_variant,
        triggered_at,
        (triggered_at, execution_key) as place,
        error_type,
        error_message,
        night_date = getvariable('as_of_date') as is_recent,
        is_infra_suspect
    from fct_executions
),

counted as (
    select
        failures.project,
        failures.fingerprint,
        failures.failing_step_name,
        failures.fingerprint_version,
        failures.merge_version,
        min(executions.triggered_at) as first_seen_at,
        max(executions.triggered_at) as last_seen_at,
        arg_max(executions.error_type, executions.place) as error_type,
        arg_max(executions.error_message, executions.place) as sample_message,
        arg_max(executions.execution_key, executions.place) as sample_execution_key,
        count(distinct executions.test_and_variant) filter (
            where not executions.is_infra_suspect
        ) as test_count,
        count(*) filter (where not executions.is_infra_suspect) as execution_count,
        count(*) filter (where executions.is_infra_suspect) as storm_execution_count,
        count(*) filter (
            where executions.is_recent and not executions.is_infra_suspect
        ) as recent_execution_count,
        bool_and(executions.is_recent) as is_new
    from ana_clustered_failures as failures
    inner join executions on failures.execution_key = executions.execution_key
    group by
        failures.project,
        failures.fingerprint,
        failures.failing_step_name,
        failures.fingerprint_version,
        failures.merge_version
),

final as (
    select
        clusters.project,
        clusters.fingerprint,
        clusters.failing_step_name,
        clusters.fingerprint_version,
        clusters.merge_version,
        clusters.cluster_key,
        clusters.first_known_at,
        clusters.week_start_date,
        counted.first_seen_at,
        counted.last_seen_at,
        clusters.masked_text,
        counted.error_type,
        counted.sample_message,
        counted.sample_execution_key,
        counted.test_count,
        counted.execution_count,
        counted.storm_execution_count,
        counted.recent_execution_count,
        clusters.similarity,
        clusters.cluster_key
        = concat_ws(' ', clusters.fingerprint, nullif(clusters.failing_step_name, ''))
            as is_founder,
        clusters.is_week_over,
        clusters.has_message,
        counted.is_new,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_failure_clusters as clusters
    inner join counted
        on
            clusters.project = counted.project
            and clusters.fingerprint = counted.fingerprint
            and clusters.failing_step_name = counted.failing_step_name
            and clusters.fingerprint_version = counted.fingerprint_version
            and clusters.merge_version = counted.merge_version
)

select * from final
