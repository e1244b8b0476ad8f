-- model:   met_pass_rates
-- grain:   one row per period_type, period_date, scope_type, scope_key
-- inputs:  met_invocation_counts, met_pass_rate_intervals
-- units:   *_count = executions, but invocation_count = invocations; *_rate =
--          fraction 0..1
-- rules:   final: a pass after a failed attempt is a pass; first_attempt: only the
--          first attempt counts; skipped, cancelled, aborted, unknown, unverified
--          and in-flight executions are in no rate; rates are null where nothing
--          was decided; suite runs are left out; an interval is null and its
--          method insufficient as met_pass_rate_intervals says
-- columns: invocation_count = Invocations with an execution in the scope;
--          final_n_eff = Independent executions that the decided ones are worth;
--          final_design_effect = Decided executions over final_n_eff;
--          final_pass_rate = Passed over decided;
--          final_pass_rate_low = Lower end of the 95 % interval;
--          final_pass_rate_high = Upper end of the 95 % interval;
--          final_method = How the interval was made, or insufficient;
--          first_attempt_n_eff = The same for the first attempt;
--          first_attempt_design_effect = First attempts over first_attempt_n_eff;
--          first_attempt_pass_rate = First attempts passed over decided;
--          first_attempt_pass_rate_low = Lower end of the 95 % interval;
--          first_attempt_pass_rate_high = Upper end of the 95 % interval;
--          first_attempt_method = How the interval was made, or insufficient;
--          evidence_grade = sufficient where the final rate has an interval, no_data
--          where nothing was decided, else insufficient;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with counts as (
    select
        period_type,
        period_date,
        scope_type,
        scope_key,
        count(distinct invocation_key) as invocation_count,
        sum(execution_count)::bigint as execution_count,
        sum(in_flight_count)::bigint as in_flight_count,
        sum(passed_count)::bigint as passed_count,
        sum(unverified_count)::bigint as unverified_count,
        sum(failed_count)::bigint as failed_count,
        sum(error_count)::bigint as error_count,
        sum(timed_out_count)::bigint as timed_out_count,
        sum(skipped_count)::bigint as skipped_count,
        sum(cancelled_count)::bigint as cancelled_count,
        sum(aborted_count)::bigint as aborted_count,
        sum(unknown_count)::bigint as unknown_count,
        sum(decided_count)::bigint as decided_count,
        sum(first_attempt_passed_count)::bigint as first_attempt_passed_count,
        sum(first_attempt_decided_count)::bigint as first_attempt_decided_count,
        sum(flaky_count)::bigint as flaky_count,
        sum(infra_suspect_count)::bigint as infra_suspect_count
    from met_invocation_counts
    group by all
),

final as (
    select
        counts.*,
        finals.n_eff as final_n_eff,
        finals.design_effect as final_design_effect,
        finals.rate as final_pass_rate,
        finals.rate_low as final_pass_rate_low,
        finals.rate_high as final_pass_rate_high,
        coalesce(finals.method, 'insufficient') as final_method,
        firsts.n_eff as first_attempt_n_eff,
        firsts.design_effect as first_attempt_design_effect,
        firsts.rate as first_attempt_pass_rate,
        firsts.rate_low as first_attempt_pass_rate_low,
        firsts.rate_high as first_attempt_pass_rate_high,
        coalesce(firsts.method, 'insufficient') as first_attempt_method,
        case
            when counts.decided_count = 0 then 'no_data'
            when finals.method = 'insufficient' then 'insufficient'
            else 'sufficient'
        end as evidence_grade,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from counts
    left outer join met_pass_rate_intervals as finals
        on
            counts.period_type = finals.period_type
            and counts.period_date = finals.period_date
            and counts.scope_type = finals.scope_type
            and counts.scope_key = finals.scope_key
            and finals.rate_name = 'final'
    left outer join met_pass_rate_intervals as firsts
        on
            counts.period_type = firsts.period_type
            and counts.period_date = firsts.period_date
            and counts.scope_type = firsts.scope_type
            and counts.scope_key = firsts.scope_key
            and firsts.rate_name = 'first_attempt'
)

select * from final
