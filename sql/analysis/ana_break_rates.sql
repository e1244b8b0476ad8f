-- model:    ana_break_rates
-- grain:    one row per component_type, component_key
-- inputs:   ana_required_tests, ana_breaks, int_suite_positions
-- analysis: break_rates
-- units:    change_count = positions; break_count = breaks; break_rate_* = breaks per
--           change
-- rules:    components are suites, and features where tests have them; tests that
--           broke at one position are one break; changes are the positions at which
--           a suite of the component ran on a protected branch, within the history
--           that segments go back
-- source:   statistics.md 7.2; gamma-Poisson empirical Bayes over the components of a
--           type
-- columns:  component_type = suite or feature;
--           component_key = The suite or feature;
--           change_count = Changes that its tests could have seen;
--           break_count = Breaks among them;
--           break_rate = Posterior mean of breaks per change;
--           break_rate_low = Lower end of its 95 % interval;
--           break_rate_high = Upper end of it;
--           prior = gamma: learnt from all components of the type, or jeffreys
-- owner:    quality-insights
with tests as (
    select
        test_key,
        unnest(if(len(suite_keys) > 0, suite_keys, ['(none)'])) as suite_key,
        feature_key
    from ana_required_tests
),

-- distinct in both: a component has many tests
components as (
    select distinct
        'suite' as component_type,
        suite_key as component_key,
        suite_key
    from tests
    union all by name
    select distinct
        'feature' as component_type,
        feature_key as component_key,
        suite_key
    from tests
    where feature_key is not null
),

exposures as (
    select
        components.component_type,
        components.component_key,
        count(distinct int_suite_positions.position_key) as change_count
    from components
    left outer join int_suite_positions
        on components.suite_key = int_suite_positions.suite_key
    group by components.component_type, components.component_key
),

broken as (
    select
        'suite' as component_type,
        named_key(suite_key) as component_key,
        count(distinct broke_at) as break_count
    from ana_breaks
    group by suite_key
    union all by name
    select
        'feature' as component_type,
        ana_required_tests.feature_key as component_key,
        count(distinct ana_breaks.broke_at) as break_count
    from ana_breaks
    inner join ana_required_tests on ana_breaks.test_key = ana_required_tests.test_key
    where ana_required_tests.feature_key is not null
    group by ana_required_tests.feature_key
),

final as (
    select
        exposures.component_type,
        exposures.component_key,
        exposures.change_count,
        coalesce(broken.break_count, 0) as break_count
    from exposures
    left outer join broken
        on
            exposures.component_type = broken.component_type
            and exposures.component_key = broken.component_key
)

select * from final
