-- model:    ana_duration_changes
-- grain:    one row per test_key, variant_key
-- inputs:   fct_executions, fct_attempts
-- analysis: duration_changes
-- units:    *_count = attempts, point_count = days; *_ms = milliseconds; *_share =
--           fraction 0..1
-- rules:    passed attempts with a known duration, each by itself, of executions on
--           protected branches, known by as_of, within the history that segments go
--           back; suite runs, unverified executions and infra storms are left out;
--           levels are of daily medians: days with three passes or more, days of any
--           number where those are fewer than half; current = the last 20 passes,
--           baseline = the 60 before them; where a level began within these and was
--           followed by 10 passes (duration_current_minimum), the newest such one, the
--           baseline are the 60 before it and current the last 20 since
-- source:   statistics.md 3.3, 3.4
-- columns:  project = Family of false-discovery control, that of the newest pass;
--           suite_key = Suite of the newest pass, (none) where it has none;
--           point_kind = days_of_three or all_days;
--           point_count = Points of the series;
--           levels = One entry per level, in time order;
--           first_passed_date = Day of the first pass;
--           last_passed_date = Day of the last one;
--           passed_count = Passes of the history;
--           baseline_kind = before_window or before_cut;
--           baseline_count = Passes of the baseline;
--           current_count = Passes that are compared with it;
--           current_from_date = Day of the first of these;
--           baseline_p50_ms = Median of the baseline;
--           current_p50_ms = Median of the current ones;
--           ratio = Hodges-Lehmann: current over baseline;
--           ratio_low = Lower end of its 95 % interval (Moses);
--           ratio_high = Upper end of it;
--           p = Two-sided p-value of Mann-Whitney;
--           superiority = How often a current pass takes longer than one before;
--           timed_out_count = Attempts that ran out of time since current_from_date;
--           censored_share = These of them and the current passes: cut off, and so in
--           no duration
-- owner:    quality-insights
with executions as (
    select
        execution_key,
        test_key,
        variant_key,
        project,
        named_key(suite_key) as suite_key,
        bucket_date,
        triggered_at
    from fct_executions
    where
        is_protected_branch
        and not is_infra_suspect
        and not is_unverified
        and test_key is not null
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and bucket_date <= getvariable('as_of_date')
        and bucket_date
        > getvariable('as_of_date') - getvariable('segment_history_days')::integer
),

final as (
    select
        executions.test_key,
        executions.variant_key,
        executions.project,
        executions.suite_key,
        executions.bucket_date,
        executions.triggered_at,
        executions.execution_key,
        fct_attempts.attempt_number,
        fct_attempts.duration_ms,
        fct_attempts.outcome = 'timed_out' as is_timed_out
    from executions
    inner join fct_attempts on executions.execution_key = fct_attempts.execution_key
    where
        (fct_attempts.outcome = 'passed' and fct_attempts.duration_ms is not null)
        or fct_attempts.outcome = 'timed_out'
)

select * from final
