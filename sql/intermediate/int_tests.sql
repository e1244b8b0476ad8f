-- model:   int_tests
-- grain:   one row per test_key, variant_key
-- inputs:  int_runs
-- units:   derived_run_count = runs
-- rules:   a test belongs to the project and the suite of its latest run;
--          derived_run_count: runs of the window whose invocation was derived
-- owner:   quality-insights
with final as (
    select
        test_key,
        variant_key,
        arg_max(project, (triggered_at, execution_key)) as project,
        arg_max_null(suite_key, (triggered_at, execution_key)) as suite_key,
        count(*) filter (where is_derived_invocation and is_in_window)
            as derived_run_count
    from int_runs
    group by test_key, variant_key
)

select * from final
