-- model:   stg_executions
-- grain:   one row per execution_key
-- inputs:  lake_executions
-- units:   *_ms = milliseconds; *_count = what the name says
-- rules:   what was triggered after as_of is left out, so that an earlier
--          as_of sees what was known then
-- owner:   quality-insights
with final as (
    select
        execution_key,
        execution_id,
        parent_execution_id,
        execution_type,
        test_key,
        suite_key,
        project,
        variant_key,
        environment,
        browser,
        platform,
        triggered_by_key,
        execution_priority,
        tags,
        triggered_at,
        triggered_at_source,
        triggered_date,
        bucket_date,
        started_at,
        completed_at,
        changed_at,
        status,
        outcome,
        first_outcome,
        is_decided,
        is_flaky,
        is_unverified,
        attempt_count,
        attempt_source,
        duration_ms,
        duration_source,
        queue_ms,
        queue_source,
        build_version,
        commit_id,
        branch,
        pipeline_id,
        invocation_key,
        invocation_source,
        error_type,
        error_message,
        fingerprint,
        failing_step_name,
        step_count,
        step_source,
        declared_step_count
    from lake_executions
    where triggered_at <= getvariable('as_of')
)

select * from final
