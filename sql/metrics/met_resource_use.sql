-- model:   met_resource_use
-- grain:   one row per scope_type, scope_key
-- inputs:  fct_executions
-- units:   *_count = executions; *_ms = milliseconds; *_mb = megabytes; *_percent =
--          0..100; *_per_minute_mb = megabytes a minute of run time; *_share =
--          fraction 0..1
-- rules:   executions of the last 28 days (time_use_days), by bucket_date, known by
--          as_of, of every outcome and branch, infra storms too: a machine works for
--          all of them; suite runs are left out, since they repeat their cases; means
--          weigh each execution with how long it ran, and are null where no time is
--          known; numbers count to a thousandth; this is all that ran and no sample:
--          nothing has an interval; agents are those that executions name
-- source:  statistics.md 3.5
-- columns: scope_type = all, project, suite, environment or agent;
--          scope_key = The project, suite, environment or agent, all for everything;
--          execution_count = Executions;
--          resource_count = Of these, with any use of resources;
--          resource_share = The same as a share;
--          timed_resource_count = Of these, with a time that they ran;
--          cpu_count = Executions with processor use;
--          cpu_mean_percent = Time-weighted mean of processor use;
--          cpu_peak_percent = Largest processor use of an execution;
--          memory_count = Executions with memory use;
--          memory_mean_mb = Time-weighted mean of memory use;
--          memory_peak_mb = Largest memory use of an execution;
--          disk_count = Executions with disk traffic;
--          disk_sum_mb = Read from disks and written to them in all;
--          disk_per_minute_mb = The same per minute of run time, where that is known;
--          disk_peak_mb = Largest disk traffic of an execution;
--          network_count = Executions with network traffic;
--          network_sum_mb = Sent and received in all;
--          network_per_minute_mb = The same per minute of run time, where known;
--          network_peak_mb = Largest network traffic of an execution;
--          lacks = What the source does not say, null where nothing is missing;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with parts as (
    select
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment', 'agent']) as scope_type,
        unnest([
            'all',
            project,
            named_key(suite_key),
            named_key(environment),
            execution_agent
        ]) as scope_key,
        execution_key,
        resource_source,
        duration_ms,
        cpu_usage_percent,
        memory_usage_mb,
        disk_io_mb,
        network_io_mb
    from fct_executions
    where
        execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and is_of_time_use(bucket_date)
    union all by name
    -- so that there is a row where nothing ran
    select
        'all' as scope_type,
        'all' as scope_key
),

measured as (
    select
        scope_type,
        scope_key,
        count(execution_key) as execution_count,
        count(resource_source) as resource_count,
        count(resource_source) filter (where duration_ms > 0) as timed_resource_count,
        count(cpu_usage_percent) as cpu_count,
        time_weighted_mean(cpu_usage_percent, duration_ms) as cpu_mean_percent,
        max(cpu_usage_percent) as cpu_peak_percent,
        count(memory_usage_mb) as memory_count,
        time_weighted_mean(memory_usage_mb, duration_ms) as memory_mean_mb,
        max(memory_usage_mb) as memory_peak_mb,
        count(disk_io_mb) as disk_count,
        thousandths_sum(disk_io_mb) as disk_sum_mb,
        per_minute(disk_io_mb, duration_ms) as disk_per_minute_mb,
        max(disk_io_mb) as disk_peak_mb,
        count(network_io_mb) as network_count,
        thousandths_sum(network_io_mb) as network_sum_mb,
        per_minute(network_io_mb, duration_ms) as network_per_minute_mb,
        max(network_io_mb) as network_peak_mb
    from parts
    where scope_key is not null
    group by scope_type, scope_key
),

final as (
    select
        scope_type,
        scope_key,
        execution_count,
        resource_count,
        resource_count / nullif(execution_count, 0) as resource_share,
        timed_resource_count,
        cpu_count,
        cpu_mean_percent,
        cpu_peak_percent,
        memory_count,
        memory_mean_mb,
        memory_peak_mb,
        disk_count,
        disk_sum_mb,
        disk_per_minute_mb,
        disk_peak_mb,
        network_count,
        network_sum_mb,
        network_per_minute_mb,
        network_peak_mb,
        case
            when execution_count = 0 then 'executions'
            when resource_count = 0 then 'use of resources'
            else nullif(concat_ws(
                '; ',
                if(cpu_count = 0, 'processor use', null),
                if(memory_count = 0, 'memory use', null),
                if(disk_count = 0, 'disk traffic', null),
                if(network_count = 0, 'network traffic', null),
                if(timed_resource_count = 0, 'durations', null)
            ), '')
        end as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from measured
)

select * from final
