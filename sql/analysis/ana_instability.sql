-- model:   ana_instability
-- grain:   one row per test_key, variant_key
-- inputs:  int_runs, int_test_positions
-- units:   *_count = runs, flip_count = changes, *_attempt_count = attempts;
--          flip_rate = fraction 0..1; entropy_bits = bits
-- rules:   describes and ranks, proves nothing: a code change flips a test as well;
--          first attempts of the window in time order, protected branches; tests that
--          never failed are left out
-- source:  statistics.md 1.1; Kowalczyk et al. 2020
-- columns: compared_count = Runs with one before them;
--          flip_count = Runs whose first attempt ended unlike that of the one before;
--          flip_rate = Flips over compared runs;
--          passing_attempt_count = Attempts that passed;
--          failing_attempt_count = Attempts that failed;
--          passing_share = Passing attempts over all;
--          entropy_bits = Entropy of pass and fail over all attempts
-- owner:   quality-insights
with failing as (
    select
        test_key,
        variant_key
    from int_test_positions
    group by all
),

runs as (
    select
        int_runs.test_key,
        int_runs.variant_key,
        int_runs.passing_count,
        int_runs.failing_count,
        int_runs.is_failed_first,
        lag(int_runs.is_failed_first) over (
            partition by int_runs.test_key, int_runs.variant_key
            order by int_runs.triggered_at, int_runs.execution_key
        ) as had_failed_first
    from int_runs
    inner join failing
        on
            int_runs.test_key = failing.test_key
            and int_runs.variant_key = failing.variant_key
    where int_runs.is_in_window and int_runs.is_protected_branch
),

tests as (
    select
        test_key,
        variant_key,
        count(had_failed_first) as compared_count,
        count(*) filter (where is_failed_first <> had_failed_first) as flip_count,
        sum(passing_count)::bigint as passing_attempt_count,
        sum(failing_count)::bigint as failing_attempt_count
    from runs
    group by test_key, variant_key
),

final as (
    select
        test_key,
        variant_key,
        compared_count,
        flip_count,
        flip_count / nullif(compared_count, 0) as flip_rate,
        passing_attempt_count,
        failing_attempt_count,
        passing_attempt_count
        / (passing_attempt_count + failing_attempt_count) as passing_share,
        -(
            passing_share * coalesce(log2(nullif(passing_share, 0)), 0)
            + (1 - passing_share) * coalesce(log2(nullif(1 - passing_share, 0)), 0)
        ) as entropy_bits
    from tests
)

select * from final
