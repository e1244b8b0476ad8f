-- model:   dim_suites
-- grain:   one row per suite_key
-- inputs:  stg_suites, int_executed_suites, int_named_suites
-- units:   execution_count = executions
-- rules:   every suite ever seen, as a suite or in an execution; a suite that
--          the source no longer knows keeps its row; suite_key is what executions
--          call it: its id, or its title where that names one suite alone
-- columns: suite_id = Id of the suite at the source, where it is catalogued;
--          name = Title of the suite, else its key;
--          first_seen_at = As-of of the first night that read the suite, else its
--          first execution;
--          last_seen_at = As-of of the last night at which the source held the
--          suite, else its last execution;
--          first_executed_at = When its first execution was asked for;
--          last_executed_at = When its last execution was asked for;
--          execution_count = Executions in the suite, all types and outcomes;
--          is_archived = Deleted softly at the source;
--          is_catalogued = The source has or had this suite
-- owner:   quality-insights
with catalogued as (
    select
        int_named_suites.suite_key,
        int_named_suites.suite_id,
        stg_suites.suite_name,
        stg_suites.owner_key,
        stg_suites.priority,
        stg_suites.tags,
        stg_suites.item_keys,
        stg_suites.status,
        stg_suites.created_at,
        stg_suites.updated_at,
        stg_suites.first_seen_at,
        stg_suites.last_seen_at,
        stg_suites.is_archived
    from stg_suites
    inner join int_named_suites
        on stg_suites.suite_key = int_named_suites.suite_id
),

final as (
    select
        coalesce(catalogued.suite_key, int_executed_suites.suite_key) as suite_key,
        catalogued.suite_id,
        coalesce(
            catalogued.suite_name, catalogued.suite_key, int_executed_suites.suite_key
        ) as name,
        catalogued.owner_key,
        catalogued.priority,
        coalesce(catalogued.tags, []) as tags,
        coalesce(catalogued.item_keys, []) as item_keys,
        catalogued.status,
        catalogued.created_at,
        catalogued.updated_at,
        coalesce(
            catalogued.first_seen_at, int_executed_suites.first_executed_at
        ) as first_seen_at,
        coalesce(
            catalogued.last_seen_at, int_executed_suites.last_executed_at
        ) as last_seen_at,
        int_executed_suites.first_executed_at,
        int_executed_suites.last_executed_at,
        coalesce(int_executed_suites.execution_count, 0) as execution_count,
        coalesce(catalogued.is_archived, false) as is_archived,
        catalogued.suite_id is not null as is_catalogued
    from catalogued
    full outer join int_executed_suites
        on catalogued.suite_key = int_executed_suites.suite_key
)

select * from final
