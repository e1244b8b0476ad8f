-- model:   int_run_factors
-- grain:   one row per execution_key, pattern, factor_name
-- inputs:  int_suspect_runs, int_suspect_limits
-- units:   none
-- rules:   what may have made a run fail, one row per pattern of which something is
--          known; times in the project's zone; high = above the second tertile of the
--          test's own runs; limit = within the tolerance of the duration that most of
--          its failures have; the first days of a test that was there when its project
--          began are not known; is_hit = the first attempt failed, but for retries:
--          what the pattern says of them
-- source:  statistics.md 5.4
-- owner:   quality-insights
with runs as (
    select
        int_suspect_runs.*,
        int_suspect_limits.limit_ms,
        abs(int_suspect_runs.first_duration_ms - int_suspect_limits.limit_ms)
        <= getvariable('pattern_timeout_tolerance_share')
        * int_suspect_limits.limit_ms as is_at_limit,
        int_suspect_runs.cpu_usage_percent > int_suspect_limits.high_cpu_percent
            as is_high_cpu,
        int_suspect_runs.memory_usage_mb > int_suspect_limits.high_memory_mb
            as is_high_memory,
        int_suspect_runs.bucket_date
        < int_suspect_runs.first_date + getvariable('pattern_new_days')::integer
            as is_new,
        hour(timezone(getvariable('time_zone'), int_suspect_runs.began_at)) // 6
            as day_part,
        int_suspect_runs.is_retried and int_suspect_runs.is_failed_first
            as is_second_try
    from int_suspect_runs
    inner join int_suspect_limits
        on
            int_suspect_runs.test_key = int_suspect_limits.test_key
            and int_suspect_runs.variant_key = int_suspect_limits.variant_key
),

factors as (
    select
        execution_key,
        is_failed_first,
        passing_count,
        unnest([
            ('order_dependence', 'predecessor', preceding_key),
            ('host', 'worker', execution_agent),
            ('weekday', 'day', isodow(bucket_date)::varchar),
            ('time_of_day', 'part', day_part::varchar),
            ('timeout', 'duration', factor_level(is_at_limit, limit_ms::varchar)),
            ('resource_load', 'processor', factor_level(is_high_cpu, 'high')),
            ('resource_load', 'memory', factor_level(is_high_memory, 'high')),
            ('new_test', 'age', factor_level(if(is_watched, is_new, null), 'new')),
            ('retry_always_passes', 'retry', if(is_second_try, 'retry', null)),
            ('retry_never_passes', 'retry', if(is_second_try, 'retry', null))
        ]) as factor
    from runs
),

final as (
    select
        execution_key,
        factor[1] as pattern,
        factor[2] as factor_name,
        factor[3] as factor_key,
        case factor[1]
            when 'retry_always_passes' then passing_count > 0
            when 'retry_never_passes' then passing_count = 0
            else is_failed_first
        end as is_hit
    from factors
    where factor[3] is not null
)

select * from final
