-- model:    ana_suite_flakiness
-- grain:    one row per scope_type, scope_key
-- inputs:   ana_flakiness, ana_flake_counts
-- analysis: suite_flakiness
-- units:    test_count = tests × variants; *_rate = probability
-- rules:    the tests × variants of the scope that are not broken, as if each ran once
-- source:   statistics.md 1.6
-- columns:  scope_type = all, project, suite or variant;
--           scope_key = The project, suite or variant, all for everything;
--           test_count = Tests × variants that are not broken;
--           is_prior_learnt = Its tests say how flake rates lie: without that the
--           chance is null;
--           flaky_pipeline_rate = Chance that at least one of them flakes;
--           flaky_pipeline_rate_low = Lower end of its 95 % interval;
--           flaky_pipeline_rate_high = Upper end of it;
--           flaky_pipeline_rate_with_retry = The same when a failure is tried once
--           more
-- owner:    quality-insights
with tests as (
    select
        ana_flakiness.test_key,
        ana_flakiness.variant_key,
        ana_flake_counts.project,
        ana_flake_counts.suite_key,
        ana_flake_counts.flake_count + ana_flakiness.prior_alpha as alpha,
        ana_flake_counts.pass_count + ana_flakiness.prior_beta as beta,
        ana_flakiness.posterior_mean as rate,
        ana_flakiness.prior_scope <> 'jeffreys' as is_prior_learnt
    from ana_flakiness
    inner join ana_flake_counts
        on
            ana_flakiness.test_key = ana_flake_counts.test_key
            and ana_flakiness.variant_key = ana_flake_counts.variant_key
    where ana_flakiness.label <> 'broken'
),

final as (
    select
        test_key,
        variant_key,
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'variant']) as scope_type,
        unnest(['all', project, named_key(suite_key), variant_key]) as scope_key,
        alpha,
        beta,
        rate,
        is_prior_learnt
    from tests
)

select * from final
