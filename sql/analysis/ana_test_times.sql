-- model:   ana_test_times
-- grain:   one row per test_key, variant_key, suite_key, project
-- inputs:  fct_executions, fct_attempts, ana_worker_times
-- units:   *_count = executions; *_ms = milliseconds
-- rules:   executions of the last days that the policy says (time_use_days), by
--          bucket_date, known by as_of; every outcome and branch counts, infra storms
--          too: the time was spent; suite runs are left out, their cases are counted
-- source:  statistics.md 3.5
-- columns: suite_key = The suite, (none) where the execution has none;
--          test_key = The test, (none) where the execution has none;
--          execution_count = Executions, whatever became of them;
--          timed_count = Executions with a known duration;
--          duration_sum_ms = How long these ran in all;
--          failing_duration_sum_ms = How long those ran that failed in the end;
--          retry_duration_sum_ms = How long attempts after the first ran;
--          queued_count = Executions with a known queue time;
--          queue_sum_ms = How long these waited in all;
--          placed_count = Executions whose worker, start and end are known;
--          finish_delay_sum_ms = By how much earlier invocations had ended without
--          the test, each by itself
-- owner:   quality-insights
with executions as (
    select
        execution_key,
        named_key(test_key) as test_key,
        variant_key,
        named_key(suite_key) as suite_key,
        project,
        invocation_key,
        execution_agent,
        outcome,
        attempt_count,
        duration_ms,
        queue_ms,
        started_at,
        completed_at
    from fct_executions
    where
        execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and is_of_time_use(bucket_date)
),

retries as (
    select
        fct_attempts.execution_key,
        sum(fct_attempts.duration_ms)::bigint as retry_duration_ms
    from fct_attempts
    inner join executions on fct_attempts.execution_key = executions.execution_key
    where executions.attempt_count > 1 and fct_attempts.attempt_number > 1
    group by fct_attempts.execution_key
),

final as (
    select
        executions.test_key,
        executions.variant_key,
        executions.suite_key,
        executions.project,
        count(*) as execution_count,
        count(executions.duration_ms) as timed_count,
        coalesce(sum(executions.duration_ms), 0)::bigint as duration_sum_ms,
        coalesce(
            sum(executions.duration_ms) filter (
                where is_failing_outcome(executions.outcome)
            ),
            0
        )::bigint as failing_duration_sum_ms,
        coalesce(sum(retries.retry_duration_ms), 0)::bigint as retry_duration_sum_ms,
        count(executions.queue_ms) as queued_count,
        coalesce(sum(executions.queue_ms), 0)::bigint as queue_sum_ms,
        count(ana_worker_times.execution_agent) as placed_count,
        coalesce(
            sum(
                least(
                    date_diff(
                        'millisecond', executions.started_at, executions.completed_at
                    ),
                    ana_worker_times.finish_lead_ms
                )
            ),
            0
        )::bigint as finish_delay_sum_ms
    from executions
    left outer join retries on executions.execution_key = retries.execution_key
    left outer join ana_worker_times
        on
            executions.invocation_key = ana_worker_times.invocation_key
            and executions.execution_agent = ana_worker_times.execution_agent
            and executions.completed_at >= executions.started_at
    group by all
)

select * from final
