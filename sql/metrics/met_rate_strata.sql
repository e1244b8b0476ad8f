-- model:   met_rate_strata
-- grain:   one row per period_type, period_date, scope_type, scope_key, rate_name,
--          suite_key, variant_key
-- inputs:  met_invocation_counts, met_design_effects
-- units:   *_count = executions, but invocation_count = invocations;
--          *_design_effect = ratio, at least 1
-- rules:   a stratum is a suite × variant with something decided in the scope in
--          the period: a difference between strata is no noise (statistics.md 2.1)
-- columns: invocation_count = Invocations of the period with something decided;
--          passed_count = Numerator of the rate;
--          decided_count = Denominator of the rate;
--          own_design_effect = Design effect among these invocations, 1 where
--          every execution passed or none did;
--          recent_design_effect = Design effect of the stratum's last 28 days, null
--          under five invocations
-- owner:   quality-insights
with invocations as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        suite_key,
        variant_key,
        -- lists of one length: unnested side by side
        unnest(['final', 'first_attempt']) as rate_name,
        unnest([passed_count, first_attempt_passed_count]) as passed_count,
        unnest([decided_count, first_attempt_decided_count]) as decided_count
    from met_invocation_counts
),

strata as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        rate_name,
        suite_key,
        variant_key,
        count(*) as invocation_count,
        sum(passed_count)::bigint as passed_count,
        sum(decided_count)::bigint as decided_count,
        greatest(
            1.0, coalesce(design_effect(passed_count, decided_count), 1.0)
        ) as own_design_effect
    from invocations
    where decided_count > 0
    group by all
),

final as (
    select
        strata.period_type,
        strata.period_date,
        strata.scope_type,
        strata.scope_key,
        strata.rate_name,
        strata.suite_key,
        strata.variant_key,
        strata.invocation_count,
        strata.passed_count,
        strata.decided_count,
        strata.own_design_effect,
        met_design_effects.design_effect as recent_design_effect
    from strata
    left outer join met_design_effects
        on
            strata.rate_name = met_design_effects.rate_name
            and strata.suite_key = met_design_effects.suite_key
            and strata.variant_key = met_design_effects.variant_key
)

select * from final
