-- model:    ana_pass_rate_trends
-- grain:    one row per scope_type, scope_key, rate_name
-- inputs:   ana_pass_rate_series
-- analysis: pass_rate_trends
-- units:    run_count = runs; *_days, day_count = days; slopes = fraction per day, but
--           slope_seasonal = fraction per week; p_* = probability
-- rules:    the standardised rates of the days with as many runs as the policy says;
--           days between that have none are gaps; null where not computed
-- source:   statistics.md 2.4; Mann 1945, Kendall 1975, Sen 1968, Hamed and Rao 1998
-- columns:  first_date = First day with enough runs;
--           last_date = Last day with enough runs;
--           window_days = Days from the first to the last, both included;
--           day_count = Days with enough runs: the points of the trend;
--           run_count = Runs of these days;
--           s = Mann-Kendall: pairs of days that rise less those that fall;
--           var_s = Its variance, ties corrected;
--           z = Its standard normal;
--           tau = Kendall's rank correlation with time;
--           p_mk = Two-sided p-value of Mann-Kendall;
--           p_weekday = Kruskal-Wallis over the days of the week;
--           s_seasonal = s of the seasonal test, where weekdays differ;
--           z_seasonal = z of the seasonal test;
--           p_seasonal = Two-sided p-value of the seasonal test;
--           slope_seasonal = Seasonal Sen's slope;
--           p_hamed_rao = The variance corrected for autocorrelation;
--           p = The larger of p_hamed_rao and that of the test that fits the series;
--           slope = Sen's slope;
--           slope_low = Lower end of its 95 % interval;
--           slope_high = Upper end of it;
--           intercept = Where the line stands on the first day
-- owner:    quality-insights
with final as (
    select
        scope_type,
        scope_key,
        rate_name,
        project,
        bucket_date,
        run_count,
        standardised_pass_rate
    from ana_pass_rate_series
    where run_count >= getvariable('trend_run_minimum')
)

select * from final
