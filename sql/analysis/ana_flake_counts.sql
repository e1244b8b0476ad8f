-- model:   ana_flake_counts
-- grain:   one row per test_key, variant_key
-- inputs:  int_commit_results, int_tests, ana_broken_positions
-- units:   *_count = runs of the window; *_weight = runs, decayed
-- rules:   runs of broken segments are left out: broken is not flaky; branches that
--          are not protected give passes and flakes alone; grades are of all these
--          runs, those of broken segments too
-- source:  statistics.md 1.2, 1.3
-- columns: project = Family of false-discovery control;
--          suite_key = Suite that lists the test;
--          run_count = Runs that count: passes, flakes and hard failures;
--          pass_count = Runs whose first attempt passed;
--          flake_count = Runs that failed first and passed at the same commit;
--          hard_fail_count = Runs that failed with no pass at that commit;
--          broken_run_count = Runs of broken segments, in none of the counts;
--          retry_passed_count = Runs that passed after a failed attempt of their own;
--          mixed_commit_count = Commits with a failed and a passed attempt;
--          grade_a_count = Runs that could have shown a flake: retried, or of a
--          commit with several runs;
--          grade_b_count = Other runs whose commit is known;
--          grade_c_count = Other runs, whose commit is not known;
--          commit_run_count = Runs whose commit is known;
--          derived_run_count = Runs whose invocation was put together from
--          environment and build or day, broken segments and all branches included;
--          pass_weight = Passes, decayed;
--          flake_weight = Flakes, decayed
-- owner:   quality-insights
with results as (
    select
        int_commit_results.test_key,
        int_commit_results.variant_key,
        int_tests.project,
        int_tests.suite_key,
        int_tests.derived_run_count,
        int_commit_results.has_commit,
        int_commit_results.is_judged_by_commit,
        int_commit_results.passed_count,
        int_commit_results.flake_count,
        int_commit_results.hard_fail_count,
        int_commit_results.retry_passed_count,
        int_commit_results.counted_count,
        int_commit_results.grade_a_count,
        int_commit_results.passed_weight,
        int_commit_results.flake_weight,
        ana_broken_positions.position_key is not null as is_broken
    from int_commit_results
    inner join int_tests
        on
            int_commit_results.test_key = int_tests.test_key
            and int_commit_results.variant_key = int_tests.variant_key
    left outer join ana_broken_positions
        on
            int_commit_results.test_key = ana_broken_positions.test_key
            and int_commit_results.variant_key = ana_broken_positions.variant_key
            and int_commit_results.position_key = ana_broken_positions.position_key
    where int_commit_results.passed_count + int_commit_results.failed_count > 0
),

final as (
    select
        test_key,
        variant_key,
        min(project) as project,
        min(suite_key) as suite_key,
        min(derived_run_count) as derived_run_count,
        sum(if(is_broken, 0, counted_count))::bigint as run_count,
        sum(if(is_broken, 0, passed_count))::bigint as pass_count,
        sum(if(is_broken, 0, flake_count))::bigint as flake_count,
        sum(if(is_broken, 0, hard_fail_count))::bigint as hard_fail_count,
        sum(if(is_broken, counted_count, 0))::bigint as broken_run_count,
        sum(if(is_broken, 0, retry_passed_count))::bigint as retry_passed_count,
        count(*) filter (
            where
            not is_broken
            and is_judged_by_commit
            and flake_count > 0
        ) as mixed_commit_count,
        sum(grade_a_count)::bigint as grade_a_count,
        sum(
            if(has_commit, counted_count - grade_a_count, 0)
        )::bigint as grade_b_count,
        sum(
            if(has_commit, 0, counted_count - grade_a_count)
        )::bigint as grade_c_count,
        sum(if(has_commit, counted_count, 0))::bigint as commit_run_count,
        sum(if(is_broken, 0, passed_weight)) as pass_weight,
        sum(if(is_broken, 0, flake_weight)) as flake_weight
    from results
    group by test_key, variant_key
)

select * from final
