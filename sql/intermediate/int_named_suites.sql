-- model:   int_named_suites
-- grain:   one row per suite_id
-- inputs:  stg_suites, int_executed_suites
-- units:   none
-- rules:   suite_key is what executions call the suite: its own id, or its title
--          where executions carry that text, only one suite has that title and no
--          suite has that text as its id
-- owner:   quality-insights
with suites as (
    select
        suite_key as suite_id,
        suite_name,
        count(*) over (partition by suite_name) as namesake_count
    from stg_suites
),

executed as (
    select int_executed_suites.suite_key
    from int_executed_suites
    where
        not exists (
            select 1
            from stg_suites
            where stg_suites.suite_key = int_executed_suites.suite_key
        )
),

final as (
    select
        suites.suite_id,
        coalesce(executed.suite_key, suites.suite_id) as suite_key
    from suites
    left outer join executed
        on
            suites.suite_name = executed.suite_key
            and suites.namesake_count = 1
)

select * from final
