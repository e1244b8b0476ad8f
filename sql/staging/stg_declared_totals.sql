-- model:   stg_declared_totals
-- grain:   one row per result_key
-- inputs:  lake_declared_totals
-- units:   *_count = cases
-- owner:   quality-insights
with final as (
    select
        result_key,
        suite_execution_id,
        total_count,
        passed_count,
        failed_count,
        cancelled_count,
        declared,
        aggregated_at
    from lake_declared_totals
)

select * from final
