-- model:   ana_latest_results
-- grain:   one row per test_key, variant_key, suite_key
-- inputs:  fct_executions, ana_flakiness, int_positions, int_suite_positions
-- units:   change_count = positions of the suite
-- rules:   the latest decided execution on a protected branch, known by as_of; infra
--          storms say nothing of a test; changes are positions of its suite that were
--          first seen after the last one at which it ran; fresh = run within the days
--          and changes of the policy (coverage_fresh_*)
-- source:  statistics.md 6.2, 7.2
-- columns: suite_key = The suite, (none) where the execution has none;
--          last_execution_key = That execution;
--          last_run_at = When it was asked for;
--          change_count = Changes of the product since;
--          is_fresh = Run lately enough to say something of the product of now;
--          is_failing = Its last result was no pass;
--          is_flaky = Its label is flaky
-- owner:   quality-insights
with runs as (
    select
        fct_executions.test_key,
        fct_executions.variant_key,
        fct_executions.environment,
        fct_executions.browser,
        fct_executions.platform,
        named_key(fct_executions.suite_key) as suite_key,
        fct_executions.execution_key,
        fct_executions.triggered_at,
        fct_executions.bucket_date,
        fct_executions.outcome,
        int_positions.first_seen_at
    from fct_executions
    inner join int_positions
        on
            coalesce(
                fct_executions.commit_id,
                'invocation:' || fct_executions.invocation_key
            ) = int_positions.position_key
    where
        fct_executions.is_decided
        and fct_executions.is_protected_branch
        and not fct_executions.is_infra_suspect
        and fct_executions.test_key is not null
        and fct_executions.execution_type <> 'test_suite'
        and fct_executions.known_at <= getvariable('as_of')
),

latest as (
    select
        test_key,
        variant_key,
        suite_key,
        arg_max_null(environment, (triggered_at, execution_key)) as environment,
        arg_max_null(browser, (triggered_at, execution_key)) as browser,
        arg_max_null(platform, (triggered_at, execution_key)) as platform,
        arg_max(execution_key, (triggered_at, execution_key)) as last_execution_key,
        max(triggered_at) as last_run_at,
        max(bucket_date) as last_run_date,
        max(first_seen_at) as last_position_at,
        arg_max(outcome, (triggered_at, execution_key)) as last_outcome
    from runs
    group by test_key, variant_key, suite_key
),

positions as (
    select
        suite_key,
        list(seen_at order by seen_at) as all_seen_at
    from (
        -- distinct: a suite may lie in several projects
        select distinct
            suite_key,
            position_key,
            first_seen_at as seen_at
        from int_suite_positions
    ) as places
    group by suite_key
),

judged as (
    select
        latest.*,
        coalesce(positions.all_seen_at, []) as all_seen_at,
        coalesce(ana_flakiness.label = 'flaky', false) as is_flaky
    from latest
    left outer join positions on latest.suite_key = positions.suite_key
    left outer join ana_flakiness
        on
            latest.test_key = ana_flakiness.test_key
            and latest.variant_key = ana_flakiness.variant_key
),

final as (
    select
        test_key,
        variant_key,
        suite_key,
        environment,
        browser,
        platform,
        last_execution_key,
        last_run_at,
        len(
            list_filter(all_seen_at, lambda seen: seen > last_position_at)
        ) as change_count,
        getvariable('as_of_date') - last_run_date
        < getvariable('coverage_fresh_days')
        and change_count <= getvariable('coverage_fresh_change_maximum') as is_fresh,
        last_outcome <> 'passed' as is_failing,
        is_flaky
    from judged
)

select * from final
