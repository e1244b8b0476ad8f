-- model:   met_pass_rate_intervals
-- grain:   one row per period_type, period_date, scope_type, scope_key, rate_name
-- inputs:  met_rate_strata
-- units:   *_count = executions, but invocation_count = invocations and
--          stratum_count = suites × variants; rates are fractions 0..1
-- rules:   one stratum with five invocations in the period: clustered by invocation;
--          one stratum with fewer: the design effect of its last 28 days;
--          several strata: stratified by them, each with that design effect;
--          insufficient, and no interval, where a design effect is missing;
--          the interval is Wilson's with the effective number (statistics.md 2.1)
-- columns: rate_name = final or first_attempt;
--          invocation_count = Invocations with something decided;
--          stratum_count = Suites × variants with something decided;
--          passed_count = Numerator of the rate;
--          decided_count = Denominator of the rate;
--          n_eff = Independent executions that these would be worth;
--          design_effect = Decided executions over n_eff;
--          rate = Passed over decided;
--          rate_low = Lower end of the 95 % interval;
--          rate_high = Upper end of the 95 % interval;
--          method = wilson_clustered, wilson_clustered_recent, wilson_stratified
--          or insufficient
-- owner:   quality-insights
with scopes as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        rate_name,
        count(*) as stratum_count,
        count(recent_design_effect) as known_count,
        sum(invocation_count)::bigint as invocation_count,
        sum(passed_count)::bigint as passed_count,
        sum(decided_count)::bigint as decided_count,
        max(own_design_effect) as own_design_effect,
        max(recent_design_effect) as recent_design_effect,
        -- decimal: a sum of doubles would depend on the order of its rows
        sum((
            recent_design_effect * passed_count * (decided_count - passed_count)
            / decided_count
        )::decimal(38, 12)) as stratified_variance
    from met_rate_strata
    group by all
),

methods as (
    select
        *,
        case
            when stratum_count > 1 and known_count = stratum_count
                then 'wilson_stratified'
            when stratum_count > 1 then 'insufficient'
            when invocation_count >= getvariable('invocation_minimum')
                then 'wilson_clustered'
            when known_count = 1 then 'wilson_clustered_recent'
            else 'insufficient'
        end as method
    from scopes
),

effective as (
    select
        *,
        passed_count / decided_count as rate,
        case method
            when 'wilson_clustered' then decided_count / own_design_effect
            when 'wilson_clustered_recent' then decided_count / recent_design_effect
            when 'wilson_stratified'
                then least(
                    decided_count,
                    coalesce(
                        passed_count::double * (decided_count - passed_count)
                        / nullif(stratified_variance::double, 0),
                        decided_count
                    )
                )
        end as n_eff
    from methods
),

final as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        rate_name,
        invocation_count,
        stratum_count,
        passed_count,
        decided_count,
        n_eff,
        decided_count / n_eff as design_effect,
        rate,
        wilson_low(rate * n_eff, n_eff) as rate_low,
        wilson_high(rate * n_eff, n_eff) as rate_high,
        method
    from effective
)

select * from final
