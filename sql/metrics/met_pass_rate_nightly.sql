-- model:   met_pass_rate_nightly
-- grain:   one row per night_date, scope_type, scope_key
-- inputs:  met_pass_rates
-- units:   *_count = executions, but invocation_count = invocations; *_rate =
--          fraction 0..1
-- rules:   the last 60 nights of met_pass_rates, up to the night of as_of
-- columns: night_date = The night, as fct_executions says
-- owner:   quality-insights
with final as (
    select
        period_date as night_date,
        scope_type,
        scope_key,
        invocation_count,
        execution_count,
        in_flight_count,
        passed_count,
        unverified_count,
        failed_count,
        error_count,
        timed_out_count,
        skipped_count,
        cancelled_count,
        aborted_count,
        unknown_count,
        decided_count,
        first_attempt_passed_count,
        first_attempt_decided_count,
        flaky_count,
        infra_suspect_count,
        final_n_eff,
        final_design_effect,
        final_pass_rate,
        final_pass_rate_low,
        final_pass_rate_high,
        final_method,
        first_attempt_n_eff,
        first_attempt_design_effect,
        first_attempt_pass_rate,
        first_attempt_pass_rate_low,
        first_attempt_pass_rate_high,
        first_attempt_method,
        evidence_grade,
        as_of,
        params_hash
    from met_pass_rates
    where period_type = 'night'
)

select * from final
