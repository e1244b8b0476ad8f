-- model:   dim_tests
-- grain:   one row per test_key
-- inputs:  stg_tests, int_executed_tests, int_test_features
-- units:   execution_count = executions
-- rules:   every test ever seen, as a test case or in an execution; a test that
--          the source no longer knows keeps its row
-- columns: name = Title of the case, else its key;
--          feature_key = Feature of the test's items, where they name one only;
--          first_seen_at = As-of of the first night that read the case, else its
--          first execution;
--          last_seen_at = As-of of the last night at which the source held the
--          case, else its last execution;
--          first_executed_at = When its first execution was asked for;
--          last_executed_at = When its last execution was asked for;
--          execution_count = Executions of the test, all types and outcomes;
--          is_archived = Deleted softly at the source;
--          is_catalogued = The source has or had a test case with this key, or with a
--          former one
-- owner:   quality-insights
with final as (
    select
        coalesce(stg_tests.test_key, int_executed_tests.test_key) as test_key,
        coalesce(
            stg_tests.test_name, stg_tests.test_key, int_executed_tests.test_key
        ) as name,
        stg_tests.owner_key,
        stg_tests.priority,
        stg_tests.test_type,
        int_test_features.feature_key,
        coalesce(stg_tests.tags, []) as tags,
        stg_tests.status,
        stg_tests.created_at,
        stg_tests.updated_at,
        coalesce(
            stg_tests.first_seen_at, int_executed_tests.first_executed_at
        ) as first_seen_at,
        coalesce(
            stg_tests.last_seen_at, int_executed_tests.last_executed_at
        ) as last_seen_at,
        int_executed_tests.first_executed_at,
        int_executed_tests.last_executed_at,
        coalesce(int_executed_tests.execution_count, 0) as execution_count,
        coalesce(stg_tests.is_archived, false) as is_archived,
        stg_tests.test_key is not null as is_catalogued
    from stg_tests
    full outer join int_executed_tests
        on stg_tests.test_key = int_executed_tests.test_key
    left outer join int_test_features
        on stg_tests.test_key = int_test_features.test_key
)

select * from final
