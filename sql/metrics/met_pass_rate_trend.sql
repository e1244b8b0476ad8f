-- model:   met_pass_rate_trend
-- grain:   one row per scope_type, scope_key, rate_name
-- inputs:  ana_pass_rate_trends
-- units:   run_count = runs; *_days, day_count = days; slope_* = percentage points per
--          week; p_*, q = probability
-- rules:   of the standardised daily rates of protected branches, storms left out;
--          insufficient: fewer than 14 days with runs or a shorter span, or else
--          neither of what follows; improving, declining: q at most 0.05, the slope's
--          interval without 0, and 1 pp or more over the window; flat: that interval
--          within 1 pp over the window, up and down, and no test speaks against it;
--          q over one family: a rate of a project and its suites, of everything, or
--          of all environments; series with too few days are in no family
-- source:  statistics.md 2.4
-- columns: direction = improving, declining, flat or insufficient;
--          reason = Why that, in words;
--          slope_pp_per_week = Sen's slope;
--          slope_pp_per_week_low = Lower end of its 95 % interval;
--          slope_pp_per_week_high = Upper end of it;
--          window_change_pp = Slope over the whole window;
--          p = The larger of Hamed-Rao's and that of the test that fits the series,
--          null where there are too few days;
--          q = The same, Benjamini-Hochberg over the family;
--          is_seasonal = Weekdays differ: like days of the week were compared;
--          method = mann_kendall, seasonal_mann_kendall or insufficient;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with judged as (
    select
        *,
        -- a project may have the name of a scope
        if(project is null, scope_type, 'project ' || project)
        || ' ' || rate_name as family_key,
        if(
            day_count >= getvariable('trend_day_minimum')
            and window_days >= getvariable('trend_day_minimum'),
            p,
            null
        ) as judged_p
    from ana_pass_rate_trends
),

scaled as (
    select
        *,
        bh_scaled(judged_p, family_key) as scaled_p
    from judged
),

tested as (
    select
        *,
        bh_q(scaled_p, judged_p, family_key) as q,
        slope * window_days as window_change,
        slope_low * window_days >= -getvariable('trend_smallest_change')
        and slope_high * window_days <= getvariable('trend_smallest_change')
            as is_flat
    from scaled
),

told as (
    select
        *,
        q <= getvariable('trend_false_discovery_level')
        and (slope_low > 0 or slope_high < 0) as is_proved,
        abs(window_change) >= getvariable('trend_smallest_change') as is_large,
        is_proved or p_mk > getvariable('trend_false_discovery_level')
            as is_without_doubt
    from tested
),

final as (
    select
        scope_type,
        scope_key,
        rate_name,
        project,
        first_date,
        last_date,
        case
            when judged_p is null then 'insufficient'
            when is_proved and is_large then if(slope > 0, 'improving', 'declining')
            when is_flat and is_without_doubt then 'flat'
            else 'insufficient'
        end as direction,
        case
            when judged_p is null then 'too few days with enough runs'
            when is_proved and is_large then 'a change that chance does not explain'
            when is_flat and is_without_doubt then 'no change worth telling'
            when is_flat then 'it changed, but not evenly: most days are alike'
            when is_proved then 'a change that may be too small to tell'
            else 'a change is neither shown nor ruled out'
        end as reason,
        window_days,
        day_count,
        run_count,
        if(judged_p is null, null, slope * 700) as slope_pp_per_week,
        if(judged_p is null, null, slope_low * 700) as slope_pp_per_week_low,
        if(judged_p is null, null, slope_high * 700) as slope_pp_per_week_high,
        if(judged_p is null, null, window_change * 100) as window_change_pp,
        tau,
        p_mk,
        p_weekday,
        p_seasonal,
        p_hamed_rao,
        judged_p as p,
        q,
        p_seasonal is not null as is_seasonal,
        case
            when judged_p is null then 'insufficient'
            when p_seasonal is not null then 'seasonal_mann_kendall'
            else 'mann_kendall'
        end as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from told
)

select * from final
