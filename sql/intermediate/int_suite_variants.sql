-- model:   int_suite_variants
-- grain:   one row per suite_key, variant_key
-- inputs:  stg_executions
-- units:   none
-- rules:   where a suite is run: its variants of the last days that the policy says
--          (known_days), since one of long ago is no longer expected
-- owner:   quality-insights
with final as (
    -- distinct: however many executions
    select distinct
        named_key(suite_key) as suite_key,
        variant_key,
        environment,
        browser,
        platform
    from stg_executions
    where
        execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and bucket_date <= getvariable('as_of_date')
        and bucket_date
        > getvariable('as_of_date') - getvariable('known_days')::integer
)

select * from final
