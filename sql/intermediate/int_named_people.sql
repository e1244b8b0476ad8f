-- model:   int_named_people
-- grain:   one row per person_key
-- inputs:  stg_executions, stg_tests, stg_suites, stg_items
-- units:   none
-- rules:   whoever triggered an execution or owns a test, suite or item
-- owner:   quality-insights
with mentions as (
    select
        triggered_by_key as person_key,
        triggered_at
    from stg_executions
    union all by name
    select owner_key as person_key
    from stg_tests
    union all by name
    select owner_key as person_key
    from stg_suites
    union all by name
    select owner_key as person_key
    from stg_items
),

final as (
    select
        person_key,
        min(triggered_at) as first_triggered_at,
        max(triggered_at) as last_triggered_at
    from mentions
    where person_key is not null
    group by all
)

select * from final
