-- model:   int_compared_tests
-- grain:   one row per scope_type, scope_key, rate_name, is_sample, test_key,
--          variant_key
-- inputs:  int_compared_runs
-- units:   *_count = runs
-- rules:   the tests × variants of each scope, both sides apart
-- source:  statistics.md 2.2
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          rate_name = final or first_attempt;
--          run_count = Runs of the side;
--          passed_count = Those that passed
-- owner:   quality-insights
with parts as (
    select
        is_sample,
        test_key,
        variant_key,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(['all', project, suite_key, environment]) as scope_key,
        sum(run_count) as run_count,
        sum(final_passed_count) as final_passed_count,
        sum(first_attempt_passed_count) as first_attempt_passed_count
    from int_compared_runs
    group by project, suite_key, environment, is_sample, test_key, variant_key
),

final as (
    select
        scope_type,
        scope_key,
        is_sample,
        test_key,
        variant_key,
        sum(run_count)::bigint as run_count,
        -- two lists of one length: unnested side by side
        unnest(['final', 'first_attempt']) as rate_name,
        unnest([
            sum(final_passed_count), sum(first_attempt_passed_count)
        ])::bigint as passed_count
    from parts
    group by scope_type, scope_key, is_sample, test_key, variant_key
)

select * from final
