-- model:   stg_executions
-- grain:   one row per execution_key
-- inputs:  lake_executions
-- units:   *_ms = milliseconds; *_count = what the name says
-- rules:   what was triggered after as_of is left out, so that an earlier
--          as_of sees what was known then; a time more than a day after as_of is
--          of a wrong clock, and tells nothing of when the execution ran
-- columns: known_at = When it was known how it went: the latest of the times it was
--          asked for, began and ended, of one in flight not after as_of
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
        case
            when outcome is null
                then least(greatest(triggered_at, started_at), getvariable('as_of'))
            else greatest(
                triggered_at,
                if(
                    started_at <= getvariable('as_of') + interval 1 day,
                    started_at,
                    null
                ),
                if(
                    completed_at <= getvariable('as_of') + interval 1 day,
                    completed_at,
                    null
                )
            )
        end as known_at,
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
