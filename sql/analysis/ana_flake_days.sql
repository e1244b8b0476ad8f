-- model:   ana_flake_days
-- grain:   one row per bucket_date, project, suite_key
-- inputs:  fct_executions, fct_attempts, ana_flaky_runs, ana_pipeline_failures
-- units:   *_pipeline_count = invocations; flake_count = runs; *_ms = milliseconds
-- rules:   pipelines as in ana_pipeline_failures; reruns: attempts after the first
--          failed one, of runs that flaked on any branch, those of pipelines that
--          flakes alone failed included
-- source:  statistics.md 7.1
-- columns: suite_key = The suite, (none) where the execution has none;
--          flake_count = Runs that failed first and passed at the same commit;
--          flake_rerun_ms = How long attempts after their first failed one ran;
--          failed_pipeline_count = Pipelines in which something failed in the end;
--          flake_failed_pipeline_count = Those in which flakes alone did;
--          possible_flake_failed_pipeline_count = Those in which nothing but flakes
--          and hard failures that may be flakes did;
--          flake_pipeline_busy_ms = How long executions of these ran in all;
--          possible_flake_pipeline_busy_ms = The same of those that may be;
--          flake_pipeline_wall_ms = From first start to last end of those that flakes
--          failed, null where one is unknown
-- owner:   quality-insights
with reruns as (
    select
        fct_executions.execution_key,
        fct_executions.bucket_date,
        fct_executions.project,
        named_key(fct_executions.suite_key) as suite_key,
        min(fct_attempts.attempt_number) filter (
            where is_failing_outcome(fct_attempts.outcome)
        ) as first_failed_number,
        list(
            (fct_attempts.attempt_number, fct_attempts.duration_ms)
            order by fct_attempts.attempt_number
        ) as attempts
    from fct_executions
    inner join ana_flaky_runs
        on fct_executions.execution_key = ana_flaky_runs.execution_key
    left outer join fct_attempts
        on fct_executions.execution_key = fct_attempts.execution_key
    where
        ana_flaky_runs.kind = 'flake'
        and ana_flaky_runs.is_proved
        and is_of_time_use(fct_executions.bucket_date)
    group by all
),

rerun_days as (
    select
        bucket_date,
        project,
        suite_key,
        count(*) as flake_count,
        sum(
            coalesce(
                list_sum(
                    list_transform(
                        attempts,
                        lambda tried: if(tried[1] > first_failed_number, tried[2], 0)
                    )
                ),
                0
            )
        )::bigint as flake_rerun_ms
    from reruns
    group by bucket_date, project, suite_key
),

pipeline_days as (
    select
        bucket_date,
        project,
        suite_key,
        count(*) filter (where failing_count > 0) as failed_pipeline_count,
        count(*) filter (
            where failing_count > 0 and failing_count = flake_failing_count
        ) as flake_failed_pipeline_count,
        count(*) filter (
            where failing_count > 0 and failing_count = possible_flake_failing_count
        ) as possible_flake_failed_pipeline_count,
        coalesce(sum(busy_ms) filter (
            where failing_count > 0 and failing_count = flake_failing_count
        ), 0)::bigint as flake_pipeline_busy_ms,
        coalesce(sum(busy_ms) filter (
            where failing_count > 0 and failing_count = possible_flake_failing_count
        ), 0)::bigint as possible_flake_pipeline_busy_ms,
        -- a sum over some of them would read as that of all
        if(
            bool_or(
                failing_count > 0
                and failing_count = flake_failing_count
                and wall_ms is null
            ),
            null,
            sum(wall_ms) filter (
                where failing_count > 0 and failing_count = flake_failing_count
            )
        )::bigint as flake_pipeline_wall_ms
    from ana_pipeline_failures
    group by bucket_date, project, suite_key
),

final as (
    select
        coalesce(pipeline_days.bucket_date, rerun_days.bucket_date) as bucket_date,
        coalesce(pipeline_days.project, rerun_days.project) as project,
        coalesce(pipeline_days.suite_key, rerun_days.suite_key) as suite_key,
        coalesce(rerun_days.flake_count, 0) as flake_count,
        coalesce(rerun_days.flake_rerun_ms, 0) as flake_rerun_ms,
        coalesce(pipeline_days.failed_pipeline_count, 0) as failed_pipeline_count,
        coalesce(pipeline_days.flake_failed_pipeline_count, 0)
            as flake_failed_pipeline_count,
        coalesce(pipeline_days.possible_flake_failed_pipeline_count, 0)
            as possible_flake_failed_pipeline_count,
        coalesce(pipeline_days.flake_pipeline_busy_ms, 0) as flake_pipeline_busy_ms,
        coalesce(pipeline_days.possible_flake_pipeline_busy_ms, 0)
            as possible_flake_pipeline_busy_ms,
        pipeline_days.flake_pipeline_wall_ms
    from pipeline_days
    full outer join rerun_days
        on
            pipeline_days.bucket_date = rerun_days.bucket_date
            and pipeline_days.project = rerun_days.project
            and pipeline_days.suite_key = rerun_days.suite_key
)

select * from final
