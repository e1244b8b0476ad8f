-- model:   ana_co_failure_runs
-- grain:   one row per project, group_key, execution_key
-- inputs:  ana_co_failure_members, ana_flaky_runs, int_suspect_runs, fct_executions
-- units:   none
-- rules:   runs of the window on protected branches whose first attempt failed, in an
--          invocation in which two or more tests × variants of the group did; of a
--          shared flake those in good segments alone
-- source:  statistics.md 5.3
-- columns: group_key = Kind of cause, smallest test and variant of the group
-- owner:   quality-insights
with failures as (
    select
        ana_co_failure_members.project,
        ana_co_failure_members.group_key,
        int_suspect_runs.execution_key,
        int_suspect_runs.test_key,
        int_suspect_runs.variant_key,
        int_suspect_runs.invocation_key
    from ana_co_failure_members
    inner join int_suspect_runs
        on
            ana_co_failure_members.test_key = int_suspect_runs.test_key
            and ana_co_failure_members.variant_key = int_suspect_runs.variant_key
    left outer join ana_flaky_runs
        on int_suspect_runs.execution_key = ana_flaky_runs.execution_key
    where
        int_suspect_runs.is_failed_first
        and (
            ana_co_failure_members.cause_kind = 'shared_break'
            or ana_flaky_runs.execution_key is not null
        )
),

tests as (
    select
        project,
        group_key,
        invocation_key,
        test_key,
        variant_key
    from failures
    group by all
),

together as (
    select
        project,
        group_key,
        invocation_key
    from tests
    group by project, group_key, invocation_key
    having count(*) > 1
),

final as (
    select
        failures.project,
        failures.group_key,
        failures.execution_key,
        failures.test_key,
        failures.variant_key,
        failures.invocation_key,
        fct_executions.triggered_at,
        fct_executions.fingerprint
    from failures
    inner join together
        on
            failures.project = together.project
            and failures.group_key = together.group_key
            and failures.invocation_key = together.invocation_key
    inner join fct_executions
        on failures.execution_key = fct_executions.execution_key
)

select * from final
