-- model:   ana_flaky_runs
-- grain:   one row per execution_key
-- inputs:  int_runs, int_commit_results, ana_broken_positions
-- units:   age_days = days
-- rules:   runs of the window whose first attempt failed, outside broken segments;
--          flake = an attempt at the same commit passed, hard_fail = none did
-- source:  statistics.md 1.3
-- columns: commit_id = Commit of the product under test, null where not known;
--          kind = flake or hard_fail;
--          is_proved = A flake that the policy takes as evidence: its commit known, or
--          retries trusted without;
--          age_days = Calendar days before as_of;
--          triggered_at = When the run was asked for
-- owner:   quality-insights
with runs as (
    select
        int_runs.execution_key,
        int_runs.test_key,
        int_runs.variant_key,
        int_runs.invocation_key,
        if(int_runs.has_commit, int_runs.position_key, null) as commit_id,
        int_runs.position_key,
        int_runs.triggered_at,
        int_runs.age_days,
        int_runs.is_protected_branch,
        (
            int_commit_results.is_judged_by_commit or int_runs.passing_count > 0
        ) as is_flake
    from int_runs
    inner join int_commit_results
        on
            int_runs.test_key = int_commit_results.test_key
            and int_runs.variant_key = int_commit_results.variant_key
            and int_runs.position_key = int_commit_results.position_key
    where int_runs.is_failed_first and int_runs.is_in_window
),

final as (
    select
        runs.execution_key,
        runs.test_key,
        runs.variant_key,
        runs.invocation_key,
        runs.commit_id,
        runs.triggered_at,
        runs.age_days,
        if(runs.is_flake, 'flake', 'hard_fail') as kind,
        (
            runs.is_flake
            and (
                runs.commit_id is not null
                or not getvariable('flakiness_retry_needs_commit')
            )
        ) as is_proved
    from runs
    left outer join ana_broken_positions
        on
            runs.test_key = ana_broken_positions.test_key
            and runs.variant_key = ana_broken_positions.variant_key
            and runs.position_key = ana_broken_positions.position_key
    where
        (runs.is_flake or runs.is_protected_branch)
        and ana_broken_positions.position_key is null
)

select * from final
