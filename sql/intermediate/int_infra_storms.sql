-- model:   int_infra_storms
-- grain:   one row per project, invocation_key
-- inputs:  int_invocation_results
-- units:   baseline_count, failing_count = tests × variants
-- rules:   a storm = of the tests whose previous decided result on a protected
--          branch was a pass, enough ran and more than the share of the policy
--          failed (statistics.md 0.5); a first invocation has no baseline;
--          projects whose invocations were derived may share a key, and are judged
--          apart
-- owner:   quality-insights
with sequences as (
    select
        project,
        invocation_key,
        is_failing,
        last_value(if(is_protected_branch, is_failing, null) ignore nulls) over (
            partition by test_key, variant_key
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
    group by all
),

final as (
    select
        project,
        invocation_key,
        baseline_count,
        failing_count,
        (
            baseline_count >= getvariable('storm_test_minimum')
            and failing_count > getvariable('storm_failing_share') * baseline_count
        ) as is_infra_suspect
    from invocations
)

select * from final
