-- model:   met_coverage_pairs
-- grain:   one row per first_factor, second_factor
-- inputs:  ana_latest_results, ana_required_tests, dim_variants
-- units:   *_count = pairs of values; pair_share = fraction 0..1
-- rules:   of environment, browser and platform, two by two: a pair is covered where
--          a required result is fresh in a variant with both values; feasible = every
--          value that ever ran with every other, since the source names no forbidden
--          pairs; a factor that no execution names is in no row; exact
-- source:  statistics.md 7.2
-- columns: first_factor = environment or browser;
--          second_factor = browser or platform;
--          feasible_count = Values of the one times values of the other;
--          covered_count = Pairs with a fresh result;
--          seen_count = Pairs in which something ever ran;
--          pair_share = Covered of feasible;
--          uncovered_pairs = The first hundred pairs without, in order;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with variants as (
    select
        dim_variants.variant_key,
        dim_variants.environment,
        dim_variants.browser,
        dim_variants.platform,
        coalesce(
            bool_or(
                ana_latest_results.is_fresh and ana_required_tests.test_key is not null
            ),
            false
        ) as is_covered
    from dim_variants
    left outer join ana_latest_results
        on dim_variants.variant_key = ana_latest_results.variant_key
    left outer join ana_required_tests
        on ana_latest_results.test_key = ana_required_tests.test_key
    group by all
),

factors as (
    -- distinct: several variants share a value
    select distinct
        unnest([1, 2, 3]) as place,
        unnest(['environment', 'browser', 'platform']) as factor,
        unnest([environment, browser, platform]) as factor_value
    from variants
),

feasible as (
    select
        firsts.factor as first_factor,
        seconds.factor as second_factor,
        firsts.factor_value as first_value,
        seconds.factor_value as second_value
    from factors as firsts
    inner join factors as seconds on firsts.place < seconds.place
    where firsts.factor_value is not null and seconds.factor_value is not null
),

seen as (
    select
        first_factor,
        second_factor,
        first_value,
        second_value,
        bool_or(is_covered) as is_covered
    from (
        select
            unnest(['environment', 'environment', 'browser']) as first_factor,
            unnest(['browser', 'platform', 'platform']) as second_factor,
            unnest([environment, environment, browser]) as first_value,
            unnest([browser, platform, platform]) as second_value,
            is_covered
        from variants
    ) as pairs
    group by all
),

final as (
    select
        feasible.first_factor,
        feasible.second_factor,
        count(*) as feasible_count,
        count(seen.first_value) as seen_count,
        count(*) filter (where seen.is_covered) as covered_count,
        count(*) filter (where seen.is_covered) / count(*) as pair_share,
        coalesce(
            list(
                feasible.first_value || ' × ' || feasible.second_value
                order by feasible.first_value, feasible.second_value
            ) filter (where seen.is_covered is not true),
            []
        )[1:100] as uncovered_pairs,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from feasible
    left outer join seen
        on
            feasible.first_factor = seen.first_factor
            and feasible.second_factor = seen.second_factor
            and feasible.first_value = seen.first_value
            and feasible.second_value = seen.second_value
    group by feasible.first_factor, feasible.second_factor
)

select * from final
