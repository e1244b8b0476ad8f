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
with passes as (
    select
        test_key,
        variant_key,
        position_key,
        has_commit,
        count(*) as run_count,
        count(*) filter (where is_protected_branch) as protected_run_count,
        count(*) filter (where is_in_window) as passed_count,
        sum(if(is_in_window, weight, 0)) as passed_weight
    from int_runs
    where not is_failed_first and not is_retried
    group by test_key, variant_key, position_key, has_commit
),

-- few: the runs with more to say than that they passed
others as (
    select
        test_key,
        variant_key,
        position_key,
        has_commit,
        count(*) as run_count,
        count(*) filter (where is_retried) as retried_count,
        count(*) filter (where is_protected_branch) as protected_run_count,
        count(*) filter (where is_in_window and not is_failed_first) as passed_count,
        sum(
            if(is_in_window and not is_failed_first, weight, 0)
        ) as passed_weight,
        sum(passing_count) > 0 as has_pass,
        count(*) filter (
            where is_protected_branch and is_failed_first
        ) as protected_failed_count,
        count(*) filter (
            where is_protected_branch and is_failed_first and passing_count > 0
        ) as protected_retry_passed_count,
        coalesce(
            sum(failing_count) filter (where is_protected_branch), 0
        ) as failing_attempt_count,
        count(*) filter (where is_in_window and is_failed_first) as failed_count,
        sum(if(is_in_window and is_failed_first, weight, 0)) as failed_weight,
        count(*) filter (
            where is_in_window and is_failed_first and passing_count > 0
        ) as retry_passed_count,
        sum(
            if(is_in_window and is_failed_first and passing_count > 0, weight, 0)
        ) as retry_passed_weight,
        count(*) filter (
            where
            is_in_window
            and is_failed_first
            and is_protected_branch
            and passing_count = 0
        ) as hard_alone_count
    from int_runs
    where is_failed_first or is_retried
    group by test_key, variant_key, position_key, has_commit
),

results as (
    select
        coalesce(passes.test_key, others.test_key) as test_key,
        coalesce(passes.variant_key, others.variant_key) as variant_key,
        coalesce(passes.position_key, others.position_key) as position_key,
        coalesce(passes.has_commit, others.has_commit) as has_commit,
        coalesce(passes.run_count, 0) + coalesce(others.run_count, 0) as run_count,
        coalesce(others.retried_count, 0) as retried_count,
        passes.run_count is not null or others.has_pass as has_pass,
        coalesce(passes.protected_run_count, 0)
        + coalesce(others.protected_run_count, 0) as protected_run_count,
        coalesce(others.protected_failed_count, 0) as protected_failed_count,
        coalesce(others.protected_retry_passed_count, 0)
            as protected_retry_passed_count,
        coalesce(others.failing_attempt_count, 0) as failing_attempt_count,
        coalesce(passes.passed_count, 0) + coalesce(others.passed_count, 0)
            as passed_count,
        coalesce(passes.passed_weight, 0) + coalesce(others.passed_weight, 0)
            as passed_weight,
        coalesce(others.failed_count, 0) as failed_count,
        coalesce(others.failed_weight, 0) as failed_weight,
        coalesce(others.retry_passed_count, 0) as retry_passed_count,
        coalesce(others.retry_passed_weight, 0) as retry_passed_weight,
        coalesce(others.hard_alone_count, 0) as hard_alone_count
    from passes
    full outer join others
        on
            passes.test_key = others.test_key
            and passes.variant_key = others.variant_key
            and passes.position_key = others.position_key
            and passes.has_commit = others.has_commit
),

final as (
    select
        *,
        has_commit and has_pass as is_judged_by_commit,
        if(is_judged_by_commit, failed_count, retry_passed_count) as flake_count,
        if(is_judged_by_commit, failed_weight, retry_passed_weight) as flake_weight,
        if(is_judged_by_commit, 0, hard_alone_count) as hard_fail_count,
        if(
            is_judged_by_commit, protected_failed_count, protected_retry_passed_count
        ) as protected_flake_count,
        passed_count + flake_count + hard_fail_count as counted_count,
        if(
            has_commit and run_count > 1,
            counted_count,
            least(retried_count, counted_count)
        ) as grade_a_count
    from results
)

select * from final
