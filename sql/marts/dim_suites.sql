-- model:   dim_suites
-- grain:   one row per suite_key
-- inputs:  stg_suites, int_executed_suites
-- units:   execution_count = executions
-- rules:   every suite ever seen, as a suite or in an execution; a suite that
--          the source no longer knows keeps its row
-- columns: name = Title of the suite, else its key;
--          first_seen_at = As-of of the first night that read the suite, else its
--          first execution;
--          last_seen_at = As-of of the last night at which the source held the
--          suite, else its last execution;
--          first_executed_at = When its first execution was asked for;
--          last_executed_at = When its last execution was asked for;
--          execution_count = Executions in the suite, all types and outcomes;
--          is_archived = Deleted softly at the source;
--          is_catalogued = The source has or had a suite with this key
-- owner:   quality-insights
with final as (
    select
        coalesce(stg_suites.suite_key, int_executed_suites.suite_key) as suite_key,
        coalesce(
            stg_suites.suite_name, stg_suites.suite_key, int_executed_suites.suite_key
        ) as name,
        stg_suites.owner_key,
        stg_suites.priority,
        coalesce(stg_suites.tags, []) as tags,
        coalesce(stg_suites.item_keys, []) as item_keys,
        stg_suites.status,
        stg_suites.created_at,
        stg_suites.updated_at,
        coalesce(
            stg_suites.first_seen_at, int_executed_suites.first_executed_at
        ) as first_seen_at,
        coalesce(
            stg_suites.last_seen_at, int_executed_suites.last_executed_at
        ) as last_seen_at,
        int_executed_suites.first_executed_at,
        int_executed_suites.last_executed_at,
        coalesce(int_executed_suites.execution_count, 0) as execution_count,
        coalesce(stg_suites.is_archived, false) as is_archived,
        stg_suites.suite_key is not null as is_catalogued
    from stg_suites
    full outer join int_executed_suites
        on stg_suites.suite_key = int_executed_suites.suite_key
)

select * from final
