-- model:    ana_mix_effects
-- grain:    one row per scope_type, scope_key, rate_name
-- inputs:   int_compared_tests, int_compared_runs, ana_mix_dispersions
-- analysis: mix_effects
-- units:    *_count = runs, but invocation counts = invocations and test counts = tests
--           × variants; rates and differences = fractions; dispersion = ratio
-- rules:    sample against basis, stratified by test × variant, all of both periods; a
--           test of one side alone is in the crude rates and in nothing else;
--           differences are sample less basis; Σ (w/W)² v/n × dispersion is the
--           variance of a standardised rate, v of one run within its test, lent by all
--           tests with the weight of one run
-- source:   statistics.md 2.2; Mantel and Haenszel 1959
-- columns:  basis_run_count = Runs of the basis;
--           basis_passed_count = Those that passed;
--           basis_test_count = Tests × variants that ran in the basis;
--           basis_invocation_count = Invocations of the basis;
--           sample_run_count = Runs of the sample;
--           sample_passed_count = Those that passed;
--           sample_test_count = Tests × variants that ran in the sample;
--           sample_invocation_count = Invocations of the sample;
--           common_test_count = Tests × variants that ran in both;
--           dispersion = Variance between invocations over that of independent runs;
--           basis_pass_rate = Crude rate of the basis, null without runs;
--           sample_pass_rate = Crude rate of the sample, null without runs;
--           basis_standardised_pass_rate = Rate of the basis with the common mix;
--           sample_standardised_pass_rate = Rate of the sample with the common mix;
--           crude_difference = Sample less basis, crude;
--           standardised_difference = Sample less basis with the common mix;
--           mix_effect = Crude less standardised difference: what another mix makes;
--           basis_n_eff = Independent runs that would know the basis as well;
--           sample_n_eff = Independent runs that would know the sample as well;
--           z = Standardised difference over its standard error, were each test the
--           same on both sides;
--           p = Two-sided p-value of z;
--           odds_ratio = Mantel-Haenszel: odds of the basis over odds of the sample,
--           above 1 is worse now;
--           odds_ratio_low = Lower end of its 95 % interval, as if runs were
--           independent;
--           odds_ratio_high = Upper end of it;
--           cmh_p = Cochran-Mantel-Haenszel, as if runs were independent
-- owner:    quality-insights
with started as (
    -- distinct: an invocation has many tests, and may have several suites
    select distinct
        invocation_key,
        is_sample,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(['all', project, suite_key, environment]) as scope_key
    from int_compared_runs
),

invocations as (
    select
        scope_type,
        scope_key,
        count(*) filter (where not is_sample) as basis_invocation_count,
        count(*) filter (where is_sample) as sample_invocation_count
    from started
    group by scope_type, scope_key
),

tests as (
    select
        scope_type,
        scope_key,
        rate_name,
        test_key,
        variant_key,
        sum(if(is_sample, 0, passed_count))::bigint as basis_passed_count,
        sum(if(is_sample, 0, run_count))::bigint as basis_run_count,
        sum(if(is_sample, passed_count, 0))::bigint as sample_passed_count,
        sum(if(is_sample, run_count, 0))::bigint as sample_run_count
    from int_compared_tests
    group by scope_type, scope_key, rate_name, test_key, variant_key
),

final as (
    select
        tests.scope_type,
        tests.scope_key,
        tests.rate_name,
        tests.test_key,
        tests.variant_key,
        tests.basis_passed_count,
        tests.basis_run_count,
        tests.sample_passed_count,
        tests.sample_run_count,
        invocations.basis_invocation_count,
        invocations.sample_invocation_count,
        coalesce(ana_mix_dispersions.dispersion, 1.0) as dispersion
    from tests
    inner join invocations
        on
            tests.scope_type = invocations.scope_type
            and tests.scope_key = invocations.scope_key
    left outer join ana_mix_dispersions
        on
            tests.scope_type = ana_mix_dispersions.scope_type
            and tests.scope_key = ana_mix_dispersions.scope_key
            and tests.rate_name = ana_mix_dispersions.rate_name
)

select * from final
