-- model:   ana_failure_impacts
-- grain:   one row per project, cluster_key, fingerprint_version, merge_version,
--          period_name
-- inputs:  ana_clustered_failures, ana_blocked_pipelines, fct_executions
-- units:   *_count = what the name says
-- rules:   what a cluster of failures did, in the history and on the night of as_of, of
--          the clusters seen in it; storm executions are counted apart; builds, suites
--          and what is lacking are told of all
-- source:  statistics.md 5.2
-- columns: period_name = history or night;
--          first_build_version = Build of the first execution that names one;
--          last_build_version = Build of the last execution that names one;
--          suite_keys = Suites in which it was seen;
--          test_count = Tests × variants that failed with it;
--          execution_count = Executions that failed with it;
--          invocation_count = Invocations in which one did;
--          commit_count = Commits at which one did, null where none is named;
--          build_count = Builds of which one did, null where none is named;
--          blocked_pipeline_count = Pipelines, else invocations, that it blocked;
--          sole_cause_count = Those of them that nothing else blocked;
--          storm_execution_count = Executions of infra storms that failed with it;
--          lacks = What no execution of it names, null where nothing is lacking
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        if(test_key is null, null, (test_key, variant_key)) as test_and_variant,
        invocation_key,
        named_key(suite_key) as suite_key,
        commit_id,
        build_version,
        pipeline_id,
        (triggered_at, execution_key) as place,
        is_infra_suspect as is_storm,
        unnest(if(
            night_date = getvariable('as_of_date'), ['history', 'night'], ['history']
        )) as period_name
    from fct_executions
),

failures as (
    select
        executions.*,
        found.project,
        found.cluster_key,
        found.fingerprint_version,
        found.merge_version
    from ana_clustered_failures as found
    inner join executions on found.execution_key = executions.execution_key
),

pipelines as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        is_sole_cause,
        unnest(
            if(recent_execution_count > 0, ['history', 'night'], ['history'])
        ) as period_name
    from ana_blocked_pipelines
    where execution_count > 0
),

blocked as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        period_name,
        count(*) as blocked_pipeline_count,
        count(*) filter (where is_sole_cause) as sole_cause_count
    from pipelines
    group by all
),

counted as (
    select
        project,
        cluster_key,
        fingerprint_version,
        merge_version,
        period_name,
        arg_min(build_version, place) as first_build_version,
        arg_max(build_version, place) as last_build_version,
        list(distinct suite_key order by suite_key asc) as suite_keys,
        count(distinct test_and_variant) filter (where not is_storm) as test_count,
        count(*) filter (where not is_storm) as execution_count,
        count(distinct invocation_key) filter (where not is_storm) as invocation_count,
        if(
            count(commit_id) > 0,
            count(distinct commit_id) filter (where not is_storm),
            null
        ) as commit_count,
        if(
            count(build_version) > 0,
            count(distinct build_version) filter (where not is_storm),
            null
        ) as build_count,
        count(*) filter (where is_storm) as storm_execution_count,
        nullif(concat_ws(
            ', ',
            if(count(commit_id) = 0, 'commit of an execution', null),
            if(count(build_version) = 0, 'build of an execution', null),
            if(count(pipeline_id) = 0, 'pipeline of an execution', null)
        ), '') as lacks
    from failures
    group by all
),

final as (
    select
        counted.*,
        coalesce(blocked.blocked_pipeline_count, 0) as blocked_pipeline_count,
        coalesce(blocked.sole_cause_count, 0) as sole_cause_count
    from counted
    left outer join blocked
        on
            counted.project = blocked.project
            and counted.cluster_key = blocked.cluster_key
            and counted.fingerprint_version = blocked.fingerprint_version
            and counted.merge_version = blocked.merge_version
            and counted.period_name = blocked.period_name
)

select * from final
