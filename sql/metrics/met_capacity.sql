-- model:   met_capacity
-- grain:   one row per scope_type, scope_key
-- inputs:  ana_capacity, ana_concurrency_levels
-- units:   *_count = executions, but worker_count = agents; *_ms = milliseconds;
--          concurrency_* = executions at once; utilisation and headroom = fraction
-- rules:   the last 28 days (time_use_days) up to as_of, every outcome, branch and
--          infra storm; concurrency is weighed with time, and idle time does not
--          count; a worker is busy while anything runs on it, once however much does;
--          all workers count for the whole span, from the first start to the last end
--          of everything, so names that live for one job make them look idle;
--          headroom is below 0 where workers run several at once, and null for a
--          single agent; waits are taken as independent: their intervals are rather
--          too narrow where many start together; what is still in flight is left out
-- source:  statistics.md 3.1, 3.5
-- columns: span_ms = From the first start to the last end of everything;
--          active_ms = Of this, how long anything of the scope ran;
--          run_sum_ms = Time of all executions, those at once each for itself;
--          busy_ms = How long workers were busy for the scope, summed over them;
--          concurrency_mean = Executions at once while anything ran;
--          concurrency_p95 = At most so many ran at once in 95 % of that time;
--          concurrency_peak = Most that ran at once;
--          utilisation = Busy time of all that its workers had in the span;
--          active_utilisation = The same of the time in which anything ran;
--          headroom = Share of the workers that is left at concurrency_p95;
--          lacks = What the source does not say, null where nothing is missing;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with levels as (
    select
        scope_type,
        scope_key,
        concurrency,
        lasted_ms,
        -- idle time comes first and is taken off again
        sum(lasted_ms) over (
            partition by scope_type, scope_key order by concurrency
        ) - sum(if(concurrency = 0, lasted_ms, 0)) over scope as reached_ms,
        sum(if(concurrency = 0, 0, lasted_ms)) over scope as active_ms
    from ana_concurrency_levels
    where scope_type <> 'project agent'
    window scope as (partition by scope_type, scope_key)
),

concurrencies as (
    select
        scope_type,
        scope_key,
        sum(lasted_ms)::bigint as span_ms,
        max(active_ms)::bigint as active_ms,
        sum(concurrency * lasted_ms)::bigint as run_sum_ms,
        min(concurrency) filter (
            where concurrency > 0 and reached_ms * 100 >= active_ms * 95
        ) as concurrency_p95,
        max(concurrency) as concurrency_peak
    from levels
    group by scope_type, scope_key
),

-- lists of one length: what an agent was busy with counts for itself and for all
busy_parts as (
    select
        unnest(if(scope_type = 'agent', ['all', 'agent'], ['project'])) as scope_type,
        unnest(if(scope_type = 'agent', ['all', scope_key], [scope_key])) as scope_key,
        lasted_ms
    from ana_concurrency_levels
    where scope_type in ('agent', 'project agent') and concurrency > 0
),

busy as (
    select
        scope_type,
        scope_key,
        sum(lasted_ms)::bigint as busy_ms
    from busy_parts
    group by scope_type, scope_key
),

whole as (
    select
        max(span_ms) as span_ms,
        max(active_ms) as active_ms
    from concurrencies
    where scope_type = 'all'
),

final as (
    select
        ana_capacity.scope_type,
        ana_capacity.scope_key,
        ana_capacity.execution_count,
        ana_capacity.timed_count,
        ana_capacity.placed_count,
        ana_capacity.worker_count,
        ana_capacity.queued_count,
        ana_capacity.queue_sum_ms,
        ana_capacity.queue_max_ms,
        ana_capacity.queue_p50_ms,
        ana_capacity.queue_p50_low_ms,
        ana_capacity.queue_p50_high_ms,
        ana_capacity.queue_p95_ms,
        ana_capacity.queue_p95_low_ms,
        ana_capacity.queue_p95_high_ms,
        whole.span_ms,
        concurrencies.active_ms,
        concurrencies.run_sum_ms,
        busy.busy_ms,
        concurrencies.run_sum_ms / nullif(concurrencies.active_ms, 0)
            as concurrency_mean,
        concurrencies.concurrency_p95,
        concurrencies.concurrency_peak,
        busy.busy_ms / nullif(ana_capacity.worker_count * whole.span_ms, 0)
            as utilisation,
        busy.busy_ms / nullif(ana_capacity.worker_count * whole.active_ms, 0)
            as active_utilisation,
        if(
            ana_capacity.scope_type = 'agent',
            null,
            1 - concurrencies.concurrency_p95 / nullif(ana_capacity.worker_count, 0)
        ) as headroom,
        if(ana_capacity.execution_count = 0, 'executions', nullif(concat_ws(
            '; ',
            if(ana_capacity.timed_count = 0, 'start and end', null),
            case
                when ana_capacity.worker_count = 0 then 'workers'
                when ana_capacity.placed_count < ana_capacity.timed_count
                    then 'workers of some executions'
            end,
            if(ana_capacity.queued_count = 0, 'queue times', null)
        ), '')) as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_capacity
    cross join whole
    left outer join concurrencies
        on
            ana_capacity.scope_type = concurrencies.scope_type
            and ana_capacity.scope_key = concurrencies.scope_key
    left outer join busy
        on
            ana_capacity.scope_type = busy.scope_type
            and ana_capacity.scope_key = busy.scope_key
)

select * from final
