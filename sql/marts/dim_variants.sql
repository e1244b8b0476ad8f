-- model:   dim_variants
-- grain:   one row per variant_key
-- inputs:  stg_executions
-- units:   execution_count = executions
-- rules:   every environment × browser × platform that something ran in
-- columns: name = The parts that are known, for people;
--          first_seen_at = When its first execution was asked for;
--          last_seen_at = When its last execution was asked for;
--          execution_count = Executions in the variant, all types and outcomes
-- owner:   quality-insights
with variants as (
    select
        variant_key,
        min(environment) as environment,
        min(browser) as browser,
        min(platform) as platform,
        min(triggered_at) as first_seen_at,
        max(triggered_at) as last_seen_at,
        count(*) as execution_count
    from stg_executions
    group by all
),

final as (
    select
        variant_key,
        coalesce(
            nullif(concat_ws(' × ', environment, browser, platform), ''), '(none)'
        ) as name,
        environment,
        browser,
        platform,
        first_seen_at,
        last_seen_at,
        execution_count
    from variants
)

select * from final
