-- model:   chk_projects_are_fresh
-- grain:   one row per project
-- inputs:  fct_executions
-- units:   *_hours = hours; *_days = days
-- rules:   every project that ran in the last 28 days has run within 26 h before
--          as_of, and as much later as its own longest pause between two days of
--          execution in that time is longer than a day: weekends and weekly runs
--          are no breach; 26 h, since a nightly run may be two hours late
-- severity: warning
-- columns: newest_execution_at = When its newest execution was asked for;
--          age_hours = From then to as_of;
--          longest_pause_days = Longest pause between two of its days, at least 1;
--          allowed_hours = How old the newest execution may be
-- owner:   quality-insights
with executions as (
    select
        project,
        triggered_date,
        triggered_at
    from fct_executions
    where
        triggered_date
        > getvariable('as_of')::date - getvariable('known_days')::integer
),

days as (
    select
        project,
        triggered_date,
        max(triggered_at) as newest_execution_at,
        triggered_date - lag(triggered_date) over (
            partition by project
            order by triggered_date
        ) as pause_days
    from executions
    group by project, triggered_date
),

projects as (
    select
        project,
        max(newest_execution_at) as newest_execution_at,
        greatest(1, coalesce(max(pause_days), 1)) as longest_pause_days
    from days
    group by project
),

ages as (
    select
        project,
        newest_execution_at,
        (epoch_us(getvariable('as_of')) - epoch_us(newest_execution_at)) / 3.6e9
            as age_hours,
        longest_pause_days,
        getvariable('fresh_hours') + 24 * (longest_pause_days - 1) as allowed_hours
    from projects
),

final as (
    select
        project,
        newest_execution_at,
        age_hours,
        longest_pause_days,
        allowed_hours
    from ages
    where age_hours > allowed_hours
)

select * from final
