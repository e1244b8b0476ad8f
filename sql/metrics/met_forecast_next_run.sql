-- model:   met_forecast_next_run
-- grain:   one row per test_key, variant_key
-- inputs:  ana_next_run_forecasts, met_forecast_backtest
-- units:   *_count = runs; age_days = days; *_probability* = fractions 0..1
-- rules:   only of projects whose backtest shows the forecast, and of tests that ran
--          on a protected branch within the days after which a scope is no longer
--          expected (known_days); first attempts
-- source:  statistics.md 4.1
-- columns: as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        ana_next_run_forecasts.test_key,
        ana_next_run_forecasts.variant_key,
        ana_next_run_forecasts.project,
        ana_next_run_forecasts.last_outcome,
        ana_next_run_forecasts.last_age_days,
        ana_next_run_forecasts.run_count,
        ana_next_run_forecasts.failed_count,
        ana_next_run_forecasts.state_run_count,
        ana_next_run_forecasts.state_failed_count,
        ana_next_run_forecasts.failure_probability,
        ana_next_run_forecasts.failure_probability_low,
        ana_next_run_forecasts.failure_probability_high,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_next_run_forecasts
    inner join met_forecast_backtest
        on ana_next_run_forecasts.project = met_forecast_backtest.scope_key
    where
        met_forecast_backtest.forecast_kind = 'next_run'
        and met_forecast_backtest.reference = 'history'
        and met_forecast_backtest.is_shown
        and ana_next_run_forecasts.last_age_days < getvariable('known_days')
)

select * from final
