-- model:   int_invocation_positions
-- grain:   one row per suite_key, variant_key, invocation_key
-- inputs:  stg_executions
-- units:   position = invocations, from 1
-- rules:   ordered by the first triggered_at of the invocation, then by its key
-- owner:   quality-insights
with invocations as (
    select
        suite_key,
        variant_key,
        invocation_key,
        min(triggered_at) as first_triggered_at
    from stg_executions
    group by all
),

final as (
    select
        suite_key,
        variant_key,
        invocation_key,
        row_number() over (
            partition by suite_key, variant_key
            order by first_triggered_at, invocation_key
        )::integer as position
    from invocations
)

select * from final
