-- model:    ana_step_times
-- grain:    one row per project, suite_key, step_name, step_type
-- inputs:   fct_steps, fct_executions
-- analysis: step_times
-- units:    *_count = steps; *_day_count = days; *_ms = milliseconds
-- rules:    steps of the days of sample and basis (step_sample_days,
--           step_basis_days), by bucket_date, known by as_of; infra storms and suite
--           runs are left out; medians of a day's passed steps are compared, since
--           steps of one day are not independent; inverse CDF
-- source:   statistics.md 3.3, 3.5
-- columns:  suite_key = The suite, (none) where the execution has none;
--           step_name = Name of the step, (none) where it has none;
--           step_type = Type of the step, (none) where it has none;
--           step_count = Steps of both spans, whatever became of them;
--           timed_count = Those with a known duration;
--           failing_count = Those that failed;
--           duration_sum_ms = How long these steps ran in all;
--           sample_day_count = Days of the sample with a passed, timed step;
--           basis_day_count = Days of the basis with one;
--           sample_p50_ms = Median of the sample's daily medians;
--           basis_p50_ms = Median of the basis's daily medians;
--           ratio = Hodges-Lehmann: sample over basis;
--           ratio_low = Lower end of its 95 % interval (Moses);
--           ratio_high = Upper end of it;
--           p = Two-sided p-value of Mann-Whitney
-- owner:    quality-insights
with executions as (
    select
        execution_key,
        project,
        named_key(suite_key) as suite_key,
        bucket_date,
        bucket_date
        > getvariable('as_of_date') - getvariable('step_sample_days')::integer
            as is_sample
    from fct_executions
    where
        execution_type <> 'test_suite'
        and not is_infra_suspect
        and known_at <= getvariable('as_of')
        and bucket_date <= getvariable('as_of_date')
        and bucket_date
        > getvariable('as_of_date')
        - (
            getvariable('step_sample_days') + getvariable('step_basis_days')
        )::integer
),

final as (
    select
        executions.project,
        executions.suite_key,
        named_key(fct_steps.step_name) as step_name,
        named_key(fct_steps.step_type) as step_type,
        executions.bucket_date,
        executions.is_sample,
        count(*) as step_count,
        count(fct_steps.duration_ms) as timed_count,
        count(*) filter (
            where is_failing_outcome(fct_steps.outcome)
        ) as failing_count,
        coalesce(sum(fct_steps.duration_ms), 0)::bigint as duration_sum_ms,
        quantile_disc(fct_steps.duration_ms, 0.5) filter (
            where fct_steps.outcome = 'passed' and not fct_steps.is_warning
        ) as passed_p50_ms
    from fct_steps
    inner join executions on fct_steps.execution_key = executions.execution_key
    group by all
)

select * from final
