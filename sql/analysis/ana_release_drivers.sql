-- model:    ana_release_drivers
-- grain:    one row per project, build_number, tier, driver_rank
-- inputs:   ana_release_units
-- analysis: release_drivers
-- units:    *_attempt_count, earlier_failing_count = attempts; test_count = tests ×
--           variants; change_count = changes of the product; hazard = breaks per
--           change; contribution = natural logarithm; others = probabilities, shares
-- rules:    the root causes that take most from the confidence, those that are not
--           settled, and one row for the sum of all others; figures of one test are
--           those of the worst of the group, attempts those of all of it
-- source:   statistics.md 6.1
-- columns:  build_number = The candidate, 1 is the oldest of its project;
--           tier = p0, p0_p1 or all;
--           driver_rank = 1 takes the most;
--           kind = failing, passing, stale: not run at this build, unexecuted: never
--           run up to it, or all others;
--           cause_key = Fingerprint and failing step, null for a test by itself;
--           test_key = The test that is worst of the group;
--           variant_key = Where it is;
--           test_keys = Tests of the group, up to ten, in order;
--           test_count = Tests × variants of the group;
--           failing_attempt_count = Failed attempts at the build;
--           passing_attempt_count = Passed attempts there;
--           earlier_failing_count = Failed attempts before it, since last good: they
--           count where nothing passed at the build;
--           evidence_grade = A, B or C, null without runs in the window;
--           posterior_mean = Its flake rate;
--           posterior_low = Lower end of the 95 % interval of that;
--           posterior_high = Upper end of it;
--           hazard = Chance that one change breaks it;
--           change_count = Changes since it was last good, all of them where it never
--           was;
--           broken_prior = Probability of a break before the attempts;
--           broken_probability = Probability of a break after them: of the cause;
--           contribution = ln(1 − broken_probability), null where it is certain;
--           share = Of the ln of the confidence, null where that is not finite or 0;
--           pass_count_needed = Fewest passes of each of its tests that settle it, null
--           where so few do not;
--           probability_after = What it is after them, or after the most proposed;
--           execution_keys = Executions that failed at the build, up to ten
-- owner:    quality-insights
with final as (
    select
        project,
        test_key,
        variant_key,
        tier_number,
        first_build_number,
        build_changes,
        evidence_grade,
        breaking_cut_count,
        change_count,
        posterior_mean,
        posterior_low,
        posterior_high,
        spans,
        good_changes,
        span_failing_counts,
        build_numbers,
        failing_counts,
        passing_counts,
        cause_keys,
        fresh_flags,
        execution_keys
    from ana_release_units
)

select * from final
