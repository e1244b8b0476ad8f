-- model:   int_preceding_tests
-- grain:   one row per execution_key
-- inputs:  stg_executions
-- units:   none
-- rules:   the test that ran before on the same worker, in the same pipeline run or,
--          where none is known, the same invocation: an invocation is of one suite, a
--          worker runs several; '(none)' where it was the first; skips spoil nothing;
--          only runs whose worker and start are known
-- source:  statistics.md 5.4
-- owner:   quality-insights
with final as (
    select
        execution_key,
        named_key(lag(test_key) over (
            partition by coalesce(pipeline_id, invocation_key), execution_agent
            order by started_at, execution_key
        )) as preceding_key
    from stg_executions
    where
        is_decided
        and test_key is not null
        and execution_type <> 'test_suite'
        and execution_agent is not null
        and started_at is not null
        and known_at <= getvariable('as_of')
        and is_of_windows(bucket_date)
)

select * from final
