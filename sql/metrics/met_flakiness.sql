-- model:   met_flakiness
-- grain:   one row per test_key, variant_key
-- inputs:  ana_flakiness, ana_flake_counts, ana_flaky_runs, ana_broken_evidence,
--          ana_instability, dim_tests
-- units:   *_count = runs of the window, but *_commit_count = commits;
--          index, posterior and *_rate = fractions 0..1; entropy_bits = bits;
--          broken_probability = probability
-- rules:   every test × variant that ran in the window; index: the truth lies between
--          index and index_upper, retries shrink the gap; a list is ranked by
--          posterior_low; labels decide, indexes describe; evidence = the last
--          flakes, where there are none the last failures, of a broken test those of
--          its break
-- source:  statistics.md 1.2 to 1.6
-- columns: evidence_execution_keys = Up to ten executions that show it, newest first;
--          last_flake_at = When its last flake was asked for;
--          binomial_p = P-value against the policy's floor, without a prior;
--          binomial_q = The same, Benjamini-Hochberg over the project;
--          is_gated = Flaky by a test without a prior as well: what gates look at;
--          method = jeffreys for the interval shown, empirical_bayes for the ranking;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with evidence as (
    select
        test_key,
        variant_key,
        max(triggered_at) filter (where kind = 'flake') as last_flake_at,
        list(
            execution_key
            order by kind asc, triggered_at desc, execution_key asc
        )[1:getvariable('flakiness_evidence_count')] as evidence_execution_keys
    from ana_flaky_runs
    group by test_key, variant_key
),

tested as (
    select
        test_key,
        variant_key,
        project,
        binomial_tail(
            flake_count,
            flake_count + pass_count,
            getvariable('flakiness_rate_floor')
        ) as binomial_p
    from ana_flake_counts
),

scaled as (
    select
        test_key,
        variant_key,
        project,
        binomial_p,
        bh_scaled(binomial_p, project) as scaled_p
    from tested
),

gated as (
    select
        test_key,
        variant_key,
        binomial_p,
        bh_q(scaled_p, binomial_p, project) as binomial_q
    from scaled
),

final as (
    select
        ana_flakiness.test_key,
        ana_flakiness.variant_key,
        ana_flake_counts.project,
        ana_flake_counts.suite_key,
        dim_tests.owner_key,
        ana_flakiness.label,
        ana_flakiness.reason
        || if(
            ana_flake_counts.derived_run_count > 0,
            '; invocations are derived',
            ''
        ) as reason,
        ana_flakiness.evidence_grade,
        ana_flake_counts.run_count,
        ana_flake_counts.pass_count,
        ana_flake_counts.flake_count,
        ana_flake_counts.hard_fail_count,
        ana_flake_counts.broken_run_count,
        ana_flake_counts.retry_passed_count,
        ana_flake_counts.mixed_commit_count,
        ana_flake_counts.grade_a_count,
        ana_flake_counts.grade_b_count,
        ana_flake_counts.grade_c_count,
        ana_flake_counts.derived_run_count,
        ana_flakiness.index,
        ana_flakiness.index_low,
        ana_flakiness.index_high,
        ana_flakiness.index_upper,
        ana_flakiness.posterior_mean,
        ana_flakiness.posterior_low,
        ana_flakiness.posterior_high,
        ana_flakiness.p_above_floor,
        ana_flakiness.decayed_mean,
        ana_flakiness.decayed_low,
        gated.binomial_p,
        gated.binomial_q,
        ana_flakiness.prior_alpha,
        ana_flakiness.prior_beta,
        ana_flakiness.prior_scope,
        ana_instability.flip_count,
        ana_instability.compared_count,
        ana_instability.flip_rate,
        ana_instability.entropy_bits,
        ana_flakiness.broken_prior,
        ana_flakiness.broken_probability,
        evidence.last_flake_at,
        coalesce(
            ana_broken_evidence.evidence_execution_keys,
            evidence.evidence_execution_keys,
            []
        ) as evidence_execution_keys,
        ana_flakiness.is_discovered,
        (
            ana_flakiness.label = 'flaky'
            and gated.binomial_q <= getvariable('flakiness_false_discovery_level')
        ) as is_gated,
        'jeffreys+empirical_bayes' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_flakiness
    inner join ana_flake_counts
        on
            ana_flakiness.test_key = ana_flake_counts.test_key
            and ana_flakiness.variant_key = ana_flake_counts.variant_key
    inner join gated
        on
            ana_flakiness.test_key = gated.test_key
            and ana_flakiness.variant_key = gated.variant_key
    left outer join ana_instability
        on
            ana_flakiness.test_key = ana_instability.test_key
            and ana_flakiness.variant_key = ana_instability.variant_key
    left outer join evidence
        on
            ana_flakiness.test_key = evidence.test_key
            and ana_flakiness.variant_key = evidence.variant_key
    left outer join ana_broken_evidence
        on
            ana_flakiness.test_key = ana_broken_evidence.test_key
            and ana_flakiness.variant_key = ana_broken_evidence.variant_key
    left outer join dim_tests on ana_flakiness.test_key = dim_tests.test_key
)

select * from final
