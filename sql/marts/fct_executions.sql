-- model:   fct_executions
-- grain:   one row per execution_key
-- inputs:  stg_executions, dim_tests, int_invocation_positions, int_branches,
--          int_infra_storms
-- units:   *_ms = milliseconds; *_count = what the name says; *_percent = 0..100;
--          *_mb = megabytes; position = invocations of the suite × variant, from 1
-- rules:   what is said of the test is its latest state; a test that is not
--          catalogued has its key as name
-- columns: night_date = The night that the release counts it to, by when it was
--          known how it went: nights are a day long and end at the time of day of
--          as_of, the one of as_of_date with as_of itself;
--          test_name = Title of the test, else its key, null for a suite run;
--          owner_key = Surrogate of the test's owner;
--          priority = Priority of the test: high, medium or low;
--          test_type = generic, bdd or manual;
--          feature_key = Feature of the test's items, where they name one only;
--          position = Place of its invocation in the order of its suite ×
--          variant, from 1;
--          is_protected_branch = On a protected branch, whose runs make up
--          histories and trends;
--          is_infra_suspect = Its invocation looks like an infra storm
-- owner:   quality-insights
with final as (
    select
        stg_executions.execution_key,
        stg_executions.execution_id,
        stg_executions.parent_execution_id,
        stg_executions.test_key,
        stg_executions.recorded_test_key,
        stg_executions.suite_key,
        stg_executions.variant_key,
        stg_executions.invocation_key,
        stg_executions.triggered_by_key,
        dim_tests.owner_key,
        dim_tests.feature_key,
        stg_executions.pipeline_id,
        stg_executions.execution_agent,
        stg_executions.commit_id,
        stg_executions.triggered_at,
        stg_executions.triggered_date,
        stg_executions.bucket_date,
        -- a night ends at the time of day of as_of, inclusive: what is known a
        -- microsecond later is of the next one
        (
            timezone(getvariable('time_zone'), stg_executions.known_at)
            - getvariable('night_end') - interval 1 microsecond
        )::date + 1 as night_date,
        stg_executions.started_at,
        stg_executions.completed_at,
        stg_executions.known_at,
        stg_executions.execution_type,
        dim_tests.name as test_name,
        stg_executions.project,
        stg_executions.environment,
        stg_executions.browser,
        stg_executions.platform,
        dim_tests.priority,
        dim_tests.test_type,
        stg_executions.tags,
        stg_executions.build_version,
        stg_executions.branch,
        stg_executions.status,
        stg_executions.outcome,
        stg_executions.first_outcome,
        stg_executions.error_type,
        stg_executions.error_message,
        stg_executions.fingerprint,
        stg_executions.failing_step_name,
        stg_executions.invocation_source,
        stg_executions.attempt_source,
        stg_executions.duration_source,
        stg_executions.step_source,
        stg_executions.resource_source,
        int_invocation_positions.position,
        stg_executions.execution_priority,
        stg_executions.attempt_count,
        stg_executions.step_count,
        stg_executions.duration_ms,
        stg_executions.queue_ms,
        stg_executions.cpu_usage_percent,
        stg_executions.memory_usage_mb,
        stg_executions.disk_io_mb,
        stg_executions.network_io_mb,
        stg_executions.is_decided,
        stg_executions.is_flaky,
        stg_executions.is_unverified,
        int_branches.is_protected_branch,
        coalesce(int_infra_storms.is_infra_suspect, false) as is_infra_suspect
    from stg_executions
    inner join int_invocation_positions
        on
            stg_executions.suite_key
            is not distinct from int_invocation_positions.suite_key
            and stg_executions.variant_key = int_invocation_positions.variant_key
            and stg_executions.invocation_key = int_invocation_positions.invocation_key
    inner join int_branches
        on
            stg_executions.suite_key is not distinct from int_branches.suite_key
            and stg_executions.variant_key = int_branches.variant_key
            and stg_executions.branch is not distinct from int_branches.branch
    left outer join int_infra_storms
        on
            stg_executions.project = int_infra_storms.project
            and stg_executions.invocation_key = int_infra_storms.invocation_key
    left outer join dim_tests on stg_executions.test_key = dim_tests.test_key
)

select * from final
