-- model:   ana_required_units
-- grain:   one row per project, test_key, variant_key
-- inputs:  ana_required_tests, fct_executions, dim_tests
-- units:   tier_number = 1 to 3
-- rules:   a required test in each variant in which one of its suites is run now
--          (known_days), whether it ever ran there or not; in the projects in which it
--          ran, where it never did in those of its suites; not required before the
--          test was known and its suite ran there
-- source:  statistics.md 6.1
-- columns: project = Project in which it is required;
--          tier_number = 1: priority high or critical, 2: medium, 3: low or none;
--          required_from_at = Builds that were last run before it do not require it
-- owner:   quality-insights
with places as (
    select
        named_key(suite_key) as suite_key,
        variant_key,
        project,
        min(triggered_at) as first_run_at
    from fct_executions
    where
        known_at <= getvariable('as_of')
        and bucket_date <= getvariable('as_of_date')
    group by all
    having
        max(bucket_date)
        > getvariable('as_of_date') - getvariable('known_days')::integer
),

-- distinct: one row per project, however often the test ran there
homes as (
    select distinct
        test_key,
        project
    from fct_executions
    where test_key is not null and known_at <= getvariable('as_of')
),

suites as (
    select
        ana_required_tests.test_key,
        ana_required_tests.project = '(none)' as is_homeless,
        unnest(
            if(
                len(ana_required_tests.suite_keys) > 0,
                ana_required_tests.suite_keys,
                ['(none)']
            )
        ) as suite_key,
        priority_tier(ana_required_tests.priority) as tier_number,
        least(
            dim_tests.created_at, dim_tests.first_seen_at, dim_tests.first_executed_at
        ) as test_from_at
    from ana_required_tests
    inner join dim_tests on ana_required_tests.test_key = dim_tests.test_key
),

final as (
    select
        places.project,
        suites.test_key,
        places.variant_key,
        min(suites.tier_number) as tier_number,
        greatest(
            min(suites.test_from_at), min(places.first_run_at)
        ) as required_from_at
    from suites
    inner join places on suites.suite_key = places.suite_key
    left outer join homes
        on suites.test_key = homes.test_key and places.project = homes.project
    where suites.is_homeless or homes.project is not null
    group by places.project, suites.test_key, places.variant_key
)

select * from final
