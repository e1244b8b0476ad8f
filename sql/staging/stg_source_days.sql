-- model:   stg_source_days
-- grain:   one row per collection, document_date
-- inputs:  lake_source_days
-- units:   document_count = documents
-- owner:   quality-insights
with final as (
    select
        collection,
        document_kind,
        document_date,
        document_count,
        checksum
    from lake_source_days
)

select * from final
