-- model:   int_commit_results
-- grain:   one row per test_key, variant_key, position_key
-- inputs:  int_runs
-- units:   *_count = runs, *_attempt_count = attempts; *_weight = runs, decayed
-- rules:   has_pass = an attempt at this commit passed, on any branch; in the window,
--          a run that failed first is a flake where that is so, else a hard failure;
--          without a commit a run speaks for itself alone; hard failures count on
--          protected branches only: a pull request may be broken; grade A = could
--          have shown a flake: retried, or of a commit with several runs
-- source:  statistics.md 1.3, Branches
-- owner:   quality-insights
with results as (
    select
        test_key,
        variant_key,
        position_key,
        min(project) as project,
        max(suite_key) as suite_key,
        min(commit_id) as commit_id,
        count(*) as run_count,
        count(*) filter (where is_retried) as retried_count,
        sum(passing_count) > 0 as has_pass,
        count(*) filter (where is_protected_branch) as protected_run_count,
        count(*) filter (
            where is_protected_branch and is_failed_first
        ) as protected_failed_count,
        count(*) filter (
            where is_protected_branch and is_failed_first and passing_count > 0
        ) as protected_retry_passed_count,
        coalesce(
            sum(passing_count) filter (where is_protected_branch), 0
        ) as passing_attempt_count,
        coalesce(
            sum(failing_count) filter (where is_protected_branch), 0
        ) as failing_attempt_count,
        count(*) filter (where is_in_window) as window_run_count,
        count(*) filter (where is_in_window and not is_failed_first) as passed_count,
        count(*) filter (where is_in_window and is_failed_first) as failed_count,
        count(*) filter (
            where is_in_window and is_failed_first and passing_count > 0
        ) as retry_passed_count,
        count(*) filter (
            where is_in_window and is_failed_first and is_protected_branch
        ) as hard_count,
        count(*) filter (
            where
            is_in_window
            and is_failed_first
            and is_protected_branch
            and passing_count = 0
        ) as hard_alone_count,
        coalesce(
            sum(weight) filter (where is_in_window and not is_failed_first), 0
        ) as passed_weight,
        coalesce(
            sum(weight) filter (where is_in_window and is_failed_first), 0
        ) as failed_weight,
        coalesce(
            sum(weight) filter (
                where is_in_window and is_failed_first and passing_count > 0
            ),
            0
        ) as retry_passed_weight
    from int_runs
    group by test_key, variant_key, position_key
),

final as (
    select
        *,
        commit_id is not null and has_pass as is_judged_by_commit,
        if(is_judged_by_commit, failed_count, retry_passed_count) as flake_count,
        if(is_judged_by_commit, failed_weight, retry_passed_weight) as flake_weight,
        if(is_judged_by_commit, 0, hard_alone_count) as hard_fail_count,
        if(
            is_judged_by_commit, protected_failed_count, protected_retry_passed_count
        ) as protected_flake_count,
        passed_count + flake_count + hard_fail_count as counted_count,
        if(
            commit_id is not null and run_count > 1,
            counted_count,
            least(retried_count, counted_count)
        ) as grade_a_count
    from results
)

select * from final
