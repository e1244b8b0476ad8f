-- model:   int_product_changes
-- grain:   one row per project, position_key
-- inputs:  int_suite_positions
-- units:   change_number = positions of the project, from 1
-- rules:   positions at which anything of a project ran on a protected branch, storms
--          as well, within the history that segments go back, in the order in which
--          they were first seen: each is one change of the product
-- owner:   quality-insights
with positions as (
    -- distinct: one row per position, however many suites ran there
    select distinct
        project,
        position_key,
        first_seen_at
    from int_suite_positions
),

final as (
    select
        project,
        position_key,
        first_seen_at,
        row_number() over (
            partition by project order by first_seen_at, position_key
        ) as change_number
    from positions
)

select * from final
