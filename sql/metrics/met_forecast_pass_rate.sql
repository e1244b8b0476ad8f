-- model:   met_forecast_pass_rate
-- grain:   one row per scope_type, scope_key, horizon_days
-- inputs:  ana_pass_rate_forecasts, met_forecast_backtest
-- units:   *_count = what the name says; pass_rate_* = fractions 0..1; skill = fraction
-- rules:   only where the backtest shows the forecast; of the executions of a day on
--          protected branches, passed in the end; the interval holds the rate of the
--          day with the policy's level (forecast_interval_level) if as many run as
--          are expected, its chance included; days of the week on which the scope
--          does not run have no row
-- source:  statistics.md 4.2
-- columns: forecast_date = The day that is forecast;
--          pass_rate = Pass rate that is expected: as likely more as less;
--          pass_rate_low = Lower end of the interval;
--          pass_rate_high = Upper end of it;
--          skill = Against the same day of the last week, by the backtest;
--          coverage = Share of the tested days within the interval;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with backtests as (
    select
        scope_type,
        scope_key,
        skill,
        coverage,
        interval_reach
    from met_forecast_backtest
    where
        forecast_kind = 'pass_rate' and is_shown and reference = 'seasonal_naive'
),

final as (
    select
        ana_pass_rate_forecasts.scope_type,
        ana_pass_rate_forecasts.scope_key,
        ana_pass_rate_forecasts.project,
        ana_pass_rate_forecasts.horizon_days,
        getvariable('as_of_date')
        + ana_pass_rate_forecasts.horizon_days::integer as forecast_date,
        ana_pass_rate_forecasts.day_count,
        ana_pass_rate_forecasts.run_count,
        ana_pass_rate_forecasts.expected_run_count,
        rate_of_logit(
            ana_pass_rate_forecasts.logit_mean,
            ana_pass_rate_forecasts.expected_run_count
        ) as pass_rate,
        rate_of_logit(
            ana_pass_rate_forecasts.logit_mean
            - backtests.interval_reach * ana_pass_rate_forecasts.logit_sd,
            ana_pass_rate_forecasts.expected_run_count
        ) as pass_rate_low,
        rate_of_logit(
            ana_pass_rate_forecasts.logit_mean
            + backtests.interval_reach * ana_pass_rate_forecasts.logit_sd,
            ana_pass_rate_forecasts.expected_run_count
        ) as pass_rate_high,
        backtests.skill,
        backtests.coverage,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_pass_rate_forecasts
    inner join backtests
        on
            ana_pass_rate_forecasts.scope_type = backtests.scope_type
            and ana_pass_rate_forecasts.scope_key = backtests.scope_key
)

select * from final
