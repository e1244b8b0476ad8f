-- model:   int_storm_candidates
-- grain:   one row per project, invocation_key
-- inputs:  int_invocation_results
-- units:   baseline_count, failing_count = tests × variants
-- rules:   invocations that are a storm by the tests that ever failed alone: of those
--          whose previous decided result on a protected branch was a pass, more than
--          the share of the policy failed, and enough for the smallest storm; tests
--          that never failed can only take an invocation off this list
-- source:  statistics.md 0.5
-- owner:   quality-insights
with sequences as (
    select
        project,
        invocation_key,
        is_failing,
        last_value(if(is_protected_branch, is_failing, null) ignore nulls) over (
            partition by project, test_key, variant_key
            order by first_triggered_at, invocation_key, is_protected_branch
            rows between unbounded preceding and 1 preceding
        ) as was_failing
    from int_invocation_results
),

invocations as (
    select
        project,
        invocation_key,
        count(*) filter (where not was_failing) as baseline_count,
        count(*) filter (where not was_failing and is_failing) as failing_count
    from sequences
    group by project, invocation_key
),

final as (
    select
        project,
        invocation_key,
        baseline_count,
        failing_count
    from invocations
    where
        failing_count > getvariable('storm_failing_share') * baseline_count
        and failing_count
        > getvariable('storm_failing_share') * getvariable('storm_test_minimum')
)

select * from final
