-- model:   stg_quarantine
-- grain:   one row per collection, document_id
-- inputs:  lake_quarantine
-- units:   none
-- owner:   quality-insights
with final as (
    select
        collection,
        document_id,
        reason,
        document_hash,
        readable_fields,
        first_seen_at
    from lake_quarantine
)

select * from final
