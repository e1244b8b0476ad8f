-- model:   met_invocation_times
-- grain:   one row per invocation_key
-- inputs:  ana_worker_times
-- units:   *_count = what the name says; *_ms = milliseconds; efficiency = fraction
-- rules:   invocations of the last 28 days (time_use_days) up to as_of whose
--          executions name worker, start and end; efficiency is above 1 where a
--          worker runs several executions at once
-- source:  statistics.md 3.5
-- columns: worker_count = Workers that ran something of it;
--          execution_count = Executions with worker, start and end;
--          busy_ms = How long these ran in all;
--          wall_ms = From the first start to the last end;
--          parallelism = Executions that ran at once on average: busy over wall;
--          parallel_efficiency = Busy time over the time that its workers had: 1 where
--          none ever waited;
--          last_worker = Worker that ended last;
--          finish_lead_ms = By how much that one ended after all others: what an even
--          deal could save at most;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with invocations as (
    select
        invocation_key,
        min(project) as project,
        count(*) as worker_count,
        sum(execution_count)::bigint as execution_count,
        sum(busy_ms)::bigint as busy_ms,
        min(first_started_at) as first_started_at,
        max(last_completed_at) as last_completed_at,
        date_diff(
            'millisecond', min(first_started_at), max(last_completed_at)
        ) as wall_ms,
        arg_max(execution_agent, (last_completed_at, execution_agent)) as last_worker,
        sum(finish_lead_ms)::bigint as finish_lead_ms
    from ana_worker_times
    group by invocation_key
),

final as (
    select
        invocation_key,
        project,
        first_started_at,
        last_completed_at,
        worker_count,
        execution_count,
        busy_ms,
        wall_ms,
        busy_ms / nullif(wall_ms, 0) as parallelism,
        busy_ms / nullif(worker_count * wall_ms, 0) as parallel_efficiency,
        last_worker,
        finish_lead_ms,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from invocations
)

select * from final
