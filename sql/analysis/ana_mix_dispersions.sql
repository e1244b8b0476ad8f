-- model:   ana_mix_dispersions
-- grain:   one row per scope_type, scope_key, rate_name
-- inputs:  int_compared_runs, int_compared_tests
-- units:   dispersion = ratio, at least 1
-- rules:   how much more the passes of invocations vary within a side than if each
--          test × variant had spread its own over its runs at random: Σ (O − E)² / Σ V,
--          E and V those of the hypergeometric distribution, so that no rate is
--          estimated; a test that always passed or failed in the side, or ran in one
--          invocation alone, says nothing; a scope without any other has no row
-- source:  statistics.md 2.1, 2.2
-- columns: rate_name = final or first_attempt;
--          dispersion = Variance between invocations over that of independent runs
-- owner:   quality-insights
with mixed as (
    select
        scope_type,
        scope_key,
        rate_name,
        is_sample,
        test_key,
        variant_key,
        run_count as all_run_count,
        passed_count / run_count as rate
    from int_compared_tests
    where passed_count > 0 and passed_count < run_count
),

runs as (
    select
        int_compared_runs.is_sample,
        int_compared_runs.test_key,
        int_compared_runs.variant_key,
        int_compared_runs.invocation_key,
        int_compared_runs.run_count,
        int_compared_runs.final_passed_count,
        int_compared_runs.first_attempt_passed_count,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest([
            'all',
            int_compared_runs.project,
            int_compared_runs.suite_key,
            int_compared_runs.environment
        ]) as scope_key
    from int_compared_runs
    where exists (
        select 1 from mixed
        where
            mixed.test_key = int_compared_runs.test_key
            and mixed.variant_key = int_compared_runs.variant_key
    )
),

invocations as (
    select
        mixed.scope_type,
        mixed.scope_key,
        mixed.rate_name,
        -- decimal: a sum of doubles would depend on the order of its rows
        sum((
            if(
                mixed.rate_name = 'final',
                runs.final_passed_count,
                runs.first_attempt_passed_count
            ) - runs.run_count * mixed.rate
        )::decimal(38, 12)) as surplus,
        sum((
            runs.run_count * mixed.rate * (1 - mixed.rate)
            * (mixed.all_run_count - runs.run_count) / (mixed.all_run_count - 1)
        )::decimal(38, 12)) as variance_expected
    from runs
    inner join mixed
        on
            runs.scope_type = mixed.scope_type
            and runs.scope_key = mixed.scope_key
            and runs.is_sample = mixed.is_sample
            and runs.test_key = mixed.test_key
            and runs.variant_key = mixed.variant_key
    group by
        mixed.scope_type,
        mixed.scope_key,
        mixed.rate_name,
        mixed.is_sample,
        runs.invocation_key
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        greatest(1.0, coalesce(
            sum((surplus::double ^ 2)::decimal(38, 12))::double
            / nullif(sum(variance_expected)::double, 0),
            1.0
        )) as dispersion
    from invocations
    group by scope_type, scope_key, rate_name
)

select * from final
