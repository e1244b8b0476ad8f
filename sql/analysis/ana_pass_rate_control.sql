-- model:    ana_pass_rate_control
-- grain:    one row per scope_type, scope_key, rate_name, bucket_date
-- inputs:   ana_pass_rate_series
-- analysis: pass_rate_control
-- units:    *_count = runs; failure_rate, centre, low, high = fractions 0..1; z, ewma
--           = standard deviations; fisher_p = probability
-- rules:    raw counts of the days of the baseline and of the current days after it;
--           centre and spread are of the baseline alone; laney where the baseline has
--           at least a failure and a pass a day; fisher where it has fewer, since a
--           normal z then finds one failure out of the ordinary; insufficient where
--           the baseline has too few days with runs; only current days have signals
-- source:   statistics.md 2.5; Laney 2002; Montgomery
-- columns:  run_count = Runs of the day;
--           failed_count = Those that failed;
--           failure_rate = Failed over runs;
--           centre = Failure rate of the baseline;
--           low = Lower limit of the day: three standard deviations, with sigma_z;
--           high = Upper limit of it;
--           z = Distance from the centre in binomial standard deviations;
--           sigma_z = How much more the baseline's days differ than by chance, at
--           least 1;
--           ewma = Moving average of z / sigma_z over the current days, in its own
--           standard deviations;
--           fisher_p = Chance of so many failures, were the day as the baseline;
--           is_baseline = Of the frozen baseline;
--           is_signal = Beyond the limits, or fisher_p under 0.00135;
--           is_ewma_signal = The moving average is beyond 2.7;
--           method = laney, fisher or insufficient
-- owner:    quality-insights
with final as (
    select
        scope_type,
        scope_key,
        rate_name,
        bucket_date,
        run_count,
        run_count - passed_count as failed_count,
        (
            bucket_date
            <= getvariable('as_of_date')
            - getvariable('control_current_days')::integer
        ) as is_baseline
    from ana_pass_rate_series
    where
        bucket_date
        > getvariable('as_of_date')
        - (
            getvariable('control_baseline_days') + getvariable('control_current_days')
        )::integer
)

select * from final
