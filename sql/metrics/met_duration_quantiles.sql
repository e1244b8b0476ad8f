-- model:   met_duration_quantiles
-- grain:   one row per scope_type, scope_key, variant_key, period_days, series
-- inputs:  ana_duration_quantiles
-- units:   *_count = attempts; *_ms = milliseconds; *_share = fraction 0..1
-- rules:   as ana_duration_quantiles has them: of merged histograms, never means of
--          daily quantiles, which two days of 16 and 121 ms make 68 of what is 45
-- source:  statistics.md 3.1, 3.2
-- columns: is_censored = A fifth or more of its attempts ran out of time
--          (duration_censored_share): quantiles of what passed are of what was fast
--          enough;
--          lacks = What the source does not say, null where nothing is missing;
--          method = log_bucket_histogram;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        scope_type,
        scope_key,
        variant_key,
        period_days,
        series,
        attempt_count,
        untimed_count,
        duration_sum_ms,
        duration_min_ms,
        duration_max_ms,
        duration_p50_ms,
        duration_p50_low_ms,
        duration_p50_high_ms,
        duration_p95_ms,
        duration_p95_low_ms,
        duration_p95_high_ms,
        duration_p99_ms,
        duration_p99_low_ms,
        duration_p99_high_ms,
        timed_out_count,
        censored_share,
        coalesce(
            censored_share >= getvariable('duration_censored_share'), false
        ) as is_censored,
        if(attempt_count = 0, 'durations', null) as lacks,
        'log_bucket_histogram' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_duration_quantiles
)

select * from final
