-- model:    ana_capacity
-- grain:    one row per scope_type, scope_key
-- inputs:   fct_executions
-- analysis: capacity
-- units:    *_count = executions, but worker_count = agents; *_ms = milliseconds
-- rules:    executions of the last 28 days (time_use_days), by bucket_date, known by
--           as_of, of every outcome and branch, infra storms too; suite runs are left
--           out; a quantile is null where an end of its interval is open
-- source:   statistics.md 3.1, 3.5
-- columns:  scope_type = all, project or agent;
--           scope_key = The project or agent, all for everything;
--           execution_count = Executions;
--           timed_count = Of these, with a start and an end after it;
--           placed_count = Of these, with the agent they ran on;
--           worker_count = Agents that any of them ran on;
--           queued_count = Executions whose wait is known;
--           queue_sum_ms = How long they waited in all;
--           queue_max_ms = Longest wait;
--           queue_p50_ms = Median wait, rank ⌈n/2⌉;
--           queue_p50_low_ms = Lower end of its 95 % interval, an order statistic;
--           queue_p50_high_ms = Upper end of it;
--           queue_p95_ms = 95th percentile of the waits, rank ⌈0.95 n⌉;
--           queue_p95_low_ms = Lower end of its 95 % interval;
--           queue_p95_high_ms = Upper end of it
-- owner:    quality-insights
with parts as (
    select
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'agent']) as scope_type,
        unnest(['all', project, execution_agent]) as scope_key,
        execution_key,
        execution_agent,
        queue_ms,
        completed_at > started_at as is_timed
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

final as (
    select
        scope_type,
        scope_key,
        count(execution_key) as execution_count,
        count(*) filter (where is_timed) as timed_count,
        count(execution_agent) filter (where is_timed) as placed_count,
        count(distinct execution_agent) as worker_count,
        count(queue_ms) as queued_count,
        sum(queue_ms)::bigint as queue_sum_ms,
        list(queue_ms order by queue_ms) filter (where queue_ms is not null)
            as queue_times_ms
    from parts
    where scope_key is not null
    group by scope_type, scope_key
)

select * from final
