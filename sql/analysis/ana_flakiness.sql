-- model:    ana_flakiness
-- grain:    one row per test_key, variant_key
-- inputs:   ana_flake_counts, ana_flaky_runs, ana_test_states, int_runs
-- analysis: flakiness
-- units:    *_count = runs, but invocation counts = invocations; index, posterior
--           and probabilities = fractions 0..1
-- rules:    the prior is fitted to the tests of a project × variant, else to those
--           of the project, else it is Jeffreys'; false-discovery control over each
--           project; labels in the order of statistics.md 1.6
-- source:   statistics.md 1.2 to 1.6
-- columns:  label = broken, insufficient, flaky, rarely_flaky, suspected, stable or
--           no_evidence_of_flakiness;
--           reason = Why that, in words;
--           evidence_grade = A, B or C: the best with an opportunity;
--           index = Flakes over flakes and passes, null without any;
--           index_low = Lower end of Jeffreys' 95 % interval;
--           index_high = Upper end of it;
--           index_upper = The index if every hard failure were a flake;
--           posterior_mean = Flake rate with the prior over tests;
--           posterior_low = Lower end of its 95 % interval: ranks the list;
--           posterior_high = Upper end of it;
--           p_above_floor = Probability that the rate is above the policy's floor;
--           decayed_mean = The mean with decayed counts, for ranking alone;
--           decayed_low = Lower end of the decayed 95 % interval;
--           is_discovered = Above the floor, false-discovery share controlled;
--           prior_alpha = Alpha of the prior;
--           prior_beta = Beta of the prior;
--           prior_scope = variant, project or jeffreys;
--           broken_prior = Probability of a break before the failures were seen;
--           broken_probability = Probability of being broken at as_of
-- owner:    quality-insights
with flakes as (
    select
        test_key,
        variant_key,
        count(*) filter (where is_proved) as proved_flake_count,
        count(distinct invocation_key) filter (where is_proved)
            as flake_invocation_count,
        min(age_days) as last_flake_age_days,
        max(triggered_at) as last_flake_at
    from ana_flaky_runs
    where kind = 'flake'
    group by test_key, variant_key
),

runs as (
    select
        int_runs.test_key,
        int_runs.variant_key,
        count(distinct int_runs.invocation_key) as invocation_count,
        count(*) filter (
            where int_runs.triggered_at > flakes.last_flake_at
        ) as run_since_flake_count
    from int_runs
    left outer join flakes
        on
            int_runs.test_key = flakes.test_key
            and int_runs.variant_key = flakes.variant_key
    where int_runs.is_in_window
    group by int_runs.test_key, int_runs.variant_key
),

final as (
    select
        ana_flake_counts.test_key,
        ana_flake_counts.variant_key,
        ana_flake_counts.project,
        ana_flake_counts.run_count,
        ana_flake_counts.pass_count,
        ana_flake_counts.flake_count,
        ana_flake_counts.hard_fail_count,
        ana_flake_counts.pass_weight::double as pass_weight,
        ana_flake_counts.flake_weight::double as flake_weight,
        ana_flake_counts.grade_a_count,
        ana_flake_counts.grade_b_count,
        ana_flake_counts.grade_c_count,
        ana_flake_counts.commit_run_count,
        runs.invocation_count,
        runs.run_since_flake_count,
        coalesce(flakes.proved_flake_count, 0) as proved_flake_count,
        coalesce(flakes.flake_invocation_count, 0) as flake_invocation_count,
        flakes.last_flake_age_days,
        coalesce(ana_test_states.position_count, 1) as position_count,
        coalesce(ana_test_states.breaking_cut_count, 0) as breaking_cut_count,
        coalesce(ana_test_states.failing_attempt_count, 0) as failing_attempt_count,
        coalesce(ana_test_states.change_count, 0) as change_count,
        coalesce(ana_test_states.isolated_count, 0) as isolated_count,
        coalesce(
            not ana_test_states.is_in_broken_segment
            and ana_test_states.current_segment_at > flakes.last_flake_at
            and ana_test_states.current_failed_share
            < ana_test_states.flaky_failed_share,
            false
        ) as is_cut_since_flake
    from ana_flake_counts
    inner join runs
        on
            ana_flake_counts.test_key = runs.test_key
            and ana_flake_counts.variant_key = runs.variant_key
    left outer join flakes
        on
            ana_flake_counts.test_key = flakes.test_key
            and ana_flake_counts.variant_key = flakes.variant_key
    left outer join ana_test_states
        on
            ana_flake_counts.test_key = ana_test_states.test_key
            and ana_flake_counts.variant_key = ana_test_states.variant_key
)

select * from final
