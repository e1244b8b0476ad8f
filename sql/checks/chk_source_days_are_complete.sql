-- model:   chk_source_days_are_complete
-- grain:   one row per document_date
-- inputs:  stg_source_days, lake_executions, stg_quarantine
-- units:   *_count = documents
-- rules:   for every day of executions, whatever their collection is named (of two
--          names the one with more documents counts), what the lake holds and
--          what was quarantined make up at least what the source held; the lake
--          may hold more, since it keeps what vanished; a quarantined document
--          belongs to the day of its key, one without a dated key to any day
-- severity: warning
-- columns: document_date = UTC day of the documents;
--          document_count = Documents the source held on that day;
--          lake_count = Executions of that day in the lake;
--          quarantined_count = Quarantined documents that may be of that day
-- owner:   quality-insights
with source_days as (
    select
        document_date,
        max(document_count) as document_count
    from stg_source_days
    where document_kind = 'executions'
    group by all
),

lake_days as (
    select
        triggered_date,
        count(*) as lake_count
    from lake_executions
    group by all
),

execution_collections as (
    select distinct collection
    from stg_source_days
    where document_kind = 'executions'
),

quarantined as (
    select
        object_id_time(stg_quarantine.document_id)::date as document_date,
        count(distinct stg_quarantine.document_id) as quarantined_count
    from stg_quarantine
    inner join execution_collections
        on stg_quarantine.collection = execution_collections.collection
    group by all
),

compared as (
    select
        source_days.document_date,
        source_days.document_count,
        coalesce(lake_days.lake_count, 0) as lake_count,
        coalesce(dated.quarantined_count, 0) + coalesce(undated.quarantined_count, 0)
            as quarantined_count
    from source_days
    left outer join lake_days on source_days.document_date = lake_days.triggered_date
    left outer join quarantined as dated
        on source_days.document_date = dated.document_date
    left outer join quarantined as undated on undated.document_date is null
),

final as (
    select
        document_date,
        document_count,
        lake_count,
        quarantined_count
    from compared
    where lake_count + quarantined_count < document_count
)

select * from final
