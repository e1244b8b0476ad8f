-- model:   met_invocation_counts
-- grain:   one row per period_type, period_date, scope_type, scope_key, suite_key,
--          variant_key, invocation_key
-- inputs:  fct_executions
-- units:   *_count = executions
-- rules:   each execution stands in the day of its bucket_date and, of the last
--          60 nights, in the night of its night_date too; there in four scopes:
--          all, its project, its suite and its environment; a missing key is
--          '(none)'; suite runs are left out; passed is verified, unverified
--          passes have their own count, so that the eight outcomes, unverified
--          and in flight make up all executions; first-attempt counts look at
--          decided executions whose first attempt was itself decided
-- columns: period_type = day or night;
--          period_date = The bucket_date or the night_date;
--          scope_type = all, project, suite or environment;
--          scope_key = The project, suite or environment, all for everything;
--          suite_key = Suite of the stratum, (none) where it has none;
--          execution_count = Executions, whatever became of them;
--          in_flight_count = Executions that have not ended;
--          passed_count = Verified passes;
--          unverified_count = Passes with warning steps only;
--          failed_count = Executions that failed;
--          error_count = Executions whose set-up or tool broke;
--          timed_out_count = Executions that ran out of time;
--          skipped_count = Executions that were not run;
--          cancelled_count = Executions that were called off;
--          aborted_count = Executions that were broken off;
--          unknown_count = Executions that ended with an unknown word;
--          decided_count = Denominator of the final pass rate;
--          first_attempt_passed_count = First attempts that passed;
--          first_attempt_decided_count = Denominator of the first-attempt rate;
--          flaky_count = Executions that passed after a failed attempt;
--          infra_suspect_count = Executions of invocations that look like a storm
-- owner:   quality-insights
with dated as (
    select
        project,
        suite_key,
        environment,
        variant_key,
        invocation_key,
        outcome,
        first_outcome,
        is_decided,
        is_flaky,
        is_unverified,
        is_infra_suspect,
        -- two lists of one length: unnested side by side
        unnest(
            if(is_of_history(night_date), ['day', 'night'], ['day'])
        ) as period_type,
        unnest(
            if(
                is_of_history(night_date),
                [bucket_date, night_date],
                [bucket_date]
            )
        ) as period_date
    from fct_executions
    where execution_type <> 'test_suite'
),

scoped as (
    select
        period_type,
        period_date,
        named_key(suite_key) as suite_key,
        variant_key,
        invocation_key,
        outcome,
        first_outcome,
        is_decided,
        is_flaky,
        is_unverified,
        is_infra_suspect,
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite', 'environment']) as scope_type,
        unnest(
            ['all', project, named_key(suite_key), named_key(environment)]
        ) as scope_key
    from dated
),

final as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        suite_key,
        variant_key,
        invocation_key,
        count(*) as execution_count,
        count(*) filter (where outcome is null) as in_flight_count,
        count(*) filter (where outcome = 'passed' and not is_unverified)
            as passed_count,
        count(*) filter (where outcome = 'passed' and is_unverified)
            as unverified_count,
        count(*) filter (where outcome = 'failed') as failed_count,
        count(*) filter (where outcome = 'error') as error_count,
        count(*) filter (where outcome = 'timed_out') as timed_out_count,
        count(*) filter (where outcome = 'skipped') as skipped_count,
        count(*) filter (where outcome = 'cancelled') as cancelled_count,
        count(*) filter (where outcome = 'aborted') as aborted_count,
        count(*) filter (where outcome = 'unknown') as unknown_count,
        count(*) filter (where is_decided) as decided_count,
        count(*) filter (where is_decided and first_outcome = 'passed')
            as first_attempt_passed_count,
        count(*) filter (where is_decided and is_deciding_outcome(first_outcome))
            as first_attempt_decided_count,
        count(*) filter (where is_flaky) as flaky_count,
        count(*) filter (where is_infra_suspect) as infra_suspect_count
    from scoped
    group by all
)

select * from final
