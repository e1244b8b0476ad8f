-- model:   int_runs
-- grain:   one row per execution_key
-- inputs:  stg_executions, stg_attempts, int_branches, int_failing_tests,
--          int_infra_storms
-- units:   *_count = attempts; age_days = days; weight = 1 today, halved with each
--          half life
-- rules:   a run = a decided execution of a test, known by as_of, whose first
--          attempt was decided; infra storms are left out, they say nothing of a
--          test (statistics.md 0.5); position = its commit, where none is known its
--          invocation; tests that never failed have the runs of the longest window
--          alone: of older ones nothing is asked but where failures lie
-- source:  statistics.md 0.3, 1.3
-- columns: is_failed_first = Its first attempt did not pass;
--          is_derived_invocation = Put together from environment and build or day,
--          since the source names none;
--          is_failed = It did not pass in the end
-- owner:   quality-insights
with retried as (
    select
        stg_attempts.execution_key,
        count(*) filter (where stg_attempts.outcome = 'passed') as passing_count,
        count(*) filter (
            where is_failing_outcome(stg_attempts.outcome)
        ) as failing_count
    from stg_attempts
    inner join stg_executions
        on stg_attempts.execution_key = stg_executions.execution_key
    where stg_executions.attempt_count > 1
    group by all
),

executions as (
    select
        stg_executions.execution_key,
        stg_executions.test_key,
        stg_executions.variant_key,
        stg_executions.project,
        stg_executions.suite_key,
        stg_executions.environment,
        stg_executions.branch,
        stg_executions.build_version,
        stg_executions.invocation_key,
        starts_with(stg_executions.invocation_source, 'derived')
            as is_derived_invocation,
        coalesce(
            stg_executions.commit_id, 'invocation:' || stg_executions.invocation_key
        ) as position_key,
        stg_executions.commit_id is not null as has_commit,
        stg_executions.triggered_at,
        stg_executions.bucket_date,
        greatest(getvariable('as_of_date') - stg_executions.bucket_date, 0) as age_days,
        stg_executions.attempt_count > 1 as is_retried,
        stg_executions.first_outcome <> 'passed' as is_failed_first,
        stg_executions.outcome <> 'passed' as is_failed
    from stg_executions
    left outer join int_failing_tests
        on
            stg_executions.test_key = int_failing_tests.test_key
            and stg_executions.variant_key = int_failing_tests.variant_key
    where
        stg_executions.is_decided
        and stg_executions.test_key is not null
        and stg_executions.execution_type <> 'test_suite'
        and stg_executions.known_at <= getvariable('as_of')
        and (
            stg_executions.first_outcome = 'passed'
            or is_failing_outcome(stg_executions.first_outcome)
        )
        and (
            int_failing_tests.test_key is not null
            or is_of_windows(stg_executions.bucket_date)
        )
),

final as (
    select
        executions.execution_key,
        executions.test_key,
        executions.variant_key,
        executions.project,
        executions.suite_key,
        executions.environment,
        executions.build_version,
        executions.invocation_key,
        executions.is_derived_invocation,
        executions.position_key,
        executions.has_commit,
        executions.triggered_at,
        executions.bucket_date,
        executions.age_days,
        (
            2.0 ^ (-executions.age_days / getvariable('flakiness_half_life_days'))
        )::decimal(18, 15) as weight,
        executions.is_retried,
        executions.is_failed_first,
        executions.is_failed,
        coalesce(
            retried.passing_count, if(executions.is_failed_first, 0, 1)
        ) as passing_count,
        coalesce(
            retried.failing_count, if(executions.is_failed_first, 1, 0)
        ) as failing_count,
        executions.age_days < getvariable('flakiness_window_days') as is_in_window,
        int_branches.is_protected_branch
    from executions
    inner join int_branches
        on
            executions.suite_key is not distinct from int_branches.suite_key
            and executions.variant_key = int_branches.variant_key
            and executions.branch is not distinct from int_branches.branch
    left outer join int_infra_storms
        on
            executions.project = int_infra_storms.project
            and executions.invocation_key = int_infra_storms.invocation_key
    left outer join retried on executions.execution_key = retried.execution_key
    where not coalesce(int_infra_storms.is_infra_suspect, false)
)

select * from final
