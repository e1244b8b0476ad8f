-- model:   quarantine
-- grain:   one row per collection, document_id
-- inputs:  stg_quarantine
-- units:   none
-- rules:   documents that could not be read; they are in no other table
-- owner:   quality-insights
with final as (
    select
        collection,
        document_id,
        reason,
        document_hash,
        readable_fields,
        first_seen_at
    from stg_quarantine
)

select * from final
