-- model:   ana_broken_evidence
-- grain:   one row per test_key, variant_key
-- inputs:  ana_flakiness, int_runs
-- units:   none
-- rules:   of tests × variants that are broken: their last failures on protected
--          branches in the window, newest first; runs of broken segments are in no
--          flake rate, so ana_flaky_runs does not hold them
-- columns: evidence_execution_keys = Up to ten executions that show it
-- owner:   quality-insights
with final as (
    select
        int_runs.test_key,
        int_runs.variant_key,
        list(
            int_runs.execution_key
            order by int_runs.triggered_at desc, int_runs.execution_key asc
        )[1:getvariable('flakiness_evidence_count')] as evidence_execution_keys
    from int_runs
    inner join ana_flakiness
        on
            int_runs.test_key = ana_flakiness.test_key
            and int_runs.variant_key = ana_flakiness.variant_key
    where
        ana_flakiness.label = 'broken'
        and int_runs.is_failed_first
        and int_runs.is_in_window
        and int_runs.is_protected_branch
    group by int_runs.test_key, int_runs.variant_key
)

select * from final
