-- model:    ana_patterns
-- grain:    one row per project, pattern, finding_number
-- inputs:   int_suspect_runs, int_run_factors, ana_broken_positions
-- analysis: patterns
-- units:    *_count = runs, but invocation and date counts = those, tested_count =
--           tests × variants, hypothesis_count = p-values; p, q = probability
-- rules:    runs of the window on protected branches, broken segments left out but
--           for the patterns that are about how a test fails (timeout,
--           retry_never_passes); order, host, load, new: Fisher one-sided, each level
--           against all others; weekday, time: chi-square, where a count of 5 is not
--           expected everywhere Fisher of the worst level, times the levels; retries:
--           binomial against ½; a level is tested where as many failures as the policy
--           asks for could show it; kept: q at most the policy's level, as many
--           failures in as many invocations, of calendar patterns dates
-- source:   statistics.md 5.4
-- columns:  project = Family of false-discovery control, with the pattern;
--           pattern = order_dependence, host, weekday, time_of_day, timeout,
--           resource_load, new_test, retry_always_passes or retry_never_passes;
--           finding_number = From 1, by q, p, test, variant and factor, 0 for the
--           family itself;
--           factor_name = What differs between runs: predecessor, worker, day, part,
--           duration, processor, memory, age or retry;
--           factor_key = The value of it that is named;
--           run_count = Runs under the factor;
--           failed_count = Those of them that failed, for retries: that ended so;
--           failed_invocation_count = Invocations in which they did;
--           failed_date_count = Days on which they did;
--           other_run_count = All other runs of the test × variant;
--           other_failed_count = Those of them that failed;
--           observed_days = Days from its first run of the window to as_of;
--           p = One-sided p-value, of calendar patterns of any difference;
--           q = The same, Benjamini-Hochberg over project × pattern;
--           method = fisher, chi_square, worst_level_fisher or binomial;
--           tested_count = Tests × variants of the family;
--           hypothesis_count = P-values of the family
-- owner:    quality-insights
with runs as (
    select
        int_suspect_runs.execution_key,
        int_suspect_runs.project,
        int_suspect_runs.test_key,
        int_suspect_runs.variant_key,
        int_suspect_runs.invocation_key,
        int_suspect_runs.bucket_date,
        ana_broken_positions.position_key is not null as is_broken,
        min(int_suspect_runs.bucket_date) over (
            partition by int_suspect_runs.test_key, int_suspect_runs.variant_key
        ) as from_date
    from int_suspect_runs
    left outer join ana_broken_positions
        on
            int_suspect_runs.test_key = ana_broken_positions.test_key
            and int_suspect_runs.variant_key = ana_broken_positions.variant_key
            and int_suspect_runs.position_key = ana_broken_positions.position_key
),

final as (
    select
        runs.project,
        int_run_factors.pattern,
        runs.test_key,
        runs.variant_key,
        int_run_factors.factor_name,
        int_run_factors.factor_key,
        count(*) as run_count,
        count(*) filter (where int_run_factors.is_hit) as failed_count,
        count(distinct if(int_run_factors.is_hit, runs.invocation_key, null))
            as failed_invocation_count,
        count(distinct if(int_run_factors.is_hit, runs.bucket_date, null))
            as failed_date_count,
        greatest(getvariable('as_of_date') - min(runs.from_date), 0) + 1
            as observed_days
    from runs
    inner join int_run_factors
        on runs.execution_key = int_run_factors.execution_key
    where
        not runs.is_broken
        or int_run_factors.pattern in ('timeout', 'retry_never_passes')
    group by all
)

select * from final
