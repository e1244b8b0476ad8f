-- model:    ana_release_scores
-- grain:    one row per project, build_number, tier
-- inputs:   ana_release_units
-- analysis: release_scores
-- units:    *_count = required tests × variants, but group_count = root causes;
--           expected_failures = root causes; other numbers = probabilities
-- rules:    formulas of statistics.md 6.1 and 6.2; evidence = attempts at the build,
--           and where none of them passed the failed ones since the test was last good;
--           failures with one fingerprint and failing step are one root cause; hazard
--           = (breaking cuts + shape) / (changes + rate), prior learnt from the project
-- source:   statistics.md 1.5, 6.1, 6.2
-- columns:  build_number = The candidate, 1 is the oldest of its project;
--           tier = p0, p0_p1 or all;
--           required_count = Tests × variants that are required at the build;
--           executed_count = Those with a decided attempt there;
--           failing_count = Those with a failed attempt there;
--           unexecuted_count = Those without an attempt;
--           group_count = Root causes: groups of failures, and each other one alone;
--           fresh_count = Executed lately enough before the build was judged;
--           grade_a_count = Those whose evidence of flakes is of grade A;
--           grade_b_count = Of grade B;
--           grade_c_count = Of grade C, the others have none;
--           confidence = Probability that none has a genuine, unresolved failure;
--           expected_failures = Root causes that are expected to be genuine;
--           confidence_low = The least under other hazards and lucky passes;
--           confidence_high = The largest under them;
--           score = coverage · reliability · health;
--           coverage = Fresh of required;
--           reliability = Mean of 1 less the flake rate over the fresh;
--           health = Mean of 1 less the probability of being broken over the fresh;
--           score_low = Lower end of its 95 % interval, bootstrap over tests;
--           score_high = Upper end of it;
--           hazard_prior = gamma, or pooled where breaks are too few to fit one
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
        spans,
        good_changes,
        span_failing_counts,
        build_numbers,
        failing_counts,
        passing_counts,
        cause_keys,
        fresh_flags
    from ana_release_units
)

select * from final
