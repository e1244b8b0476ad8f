-- model:   int_failing_tests
-- grain:   one row per test_key, variant_key
-- inputs:  stg_executions
-- units:   none
-- rules:   tests × variants that ever failed, first or in the end, on any branch, as
--          far as known by as_of: only they have a history to be cut, and their runs
--          alone can make a storm
-- owner:   quality-insights
with final as (
    select
        test_key,
        variant_key
    from stg_executions
    where
        is_decided
        and test_key is not null
        and known_at <= getvariable('as_of')
        and (is_failing_outcome(outcome) or is_failing_outcome(first_outcome))
    group by test_key, variant_key
)

select * from final
