-- model:   stg_executions
-- grain:   one row per execution_key
-- inputs:  lake_executions, ref_test_aliases
-- units:   *_ms = milliseconds; *_count = what the name says; *_percent = 0..100;
--          *_mb = megabytes
-- rules:   what was triggered after as_of is left out, so that an earlier
--          as_of sees what was known then; a time more than a day after as_of is
--          of a wrong clock, and tells nothing of when the execution ran; a test
--          that was renamed has the key that it has now
-- columns: test_key = Key of the test case, the one that it has now where it was
--          renamed, null for a suite run;
--          recorded_test_key = Key of the test case as the source gave it, null for
--          a suite run;
--          known_at = When it was known how it went: the latest of the times it was
--          asked for, began and ended, of one in flight not after as_of
-- owner:   quality-insights
with final as (
    select
        lake_executions.execution_key,
        lake_executions.execution_id,
        lake_executions.parent_execution_id,
        lake_executions.execution_type,
        coalesce(ref_test_aliases.test_key, lake_executions.test_key) as test_key,
        lake_executions.test_key as recorded_test_key,
        lake_executions.suite_key,
        lake_executions.project,
        lake_executions.variant_key,
        lake_executions.environment,
        lake_executions.browser,
        lake_executions.platform,
        lake_executions.triggered_by_key,
        lake_executions.execution_priority,
        lake_executions.tags,
        lake_executions.triggered_at,
        lake_executions.triggered_at_source,
        lake_executions.triggered_date,
        lake_executions.bucket_date,
        lake_executions.started_at,
        lake_executions.completed_at,
        case
            when lake_executions.outcome is null
                then least(
                    greatest(lake_executions.triggered_at, lake_executions.started_at),
                    getvariable('as_of')
                )
            else greatest(
                lake_executions.triggered_at,
                if(
                    lake_executions.started_at
                    <= getvariable('as_of') + interval 1 day,
                    lake_executions.started_at,
                    null
                ),
                if(
                    lake_executions.completed_at
                    <= getvariable('as_of') + interval 1 day,
                    lake_executions.completed_at,
                    null
                )
            )
        end as known_at,
        lake_executions.changed_at,
        lake_executions.status,
        lake_executions.outcome,
        lake_executions.first_outcome,
        lake_executions.is_decided,
        lake_executions.is_flaky,
        lake_executions.is_unverified,
        lake_executions.attempt_count,
        lake_executions.attempt_source,
        lake_executions.duration_ms,
        lake_executions.duration_source,
        lake_executions.queue_ms,
        lake_executions.queue_source,
        lake_executions.build_version,
        lake_executions.commit_id,
        lake_executions.branch,
        lake_executions.pipeline_id,
        lake_executions.execution_agent,
        lake_executions.invocation_key,
        lake_executions.invocation_source,
        lake_executions.error_type,
        lake_executions.error_message,
        lake_executions.fingerprint,
        lake_executions.failing_step_name,
        lake_executions.step_count,
        lake_executions.step_source,
        lake_executions.declared_step_count,
        lake_executions.cpu_usage_percent,
        lake_executions.memory_usage_mb,
        lake_executions.disk_io_mb,
        lake_executions.network_io_mb,
        lake_executions.resource_source
    from lake_executions
    left outer join ref_test_aliases
        on lake_executions.test_key = ref_test_aliases.former_key
    where lake_executions.triggered_at <= getvariable('as_of')
)

select * from final
