-- model:   ana_forecast_days
-- grain:   one row per scope_type, scope_key, bucket_date
-- inputs:  fct_executions
-- units:   *_count = executions; age_days = days
-- rules:   decided executions of tests on protected branches, known by as_of, infra
--          storms and suite runs left out; of the last days that the policy says
--          (forecast_days), by bucket_date; a day without any has no row
-- source:  statistics.md 4.2
-- columns: scope_type = all, project or suite;
--          scope_key = The project or suite, (none) where there is none, all for all;
--          project = The project, the first by name where a suite lies in several, null
--          for all;
--          age_days = Calendar days before that of as_of;
--          run_count = Executions of the day;
--          passed_count = Those that passed in the end
-- owner:   quality-insights
with executions as (
    select
        project,
        named_key(suite_key) as suite_key,
        bucket_date,
        count(*) as run_count,
        count(*) filter (where outcome = 'passed') as passed_count
    from fct_executions
    where
        is_decided
        and is_protected_branch
        and not is_infra_suspect
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and bucket_date <= getvariable('as_of_date')
        and bucket_date
        > getvariable('as_of_date') - getvariable('forecast_days')::integer
    group by all
),

parts as (
    select
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite']) as scope_type,
        unnest(['all', project, suite_key]) as scope_key,
        project,
        bucket_date,
        run_count,
        passed_count
    from executions
),

days as (
    select
        scope_type,
        scope_key,
        bucket_date,
        min(project) as project,
        sum(run_count)::bigint as run_count,
        sum(passed_count)::bigint as passed_count
    from parts
    group by scope_type, scope_key, bucket_date
),

final as (
    select
        scope_type,
        scope_key,
        bucket_date,
        if(
            scope_type = 'all',
            null,
            min(project) over (partition by scope_type, scope_key)
        ) as project,
        getvariable('as_of_date') - bucket_date as age_days,
        run_count,
        passed_count
    from days
)

select * from final
