-- model:   met_flake_cost
-- grain:   one row per scope_type, scope_key
-- inputs:  ana_flake_days, ref_costs
-- units:   *_pipeline_count = invocations; flake_count = runs; *_ms = milliseconds;
--          *_hours = hours; cost_* in currency
-- rules:   the last 28 days (time_use_days) up to as_of; low: pipelines that failed
--          by flakes alone, proved at the same commit; high: hard failures outside
--          broken segments may be flakes too; hours and money only where the register
--          of costs says what a look and an hour cost, each day at what holds on it
-- source:  statistics.md 7.1
-- columns: scope_type = all, project or suite;
--          scope_key = The project or suite, (none) where there is none, all for all;
--          false_alarm_rate = Pipelines that flakes alone failed, of those that failed;
--          false_alarm_rate_low = Lower end of its 95 % interval (Wilson);
--          false_alarm_rate_high = Upper end of it;
--          possible_false_alarm_rate = The same where hard failures count as flakes;
--          investigation_hours_low = Hours spent on looking into the proved ones;
--          investigation_hours_high = The same of all that may be;
--          cost_low = Reruns, pipelines and looks of the proved ones;
--          cost_high = The same of all that may be;
--          currency = As the register has it;
--          lacks = What is not said, null where nothing is missing;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with costs as (
    select
        since_date,
        lead(since_date, 1, '9999-12-31'::date) over (order by since_date)
            as until_date,
        engineer_hour_cost,
        machine_minute_cost,
        investigation_minutes
    from ref_costs
),

days as (
    select
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite']) as scope_type,
        unnest(['all', ana_flake_days.project, ana_flake_days.suite_key]) as scope_key,
        ana_flake_days.flake_count,
        ana_flake_days.flake_rerun_ms,
        ana_flake_days.failed_pipeline_count,
        ana_flake_days.flake_failed_pipeline_count,
        ana_flake_days.possible_flake_failed_pipeline_count,
        ana_flake_days.flake_pipeline_busy_ms,
        ana_flake_days.possible_flake_pipeline_busy_ms,
        ana_flake_days.flake_pipeline_wall_ms,
        costs.engineer_hour_cost::decimal(18, 4) as hour_cost,
        costs.machine_minute_cost::decimal(18, 4) as minute_cost,
        costs.investigation_minutes::decimal(18, 4) as look_minutes
    from ana_flake_days
    left outer join costs
        on
            ana_flake_days.bucket_date >= costs.since_date
            and ana_flake_days.bucket_date < costs.until_date
),

sums as (
    select
        scope_type,
        scope_key,
        sum(flake_count)::bigint as flake_count,
        sum(flake_rerun_ms)::bigint as flake_rerun_ms,
        sum(failed_pipeline_count)::bigint as failed_pipeline_count,
        sum(flake_failed_pipeline_count)::bigint as flake_failed_pipeline_count,
        sum(possible_flake_failed_pipeline_count)::bigint
            as possible_flake_failed_pipeline_count,
        sum(flake_pipeline_busy_ms)::bigint as flake_pipeline_busy_ms,
        sum(possible_flake_pipeline_busy_ms)::bigint as possible_flake_pipeline_busy_ms,
        -- a sum over some of them would read as that of all
        if(
            bool_or(flake_failed_pipeline_count > 0 and flake_pipeline_wall_ms is null),
            null,
            sum(flake_pipeline_wall_ms)
        )::bigint as flake_pipeline_wall_ms,
        bool_or(
            possible_flake_failed_pipeline_count > 0 and look_minutes is null
        ) as is_look_unsaid,
        bool_or(
            flake_rerun_ms + possible_flake_pipeline_busy_ms > 0 and minute_cost is null
        ) as is_minute_unsaid,
        bool_or(
            possible_flake_failed_pipeline_count > 0 and hour_cost is null
        ) as is_hour_unsaid,
        sum(flake_failed_pipeline_count * look_minutes) as look_minutes_low,
        sum(possible_flake_failed_pipeline_count * look_minutes) as look_minutes_high,
        sum(
            (flake_rerun_ms + flake_pipeline_busy_ms) * minute_cost
        ) as machine_cost_low,
        sum(
            (flake_rerun_ms + possible_flake_pipeline_busy_ms) * minute_cost
        ) as machine_cost_high,
        sum(
            flake_failed_pipeline_count * look_minutes * hour_cost
        ) as people_cost_low,
        sum(
            possible_flake_failed_pipeline_count * look_minutes * hour_cost
        ) as people_cost_high
    from days
    group by scope_type, scope_key
),

said as (
    select max(currency) as currency from ref_costs
),

final as (
    select
        sums.scope_type,
        sums.scope_key,
        sums.flake_count,
        sums.flake_rerun_ms,
        sums.failed_pipeline_count,
        sums.flake_failed_pipeline_count,
        sums.possible_flake_failed_pipeline_count,
        sums.flake_failed_pipeline_count / nullif(sums.failed_pipeline_count, 0)
            as false_alarm_rate,
        wilson_low(sums.flake_failed_pipeline_count, sums.failed_pipeline_count)
            as false_alarm_rate_low,
        wilson_high(sums.flake_failed_pipeline_count, sums.failed_pipeline_count)
            as false_alarm_rate_high,
        sums.possible_flake_failed_pipeline_count
        / nullif(sums.failed_pipeline_count, 0) as possible_false_alarm_rate,
        sums.flake_pipeline_busy_ms,
        sums.possible_flake_pipeline_busy_ms,
        sums.flake_pipeline_wall_ms,
        sums.look_minutes_low / 60.0 as investigation_hours_low,
        sums.look_minutes_high / 60.0 as investigation_hours_high,
        (
            coalesce(sums.machine_cost_low / 60000.0, 0)
            + coalesce(sums.people_cost_low / 60.0, 0)
        ) * if(said.currency is null, null, 1) as cost_low,
        (
            coalesce(sums.machine_cost_high / 60000.0, 0)
            + coalesce(sums.people_cost_high / 60.0, 0)
        ) * if(said.currency is null, null, 1) as cost_high,
        said.currency,
        nullif(concat_ws(
            '; ',
            if(
                sums.look_minutes_low is null or sums.is_look_unsaid,
                'minutes that a look takes',
                null
            ),
            if(
                sums.machine_cost_low is null or sums.is_minute_unsaid,
                'cost of a machine minute',
                null
            ),
            if(
                sums.people_cost_low is null or sums.is_hour_unsaid,
                'cost of an hour',
                null
            ),
            if(
                sums.flake_failed_pipeline_count > 0
                and sums.flake_pipeline_wall_ms is null,
                'start and end of executions',
                null
            )
        ), '') as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from sums
    cross join said
)

select * from final
