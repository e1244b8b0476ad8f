-- model:    ana_pass_rate_backtests
-- grain:    one row per scope_type, scope_key, reference
-- inputs:   ana_forecast_days
-- analysis: pass_rate_backtests
-- units:    *_count = what the name says; crps, pinball_* = logits; skill, coverage =
--           fractions
-- rules:    a day with fewer executions than the policy says (trend_run_minimum) is
--           missing; forecasts of every day of the last four weeks, from each day
--           before it of that span, of what was known up to then; null where there
--           are too few days
-- source:   statistics.md 4.2, 4.3; Gneiting and Raftery 2007
-- columns:  reference = seasonal_naive or history_mean;
--           day_count = Days with enough runs;
--           run_count = Executions of these days;
--           widened_day_count = Such days among those by which the interval is widened;
--           tested_day_count = Such days among those that were forecast;
--           origin_count = Days from which they were forecast;
--           prediction_count = Forecasts, of every day ahead, that a day answered;
--           crps = Mean continuous ranked probability score, less is better;
--           reference_crps = That of the reference;
--           pinball_p10 = Mean quantile loss at 0.1;
--           pinball_p50 = The same at 0.5;
--           pinball_p90 = The same at 0.9;
--           skill = 1 − crps over that of the reference, null where that is 0;
--           skill_low = Lower end of its 95 % interval, by moving blocks of the days
--           that were forecast;
--           skill_high = Upper end of it;
--           coverage = Share of the days within the interval, once widened;
--           conformal_factor = By what the standard deviation is multiplied;
--           interval_reach = Standard deviations from the mean to an end of the
--           interval, once widened
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
