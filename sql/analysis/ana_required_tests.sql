-- model:   ana_required_tests
-- grain:   one row per test_key
-- inputs:  dim_tests, int_test_suites, fct_executions
-- units:   none
-- rules:   the tests that should run: those of the source's catalogue that are
--          neither archived nor deprecated; where the source has no test cases at
--          all, every test that ran; project = that of the latest execution
-- source:  statistics.md 7.2
-- columns: suite_keys = Suites in which it ran or that list an item of it, in order;
--          project = The project of its latest execution, (none) where it never ran
-- owner:   quality-insights
with suites as (
    select
        test_key,
        list(suite_key order by suite_key) as suite_keys
    from int_test_suites
    group by test_key
),

projects as (
    select
        test_key,
        arg_max(project, (triggered_at, execution_key)) as project
    from fct_executions
    where
        test_key is not null
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
    group by test_key
),

tests as (
    select
        *,
        bool_or(is_catalogued) over () as has_catalogue
    from dim_tests
),

final as (
    select
        tests.test_key,
        tests.name,
        named_key(projects.project) as project,
        coalesce(suites.suite_keys, []) as suite_keys,
        tests.feature_key,
        tests.priority,
        tests.owner_key,
        tests.test_type,
        tests.tags,
        tests.is_catalogued
    from tests
    left outer join suites on tests.test_key = suites.test_key
    left outer join projects on tests.test_key = projects.test_key
    where
        (not tests.has_catalogue and projects.test_key is not null)
        or (
            tests.is_catalogued
            and not tests.is_archived
            and coalesce(tests.status, '') not in ('archived', 'deprecated')
        )
)

select * from final
