-- model:   met_forecast_threshold
-- grain:   one row per scope_type, scope_key, rate_name
-- inputs:  met_pass_rate_trend, ana_pass_rate_trends
-- units:   *_count, day_count = what the name says; *_rate = fractions; *_days = days
-- rules:   of scopes that decline: when the line of the trend (Sen) falls below the
--          policy's rate (forecast_threshold_rate), from where it stands at as_of;
--          earliest and latest: by the ends of the slope's interval, from there too;
--          null where it does not decline, is below already, or would be after more
--          days than the policy says (forecast_threshold_days)
-- source:  statistics.md 4.4
-- columns: threshold_rate = The rate that the line is to fall below;
--          line_rate = Where the line stands on the day of as_of, null where there are
--          too few days;
--          verdict = yes: it falls below within these days, no, or insufficient;
--          reason = Why that, in words;
--          threshold_date = First day on which the line is below;
--          earliest_date = The same with the steepest slope;
--          latest_date = The same with the flattest, null where it is too far away;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with lines as (
    select
        met_pass_rate_trend.scope_type,
        met_pass_rate_trend.scope_key,
        met_pass_rate_trend.rate_name,
        met_pass_rate_trend.project,
        met_pass_rate_trend.direction,
        met_pass_rate_trend.day_count,
        met_pass_rate_trend.run_count,
        met_pass_rate_trend.p is not null as has_trend,
        ana_pass_rate_trends.slope,
        ana_pass_rate_trends.slope_low,
        ana_pass_rate_trends.slope_high,
        getvariable('forecast_threshold_rate') as threshold_rate,
        ana_pass_rate_trends.intercept + ana_pass_rate_trends.slope
        * (getvariable('as_of_date') - ana_pass_rate_trends.first_date)
            as line_rate
    from met_pass_rate_trend
    inner join ana_pass_rate_trends
        on
            met_pass_rate_trend.scope_type = ana_pass_rate_trends.scope_type
            and met_pass_rate_trend.scope_key = ana_pass_rate_trends.scope_key
            and met_pass_rate_trend.rate_name = ana_pass_rate_trends.rate_name
),

ahead as (
    select
        *,
        case
            when direction <> 'declining' then null
            when line_rate >= threshold_rate then line_rate - threshold_rate
        end as room,
        -- the first whole day on which the line is below
        floor(room / -slope) + 1 as ahead_days,
        floor(room / -slope_low) + 1 as earliest_days,
        floor(room / -slope_high) + 1 as latest_days,
        coalesce(
            ahead_days <= getvariable('forecast_threshold_days'), false
        ) as is_near
    from lines
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        project,
        case
            when is_near then 'yes'
            when direction = 'insufficient' then 'insufficient'
            else 'no'
        end as verdict,
        case
            when is_near then 'it declines'
            when not has_trend then 'too few days with enough runs'
            when direction = 'insufficient'
                then 'a trend is neither shown nor ruled out'
            when direction <> 'declining' then 'it does not decline'
            when room is null then 'it is below already'
            else printf(
                'more than %d days away', getvariable('forecast_threshold_days')
            )
        end as reason,
        if(
            is_near, getvariable('as_of_date') + ahead_days::integer, null
        ) as threshold_date,
        if(
            is_near, getvariable('as_of_date') + earliest_days::integer, null
        ) as earliest_date,
        if(
            is_near and latest_days <= getvariable('forecast_threshold_days'),
            getvariable('as_of_date') + latest_days::integer,
            null
        ) as latest_date,
        day_count,
        run_count,
        threshold_rate,
        if(has_trend, line_rate, null) as line_rate,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ahead
)

select * from final
