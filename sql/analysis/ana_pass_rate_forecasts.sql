-- model:    ana_pass_rate_forecasts
-- grain:    one row per scope_type, scope_key, horizon_days
-- inputs:   ana_forecast_days
-- analysis: pass_rate_forecasts
-- units:    *_count = what the name says; logit_* = logits; *_gain = fractions
-- rules:    a day with fewer executions than the policy says (trend_run_minimum) is
--           missing; scopes with as many days as the policy says alone
--           (forecast_day_minimum); days of the week on which the scope did not run in
--           the last four weeks have no row
-- source:   statistics.md 4.2; Hyndman et al. 2008
-- columns:  horizon_days = Days after that of as_of;
--           day_count = Days with enough runs;
--           run_count = Executions of these days;
--           expected_run_count = Executions of the last such day of the week;
--           logit_mean = ln of (passed + ½) / (failed + ½) that is expected;
--           logit_sd = Its standard deviation, before the interval is widened;
--           level_gain = Share of a day's error that moves the level;
--           weekday_gain = Share that moves the weekday, null where days of the week
--           are taken as alike
-- owner:    quality-insights
with final as (
    select
        scope_type,
        scope_key,
        project,
        age_days,
        run_count,
        passed_count
    from ana_forecast_days
)

select * from final
