-- model:   int_daily_surpluses
-- grain:   one row per scope_type, scope_key, bucket_date
-- inputs:  int_daily_runs
-- units:   *_surplus = runs
-- rules:   passed less expected, each test × variant at its own rate in the scope over
--          all days; one that always passes, or always fails, has none and is left out
--          early, which is most of them; days without any other have no row
-- source:  statistics.md 2.4
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          final_surplus = Passed runs beyond those expected;
--          first_attempt_surplus = The same for first attempts
-- owner:   quality-insights
with parts as (
    select
        test_key,
        variant_key,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(['all', project, suite_key, environment]) as scope_key,
        sum(run_count) as run_count,
        sum(final_passed_count) as final_passed_count,
        sum(first_attempt_passed_count) as first_attempt_passed_count
    from int_daily_runs
    group by project, suite_key, environment, test_key, variant_key
),

mixed as (
    select
        scope_type,
        scope_key,
        test_key,
        variant_key,
        sum(final_passed_count) / sum(run_count) as final_rate,
        sum(first_attempt_passed_count) / sum(run_count) as first_attempt_rate
    from parts
    group by scope_type, scope_key, test_key, variant_key
    having first_attempt_rate < 1 and final_rate > 0
),

days as (
    select
        int_daily_runs.test_key,
        int_daily_runs.variant_key,
        int_daily_runs.bucket_date,
        int_daily_runs.run_count,
        int_daily_runs.final_passed_count,
        int_daily_runs.first_attempt_passed_count,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest([
            'all',
            int_daily_runs.project,
            int_daily_runs.suite_key,
            int_daily_runs.environment
        ]) as scope_key
    from int_daily_runs
    where exists (
        select 1 from mixed
        where
            mixed.test_key = int_daily_runs.test_key
            and mixed.variant_key = int_daily_runs.variant_key
    )
),

final as (
    select
        days.scope_type,
        days.scope_key,
        days.bucket_date,
        -- decimal: a sum of doubles would depend on the order of its rows
        sum((
            days.final_passed_count - days.run_count * mixed.final_rate
        )::decimal(38, 12)) as final_surplus,
        sum((
            days.first_attempt_passed_count - days.run_count * mixed.first_attempt_rate
        )::decimal(38, 12)) as first_attempt_surplus
    from days
    inner join mixed
        on
            days.scope_type = mixed.scope_type
            and days.scope_key = mixed.scope_key
            and days.test_key = mixed.test_key
            and days.variant_key = mixed.variant_key
    group by days.scope_type, days.scope_key, days.bucket_date
)

select * from final
