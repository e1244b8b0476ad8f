-- model:   ana_pass_rate_series
-- grain:   one row per scope_type, scope_key, rate_name, bucket_date
-- inputs:  int_daily_runs, int_daily_surpluses
-- units:   *_count = runs; expected_passed = runs; *_rate = fraction, 0..1 but for the
--          standardised one
-- rules:   runs of protected branches of the last days that the policy says, by
--          bucket_date, infra storms left out; a day without runs has no row;
--          standardised = rate of the scope over all days + (passed − expected) /
--          runs: days run different tests, and easy tests alone move nothing; it is
--          not clipped, a day may lie above 1
-- source:  statistics.md 2.4; indirect standardisation
-- columns: scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          rate_name = final or first_attempt;
--          project = Family of false-discovery control, null for all and environment,
--          the first by name where a suite lies in several;
--          run_count = Runs of the day;
--          passed_count = Those that passed;
--          expected_passed = Passes expected of the tests × variants that ran, each at
--          its own rate in the scope over all days;
--          pass_rate = Passed over runs: moves with the mix of tests;
--          standardised_pass_rate = The same as if every day had run the common mix
-- owner:   quality-insights
with parts as (
    select
        bucket_date,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(['all', project, suite_key, environment]) as scope_key,
        project,
        sum(run_count) as run_count,
        sum(final_passed_count) as final_passed_count,
        sum(first_attempt_passed_count) as first_attempt_passed_count
    from int_daily_runs
    group by project, suite_key, environment, bucket_date
),

days as (
    select
        scope_type,
        scope_key,
        bucket_date,
        min(project) as project,
        sum(run_count)::bigint as run_count,
        sum(final_passed_count)::bigint as final_passed_count,
        sum(first_attempt_passed_count)::bigint as first_attempt_passed_count
    from parts
    group by scope_type, scope_key, bucket_date
),

rates as (
    select
        days.scope_type,
        days.scope_key,
        days.bucket_date,
        days.project,
        days.run_count,
        -- lists of one length: unnested side by side
        unnest(['final', 'first_attempt']) as rate_name,
        unnest([days.final_passed_count, days.first_attempt_passed_count])
            as passed_count,
        unnest([
            coalesce(int_daily_surpluses.final_surplus, 0),
            coalesce(int_daily_surpluses.first_attempt_surplus, 0)
        ])::double as surplus
    from days
    left outer join int_daily_surpluses
        on
            days.scope_type = int_daily_surpluses.scope_type
            and days.scope_key = int_daily_surpluses.scope_key
            and days.bucket_date = int_daily_surpluses.bucket_date
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        bucket_date,
        if(
            scope_type in ('project', 'suite'), min(project) over of_scope, null
        ) as project,
        run_count,
        passed_count,
        passed_count - surplus as expected_passed,
        passed_count / run_count as pass_rate,
        sum(passed_count) over of_scope / sum(run_count) over of_scope
        + surplus / run_count as standardised_pass_rate
    from rates
    window
        of_scope as (partition by scope_type, scope_key, rate_name)
)

select * from final
