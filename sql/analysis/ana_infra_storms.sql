-- model:   ana_infra_storms
-- grain:   one row per project, invocation_key
-- inputs:  int_infra_storms
-- units:   baseline_count, failing_count = tests × variants
-- rules:   invocations judged to be storms, with what they were judged by
-- source:  statistics.md 0.5
-- columns: baseline_count = Tests × variants that had passed before, and ran;
--          failing_count = Those of them that failed
-- owner:   quality-insights
with final as (
    select
        project,
        invocation_key,
        baseline_count,
        failing_count
    from int_infra_storms
    where is_infra_suspect
)

select * from final
