-- model:   met_design_effects
-- grain:   one row per rate_name, suite_key, variant_key
-- inputs:  met_invocation_counts
-- units:   *_count = executions, invocation_count = invocations; design_effect =
--          ratio, at least 1
-- rules:   how much more a rate varies between invocations than it would with
--          independent executions, over the last days up to as_of that the
--          policy says (28); null under five invocations (statistics.md 2.1);
--          1 where every execution passed or none did
-- columns: rate_name = final or first_attempt;
--          invocation_count = Invocations with something decided;
--          passed_count = Numerator of the rate;
--          decided_count = Denominator of the rate;
--          design_effect = Variance between invocations over binomial variance,
--          not under 1
-- owner:   quality-insights
with invocations as (
    select
        suite_key,
        variant_key,
        invocation_key,
        sum(passed_count) as final_passed_count,
        sum(decided_count) as final_decided_count,
        sum(first_attempt_passed_count) as first_passed_count,
        sum(first_attempt_decided_count) as first_decided_count
    from met_invocation_counts
    where
        period_type = 'day'
        and scope_type = 'all'
        and period_date
        > getvariable('as_of_date') - getvariable('design_effect_days')::integer
    group by all
),

rates as (
    select
        'final' as rate_name,
        suite_key,
        variant_key,
        final_passed_count as passed_count,
        final_decided_count as decided_count
    from invocations
    union all by name
    select
        'first_attempt' as rate_name,
        suite_key,
        variant_key,
        first_passed_count as passed_count,
        first_decided_count as decided_count
    from invocations
),

final as (
    select
        rate_name,
        suite_key,
        variant_key,
        count(*) as invocation_count,
        sum(passed_count)::bigint as passed_count,
        sum(decided_count)::bigint as decided_count,
        if(
            count(*) >= getvariable('invocation_minimum'),
            greatest(1.0, coalesce(design_effect(passed_count, decided_count), 1.0)),
            null
        ) as design_effect
    from rates
    where decided_count > 0
    group by all
)

select * from final
