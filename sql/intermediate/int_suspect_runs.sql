-- model:   int_suspect_runs
-- grain:   one row per execution_key
-- inputs:  int_runs, int_tests, int_preceding_tests, stg_executions, stg_attempts
-- units:   *_count = attempts; first_duration_ms = milliseconds;
--          cpu_usage_percent = 0..100; memory_usage_mb = megabytes
-- rules:   runs of the window on protected branches, of the tests × variants whose
--          first attempt failed in as many of them as a pattern or a pair needs;
--          a test belongs to the project of its latest run; first_date = when the
--          test × variant first ran, is_watched = its project had run for as many days
--          before as a test is new
-- source:  statistics.md 5.3, 5.4
-- owner:   quality-insights
with suspects as (
    select
        test_key,
        variant_key
    from int_runs
    where is_in_window and is_protected_branch and is_failed_first
    group by test_key, variant_key
    having
        count(*) >= least(
            getvariable('co_failure_minimum'), getvariable('pattern_failure_minimum')
        )
),

first_runs as (
    select
        int_runs.test_key,
        int_runs.variant_key,
        min(int_tests.project) as project,
        min(int_runs.bucket_date) as first_date,
        min(min(int_runs.bucket_date)) over (
            partition by min(int_tests.project)
        ) as project_date
    from int_runs
    inner join int_tests
        on
            int_runs.test_key = int_tests.test_key
            and int_runs.variant_key = int_tests.variant_key
    group by int_runs.test_key, int_runs.variant_key
),

final as (
    select
        int_runs.execution_key,
        int_runs.test_key,
        int_runs.variant_key,
        first_runs.project,
        int_runs.invocation_key,
        int_runs.position_key,
        int_runs.bucket_date,
        coalesce(stg_executions.started_at, int_runs.triggered_at) as began_at,
        stg_executions.execution_agent,
        int_preceding_tests.preceding_key,
        int_runs.is_retried,
        int_runs.is_failed_first,
        int_runs.passing_count,
        if(
            int_runs.is_retried, stg_attempts.duration_ms, stg_executions.duration_ms
        ) as first_duration_ms,
        stg_executions.cpu_usage_percent,
        stg_executions.memory_usage_mb,
        first_runs.first_date,
        first_runs.first_date >= first_runs.project_date
        + getvariable('pattern_new_days')::integer as is_watched
    from int_runs
    semi join suspects
        on
            int_runs.test_key = suspects.test_key
            and int_runs.variant_key = suspects.variant_key
    inner join first_runs
        on
            int_runs.test_key = first_runs.test_key
            and int_runs.variant_key = first_runs.variant_key
    inner join stg_executions
        on int_runs.execution_key = stg_executions.execution_key
    left outer join int_preceding_tests
        on int_runs.execution_key = int_preceding_tests.execution_key
    left outer join stg_attempts
        on
            int_runs.execution_key = stg_attempts.execution_key
            and int_runs.is_retried
            and stg_attempts.attempt_number = 1
    where int_runs.is_in_window and int_runs.is_protected_branch
)

select * from final
