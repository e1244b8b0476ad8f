-- model:   met_time_use
-- grain:   one row per scope_type, scope_key, variant_key
-- inputs:  ana_scope_times, met_invocation_times
-- units:   *_count = executions; *_ms = milliseconds; *_share = fraction 0..1
-- rules:   the last 28 days (time_use_days) up to as_of, every outcome, branch and
--          infra storm; shares are of all that ran, and exact; a test has a row per
--          variant; only tests have a finish delay, where executions name workers
-- source:  statistics.md 3.5
-- columns: duration_share = Of all time that executions ran;
--          duration_rank = 1 for the scope of its type that ran longest;
--          cumulative_share = Time of this scope and all of its type that ran longer,
--          of all time;
--          failing_duration_share = Time of executions that failed, of its own time;
--          retry_duration_share = Time of attempts after the first, of its own time;
--          finish_delay_share = By how much earlier invocations had ended without it,
--          of the time that all of them took;
--          lacks = What the source does not say, null where nothing is missing;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with wall as (
    select sum(wall_ms) as wall_ms from met_invocation_times
),

ranked as (
    select
        *,
        max(duration_sum_ms) over () as all_duration_ms,
        row_number() over longest_first as duration_rank,
        sum(duration_sum_ms) over (
            longest_first rows between unbounded preceding and current row
        ) as cumulative_ms
    from ana_scope_times
    window
        longest_first as (
            partition by scope_type
            order by duration_sum_ms desc, scope_key asc, variant_key asc
        )
),

final as (
    select
        ranked.scope_type,
        ranked.scope_key,
        ranked.variant_key,
        ranked.project,
        ranked.execution_count,
        ranked.timed_count,
        ranked.duration_sum_ms,
        ranked.failing_duration_sum_ms,
        ranked.retry_duration_sum_ms,
        ranked.queued_count,
        ranked.queue_sum_ms,
        ranked.placed_count,
        if(
            ranked.placed_count > 0, ranked.finish_delay_sum_ms, null
        ) as finish_delay_sum_ms,
        ranked.duration_sum_ms / nullif(ranked.all_duration_ms, 0) as duration_share,
        ranked.duration_rank,
        ranked.cumulative_ms / nullif(ranked.all_duration_ms, 0) as cumulative_share,
        ranked.failing_duration_sum_ms / nullif(ranked.duration_sum_ms, 0)
            as failing_duration_share,
        ranked.retry_duration_sum_ms / nullif(ranked.duration_sum_ms, 0)
            as retry_duration_share,
        if(
            ranked.placed_count > 0,
            ranked.finish_delay_sum_ms / nullif(wall.wall_ms, 0),
            null
        ) as finish_delay_share,
        nullif(concat_ws(
            '; ',
            if(ranked.timed_count = 0, 'durations', null),
            if(ranked.queued_count = 0, 'queue times', null),
            if(
                ranked.placed_count = 0,
                'worker, start and end of executions in named invocations',
                null
            )
        ), '') as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ranked
    cross join wall
)

select * from final
