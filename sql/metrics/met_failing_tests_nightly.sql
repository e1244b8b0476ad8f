-- model:   met_failing_tests_nightly
-- grain:   one row per test_key, variant_key
-- inputs:  met_test_history, fct_executions
-- units:   *_count = what the name says
-- rules:   tests with a failing execution on the night of as_of; their failing
--          streak = the decided nights up to this one that all failed, within the
--          history, nights of infra storms before it left out; the evidence is the
--          newest failing execution of the night
-- columns: suite_key = Suite of the evidence, (none) where it has none;
--          failing_since_date = First night of the streak;
--          outcome = How the evidence ended;
--          evidence_execution_key = The newest failing execution of the night;
--          failing_count = Failing executions of the night;
--          decided_count = Decided executions of the night;
--          streak_night_count = Nights of the streak;
--          decided_night_count = Nights of the history with something decided;
--          is_infra_suspect = It failed in what looks like an infra storm, which
--          says nothing of the test: neither newly failing nor a first run;
--          is_newly_failing = The streak begins with this night;
--          is_first_run = It was never decided before within the history;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with failing as (
    select
        test_key,
        variant_key,
        failing_count,
        decided_count,
        is_infra_suspect
    from met_test_history
    where night_date = getvariable('as_of_date') and failing_count > 0
),

nights as (
    select
        met_test_history.test_key,
        met_test_history.variant_key,
        met_test_history.night_date,
        max(
            if(met_test_history.failing_count = 0, met_test_history.night_date, null)
        ) over (
            partition by met_test_history.test_key, met_test_history.variant_key
        ) as last_good_date
    from met_test_history
    semi join failing
        on
            met_test_history.test_key = failing.test_key
            and met_test_history.variant_key = failing.variant_key
    where
        met_test_history.decided_count > 0
        and (
            not met_test_history.is_infra_suspect
            or met_test_history.night_date = getvariable('as_of_date')
        )
),

streaks as (
    select
        test_key,
        variant_key,
        count(*) as decided_night_count,
        count(*) filter (where coalesce(night_date > last_good_date, true))
            as streak_night_count,
        min(night_date) filter (where coalesce(night_date > last_good_date, true))
            as failing_since_date
    from nights
    group by test_key, variant_key
),

evidence as (
    select
        test_key,
        variant_key,
        named_key(suite_key) as suite_key,
        outcome,
        execution_key
    from fct_executions
    where
        night_date = getvariable('as_of_date')
        and test_key is not null
        and execution_type <> 'test_suite'
        and is_failing_outcome(outcome)
    qualify row_number() over (
        partition by test_key, variant_key
        order by triggered_at desc, execution_key desc
    ) = 1
),

final as (
    select
        failing.test_key,
        failing.variant_key,
        evidence.suite_key,
        streaks.failing_since_date,
        evidence.outcome,
        evidence.execution_key as evidence_execution_key,
        failing.failing_count,
        failing.decided_count,
        streaks.streak_night_count,
        streaks.decided_night_count,
        failing.is_infra_suspect,
        streaks.streak_night_count = 1 and not failing.is_infra_suspect
            as is_newly_failing,
        streaks.decided_night_count = 1 and not failing.is_infra_suspect
            as is_first_run,
        getvariable('as_of') as as_of
    from failing
    inner join streaks
        on
            failing.test_key = streaks.test_key
            and failing.variant_key = streaks.variant_key
    inner join evidence
        on
            failing.test_key = evidence.test_key
            and failing.variant_key = evidence.variant_key
)

select * from final
