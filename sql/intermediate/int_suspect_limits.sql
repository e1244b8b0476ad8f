-- model:   int_suspect_limits
-- grain:   one row per test_key, variant_key
-- inputs:  int_suspect_runs
-- units:   *_ms = milliseconds; high_cpu_percent = 0..100; high_memory_mb =
--          megabytes
-- rules:   common = the duration that most failures of the test have, within the
--          policy's tolerance, the longest of several; limit = the same where it is as
--          long as a limit may be; high = its runs' second tertile; null where unknown
-- source:  statistics.md 5.4
-- owner:   quality-insights
with tests as (
    select
        test_key,
        variant_key,
        list(first_duration_ms order by first_duration_ms desc) filter (
            where is_failed_first and first_duration_ms > 0
        ) as failed_ms,
        quantile_disc(cpu_usage_percent, 0.6666666666666666) as high_cpu_percent,
        quantile_disc(memory_usage_mb, 0.6666666666666666) as high_memory_mb
    from int_suspect_runs
    group by test_key, variant_key
),

compared as (
    select
        *,
        list_transform(
            failed_ms,
            lambda most: len(list_filter(
                failed_ms,
                lambda one: abs(one - most)
                <= getvariable('pattern_timeout_tolerance_share') * most
            ))
        ) as like_counts
    from tests
),

final as (
    select
        test_key,
        variant_key,
        failed_ms[list_position(like_counts, list_max(like_counts))] as common_ms,
        if(
            common_ms >= getvariable('pattern_timeout_smallest_ms'), common_ms, null
        ) as limit_ms,
        high_cpu_percent,
        high_memory_mb
    from compared
)

select * from final
