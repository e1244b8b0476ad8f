-- model:   met_pass_rate_segments
-- grain:   one row per scope_type, scope_key, rate_name, segment_number
-- inputs:  ana_pass_rate_segments
-- units:   *_count = runs, but day_count = days; *_rate = fraction 0..1;
--          cut_log_bayes_factor = natural logarithm; design_effect = ratio
-- rules:   stretches of days of one level, of protected branches, storms left out; a
--          scope without a cut is one segment; rates are standardised, so that another
--          mix of tests makes no cut; the interval is Wilson's with the runs over the
--          design effect
-- source:  statistics.md 2.1, 2.6
-- columns: pass_rate = Passed over runs;
--          standardised_pass_rate_low = Lower end of the 95 % interval;
--          standardised_pass_rate_high = Upper end of the 95 % interval;
--          cut_kind = What the cut that begins it did, fell or rose, null for the
--          first;
--          is_current = The last one;
--          n_eff = Independent runs that its runs are worth;
--          method = beta_binomial_optimal_partitioning;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with ordered as (
    select
        *,
        greatest(1.0, run_count / design_effect) as n_eff,
        lag(standardised_pass_rate) over in_order as rate_before,
        lead(segment_number) over in_order is null as is_current
    from ana_pass_rate_segments
    window
        in_order as (
            partition by scope_type, scope_key, rate_name order by segment_number
        )
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        segment_number,
        first_date,
        last_date,
        case
            when rate_before is null then null
            when standardised_pass_rate < rate_before then 'fell'
            else 'rose'
        end as cut_kind,
        day_count,
        run_count,
        passed_count,
        n_eff,
        design_effect,
        passed_count / run_count as pass_rate,
        standardised_pass_rate,
        wilson_low(standardised_pass_rate * n_eff, n_eff)
            as standardised_pass_rate_low,
        wilson_high(standardised_pass_rate * n_eff, n_eff)
            as standardised_pass_rate_high,
        cut_log_bayes_factor,
        cut_low_date,
        cut_high_date,
        cut_probability,
        is_current,
        'beta_binomial_optimal_partitioning' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ordered
)

select * from final
