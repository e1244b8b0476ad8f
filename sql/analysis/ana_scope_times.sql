-- model:   ana_scope_times
-- grain:   one row per scope_type, scope_key, variant_key
-- inputs:  ana_test_times
-- units:   *_count = executions; *_ms = milliseconds
-- rules:   sums of ana_test_times; a test has a row per variant, and only tests have
--          a finish delay: those of several tests do not add up
-- columns: scope_type = all, project, suite or test;
--          scope_key = The project, suite or test, all for everything;
--          variant_key = environment × browser × platform of a test, else empty;
--          project = The project, the first by name where there are several, null for
--          everything
-- owner:   quality-insights
with parts as (
    select
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'test']) as scope_type,
        unnest(['all', project, suite_key, test_key]) as scope_key,
        unnest(['', '', '', variant_key]) as variant_key,
        unnest([null, project, project, project]) as project,
        execution_count,
        timed_count,
        duration_sum_ms,
        failing_duration_sum_ms,
        retry_duration_sum_ms,
        queued_count,
        queue_sum_ms,
        placed_count,
        unnest([null, null, null, finish_delay_sum_ms]) as finish_delay_sum_ms
    from ana_test_times
),

final as (
    select
        scope_type,
        scope_key,
        variant_key,
        min(project) as project,
        sum(execution_count)::bigint as execution_count,
        sum(timed_count)::bigint as timed_count,
        sum(duration_sum_ms)::bigint as duration_sum_ms,
        sum(failing_duration_sum_ms)::bigint as failing_duration_sum_ms,
        sum(retry_duration_sum_ms)::bigint as retry_duration_sum_ms,
        sum(queued_count)::bigint as queued_count,
        sum(queue_sum_ms)::bigint as queue_sum_ms,
        sum(placed_count)::bigint as placed_count,
        sum(finish_delay_sum_ms)::bigint as finish_delay_sum_ms
    from parts
    group by scope_type, scope_key, variant_key
)

select * from final
