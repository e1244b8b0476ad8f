-- model:   met_mix_effect
-- grain:   one row per scope_type, scope_key, rate_name
-- inputs:  ana_mix_effects
-- units:   *_count = runs, but invocation counts = invocations and test counts = tests
--          × variants; rates and differences = fractions; dispersion = ratio
-- rules:   the last days against the days before them, on protected branches, storms
--          left out; crude difference = standardised difference + mix effect; fewer
--          than five invocations on a side: insufficient, neither interval nor p; the
--          interval is Newcombe's with effective numbers
-- source:  statistics.md 2.2
-- columns: standardised_difference_low = Lower end of its 95 % interval;
--          standardised_difference_high = Upper end of it;
--          method = newcombe_stratified or insufficient;
--          evidence_grade = sufficient, or insufficient where there is no interval;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with judged as (
    select
        *,
        standardised_difference is not null
        and least(basis_invocation_count, sample_invocation_count)
        >= getvariable('invocation_minimum') as is_enough
    from ana_mix_effects
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        basis_run_count,
        basis_passed_count,
        basis_test_count,
        basis_invocation_count,
        sample_run_count,
        sample_passed_count,
        sample_test_count,
        sample_invocation_count,
        common_test_count,
        basis_pass_rate,
        sample_pass_rate,
        basis_standardised_pass_rate,
        sample_standardised_pass_rate,
        crude_difference,
        standardised_difference,
        mix_effect,
        if(
            is_enough,
            newcombe_low(
                sample_standardised_pass_rate * sample_n_eff,
                sample_n_eff,
                basis_standardised_pass_rate * basis_n_eff,
                basis_n_eff
            ),
            null
        ) as standardised_difference_low,
        if(
            is_enough,
            newcombe_high(
                sample_standardised_pass_rate * sample_n_eff,
                sample_n_eff,
                basis_standardised_pass_rate * basis_n_eff,
                basis_n_eff
            ),
            null
        ) as standardised_difference_high,
        if(is_enough, basis_n_eff, null) as basis_n_eff,
        if(is_enough, sample_n_eff, null) as sample_n_eff,
        if(is_enough, dispersion, null) as dispersion,
        if(is_enough, z, null) as z,
        if(is_enough, p, null) as p,
        odds_ratio,
        odds_ratio_low,
        odds_ratio_high,
        cmh_p,
        if(is_enough, 'newcombe_stratified', 'insufficient') as method,
        if(is_enough, 'sufficient', 'insufficient') as evidence_grade,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from judged
)

select * from final
