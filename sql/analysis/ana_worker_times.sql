-- model:   ana_worker_times
-- grain:   one row per invocation_key, execution_agent
-- inputs:  fct_executions
-- units:   execution_count = executions; *_ms = milliseconds
-- rules:   executions of the last days that the policy says (time_use_days), by
--          bucket_date, known by as_of, with worker, start and end; suite runs are
--          left out, and invocations that were put together from environment and
--          build or day: they were not started together
-- source:  statistics.md 3.5
-- columns: execution_agent = Worker that ran them;
--          project = The project, the first by name where there are several;
--          execution_count = Executions that it ran;
--          busy_ms = How long they ran in all;
--          first_started_at = When its first began;
--          last_completed_at = When its last ended;
--          finish_lead_ms = By how much its last ended after those of all others, or
--          where there is no other after the invocation began, 0 for all but the last
-- owner:   quality-insights
with workers as (
    select
        invocation_key,
        execution_agent,
        min(project) as project,
        count(*) as execution_count,
        sum(
            coalesce(duration_ms, date_diff('millisecond', started_at, completed_at))
        )::bigint as busy_ms,
        min(started_at) as first_started_at,
        max(completed_at) as last_completed_at
    from fct_executions
    where
        execution_type <> 'test_suite'
        and not starts_with(invocation_source, 'derived')
        and execution_agent is not null
        and started_at is not null
        and completed_at >= started_at
        and known_at <= getvariable('as_of')
        and is_of_time_use(bucket_date)
    group by invocation_key, execution_agent
),

final as (
    select
        invocation_key,
        execution_agent,
        project,
        execution_count,
        busy_ms,
        first_started_at,
        last_completed_at,
        if(
            row_number() over (
                partition by invocation_key
                order by last_completed_at desc, execution_agent desc
            ) = 1,
            date_diff(
                'millisecond',
                coalesce(
                    max(last_completed_at) over (
                        partition by invocation_key
                        order by last_completed_at asc, execution_agent asc
                        rows between unbounded preceding and 1 preceding
                    ),
                    min(first_started_at) over (partition by invocation_key)
                ),
                last_completed_at
            ),
            0
        ) as finish_lead_ms
    from workers
)

select * from final
