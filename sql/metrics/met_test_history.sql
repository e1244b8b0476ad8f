-- model:   met_test_history
-- grain:   one row per test_key, variant_key, night_date
-- inputs:  fct_executions, ref_outcomes
-- units:   *_count = executions
-- rules:   the last 60 days up to as_of; the worst outcome puts failures first,
--          then a pass, then what decided nothing; null where all is in flight
-- columns: execution_count = Executions of the night;
--          decided_count = Executions that say something about the product;
--          passed_count = Verified passes;
--          failing_count = Executions that failed, broke or ran out of time;
--          flaky_count = Executions that passed after a failed attempt;
--          in_flight_count = Executions that have not ended;
--          worst_outcome = The outcome that says most, worst first;
--          is_mixed = The night saw both outcomes, or a pass on retry;
--          is_infra_suspect = One of its invocations looks like an infra storm;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with executions as (
    select
        test_key,
        variant_key,
        night_date,
        outcome,
        is_decided,
        is_flaky,
        is_infra_suspect
    from fct_executions
    where
        test_key is not null
        and execution_type <> 'test_suite'
        and is_of_history(night_date)
),

outcomes as (
    select
        outcome,
        worst_rank
    from ref_outcomes
),

final as (
    select
        executions.test_key,
        executions.variant_key,
        executions.night_date,
        count(*) as execution_count,
        count(*) filter (where executions.is_decided) as decided_count,
        count(*) filter (
            where executions.is_decided and executions.outcome = 'passed'
        ) as passed_count,
        count(*) filter (where is_failing_outcome(executions.outcome))
            as failing_count,
        count(*) filter (where executions.is_flaky) as flaky_count,
        count(*) filter (where executions.outcome is null) as in_flight_count,
        arg_min(outcomes.outcome, outcomes.worst_rank) as worst_outcome,
        flaky_count > 0 or (failing_count > 0 and passed_count > 0) as is_mixed,
        bool_or(executions.is_infra_suspect) as is_infra_suspect,
        getvariable('as_of') as as_of
    from executions
    left outer join outcomes on executions.outcome = outcomes.outcome
    group by all
)

select * from final
