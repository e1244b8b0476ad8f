-- model:   chk_declared_totals_match
-- grain:   one row per result_key
-- inputs:  stg_declared_totals, lake_executions, lake_steps
-- units:   *_count = cases
-- rules:   the newest totals a source declared for a suite run equal what the lake
--          holds: the executions of that pipeline, else the cases (steps) of the
--          suite execution with that key; failed includes error and timed out,
--          cancelled includes skipped; a total the source left out is not compared
-- severity: warning
-- columns: last_case_at = When its last case ran, else when the totals were made;
--          total_count = Cases in all, as declared;
--          passed_count = Cases that passed, as declared;
--          failed_count = Cases that failed, as declared;
--          cancelled_count = Cases cancelled or skipped, as declared;
--          lake_total_count = Cases in all, in the lake;
--          lake_passed_count = Cases that passed, in the lake;
--          lake_failed_count = Cases that failed, in the lake;
--          lake_cancelled_count = Cases cancelled or skipped, in the lake
-- owner:   quality-insights
with declared as (
    select
        result_key,
        suite_execution_id,
        total_count,
        passed_count,
        failed_count,
        cancelled_count,
        aggregated_at
    from stg_declared_totals
    qualify row_number() over (
        partition by suite_execution_id
        order by aggregated_at desc nulls last, result_key desc
    ) = 1
),

cases as (
    select
        pipeline_id as run_key,
        1 as preference,
        coalesce(started_at, triggered_at) as ran_at,
        outcome
    from lake_executions
    where execution_type <> 'test_suite'
    union all by name
    select
        unnest(
            list_distinct([lake_executions.execution_key, lake_executions.execution_id])
        ) as run_key,
        2 as preference,
        coalesce(
            lake_executions.started_at, lake_executions.triggered_at
        ) as ran_at,
        lake_steps.outcome
    from lake_steps
    inner join lake_executions
        on lake_steps.execution_key = lake_executions.execution_key
    where
        lake_executions.execution_type = 'test_suite'
        and lake_steps.step_type = 'test_case'
),

runs as (
    select
        run_key,
        preference,
        max(ran_at) as last_case_at,
        count(*) as lake_total_count,
        count(*) filter (where outcome = 'passed') as lake_passed_count,
        count(*) filter (where is_failing_outcome(outcome)) as lake_failed_count,
        count(*) filter (where outcome in ('cancelled', 'skipped'))
            as lake_cancelled_count
    from cases
    where run_key is not null
    group by run_key, preference
    qualify row_number() over (partition by run_key order by preference asc) = 1
),

compared as (
    select
        declared.result_key,
        declared.suite_execution_id,
        coalesce(runs.last_case_at, declared.aggregated_at) as last_case_at,
        declared.total_count,
        declared.passed_count,
        declared.failed_count,
        declared.cancelled_count,
        coalesce(runs.lake_total_count, 0) as lake_total_count,
        coalesce(runs.lake_passed_count, 0) as lake_passed_count,
        coalesce(runs.lake_failed_count, 0) as lake_failed_count,
        coalesce(runs.lake_cancelled_count, 0) as lake_cancelled_count
    from declared
    left outer join runs on declared.suite_execution_id = runs.run_key
),

final as (
    select *
    from compared
    where
        total_count <> lake_total_count
        or passed_count <> lake_passed_count
        or failed_count <> lake_failed_count
        or cancelled_count <> lake_cancelled_count
)

select * from final
