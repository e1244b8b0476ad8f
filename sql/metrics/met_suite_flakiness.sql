-- model:   met_suite_flakiness
-- grain:   one row per scope_type, scope_key
-- inputs:  met_flakiness, ana_suite_flakiness
-- units:   *_test_count = tests × variants; *_run_count = runs of the window; *_rate
--          = fraction 0..1
-- rules:   tests × variants that ran in the window; the chance of a flaky pipeline is
--          of all tests that are not broken, each run once; null where too few tests
--          ever flaked to learn a prior from
-- source:  statistics.md 1.6
-- columns: scope_type = all, project, suite or variant;
--          scope_key = The project, suite or variant, all for everything;
--          test_count = Tests × variants that ran;
--          flaky_test_count = Labelled flaky;
--          rarely_flaky_test_count = Labelled rarely_flaky;
--          suspected_test_count = Labelled suspected;
--          broken_test_count = Labelled broken;
--          insufficient_test_count = Labelled insufficient;
--          flaky_test_rate = Flaky over all tests × variants;
--          flaky_test_rate_low = Lower end of Wilson's 95 % interval;
--          flaky_test_rate_high = Upper end of it;
--          grade_a_run_count = Runs that could have shown a flake;
--          flaky_run_rate = Flakes over flakes, passes and hard failures;
--          method = wilson, and gamma for the chance of a flaky pipeline;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with tests as (
    select
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'variant']) as scope_type,
        unnest(['all', project, named_key(suite_key), variant_key]) as scope_key,
        label,
        run_count,
        flake_count,
        grade_a_count
    from met_flakiness
),

counted as (
    select
        scope_type,
        scope_key,
        count(*) as test_count,
        count(*) filter (where label = 'flaky') as flaky_test_count,
        count(*) filter (where label = 'rarely_flaky') as rarely_flaky_test_count,
        count(*) filter (where label = 'suspected') as suspected_test_count,
        count(*) filter (where label = 'broken') as broken_test_count,
        count(*) filter (where label = 'insufficient') as insufficient_test_count,
        sum(run_count)::bigint as run_count,
        sum(grade_a_count)::bigint as grade_a_run_count,
        sum(flake_count)::bigint as flake_count
    from tests
    group by scope_type, scope_key
),

final as (
    select
        counted.scope_type,
        counted.scope_key,
        counted.test_count,
        counted.flaky_test_count,
        counted.rarely_flaky_test_count,
        counted.suspected_test_count,
        counted.broken_test_count,
        counted.insufficient_test_count,
        counted.run_count,
        counted.grade_a_run_count,
        counted.flake_count,
        counted.flaky_test_count / counted.test_count as flaky_test_rate,
        wilson_low(counted.flaky_test_count, counted.test_count)
            as flaky_test_rate_low,
        wilson_high(counted.flaky_test_count, counted.test_count)
            as flaky_test_rate_high,
        counted.flake_count / nullif(counted.run_count, 0) as flaky_run_rate,
        ana_suite_flakiness.flaky_pipeline_rate,
        ana_suite_flakiness.flaky_pipeline_rate_low,
        ana_suite_flakiness.flaky_pipeline_rate_high,
        ana_suite_flakiness.flaky_pipeline_rate_with_retry,
        'wilson+gamma' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from counted
    left outer join ana_suite_flakiness
        on
            counted.scope_type = ana_suite_flakiness.scope_type
            and counted.scope_key = ana_suite_flakiness.scope_key
)

select * from final
