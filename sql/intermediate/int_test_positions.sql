-- model:   int_test_positions
-- grain:   one row per test_key, variant_key, position_number
-- inputs:  int_commit_results, int_positions, int_tests
-- units:   position_number = positions of the test × variant, from 1; *_count = runs;
--          *_attempt_count = attempts
-- rules:   positions on protected branches, within the history that segments go
--          back; tests that never failed there are left out: they are one segment
-- source:  statistics.md 1.5
-- owner:   quality-insights
with results as (
    select
        test_key,
        variant_key,
        position_key,
        has_commit,
        protected_run_count as run_count,
        protected_failed_count as failed_count,
        protected_flake_count as flake_count,
        protected_failed_count - protected_flake_count as hard_fail_count,
        failing_attempt_count,
        has_pass
    from int_commit_results
    where protected_run_count > 0
),

failing as (
    select
        test_key,
        variant_key
    from results
    where failed_count > 0
    group by all
),

final as (
    select
        results.test_key,
        results.variant_key,
        row_number() over (
            partition by results.test_key, results.variant_key
            order by int_positions.first_seen_at, results.position_key
        ) as position_number,
        results.position_key,
        int_tests.project,
        int_tests.suite_key,
        if(results.has_commit, results.position_key, null) as commit_id,
        int_positions.build_version,
        int_positions.first_seen_at,
        results.run_count,
        results.failed_count,
        results.flake_count,
        results.hard_fail_count,
        results.failing_attempt_count,
        results.has_pass
    from results
    inner join failing
        on
            results.test_key = failing.test_key
            and results.variant_key = failing.variant_key
    inner join int_tests
        on
            results.test_key = int_tests.test_key
            and results.variant_key = int_tests.variant_key
    inner join int_positions
        on results.position_key = int_positions.position_key
    where
        int_positions.first_seen_at
        > getvariable('as_of')
        - to_days(getvariable('segment_history_days')::integer)
)

select * from final
