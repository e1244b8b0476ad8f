-- model:   met_failures_by_fingerprint
-- grain:   one row per fingerprint
-- inputs:  fct_executions
-- units:   *_count = what the name says
-- rules:   executions that failed, broke or ran out of time and have a message;
--          suite runs are left out; recent = on the night of as_of; new = first
--          seen on it; the sample is the newest message
-- columns: first_seen_at = When the first execution with it was asked for;
--          last_seen_at = When the last execution with it was asked for;
--          error_type = Error type of the newest execution with it;
--          sample_message = Error message of the newest execution with it;
--          sample_execution_key = The newest execution with it;
--          test_count = Tests × variants that failed with it;
--          execution_count = Executions that failed with it;
--          invocation_count = Invocations in which it was seen;
--          recent_test_count = Tests × variants that failed with it on the night;
--          recent_execution_count = Executions that failed with it on the night;
--          recent_invocation_count = Invocations of the night in which it was seen;
--          recent_suite_keys = Suites in which it was seen on the night;
--          is_new = First seen on the night;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with failures as (
    select
        fingerprint,
        execution_key,
        if(test_key is null, null, (test_key, variant_key)) as test_and_variant,
        named_key(suite_key) as suite_key,
        invocation_key,
        triggered_at,
        error_type,
        error_message,
        night_date = getvariable('as_of_date') as is_recent
    from fct_executions
    where
        fingerprint is not null
        and is_failing_outcome(outcome)
        and execution_type <> 'test_suite'
),

final as (
    select
        fingerprint,
        min(triggered_at) as first_seen_at,
        max(triggered_at) as last_seen_at,
        arg_max(error_type, (triggered_at, execution_key)) as error_type,
        arg_max(error_message, (triggered_at, execution_key)) as sample_message,
        arg_max(execution_key, (triggered_at, execution_key))
            as sample_execution_key,
        count(distinct test_and_variant) as test_count,
        count(*) as execution_count,
        count(distinct invocation_key) as invocation_count,
        count(distinct test_and_variant) filter (where is_recent)
            as recent_test_count,
        count(*) filter (where is_recent) as recent_execution_count,
        count(distinct invocation_key) filter (where is_recent)
            as recent_invocation_count,
        coalesce(
            list(distinct suite_key order by suite_key asc) filter (where is_recent),
            []
        ) as recent_suite_keys,
        bool_and(is_recent) as is_new,
        getvariable('as_of') as as_of
    from failures
    group by fingerprint
)

select * from final
