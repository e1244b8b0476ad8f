-- model:   met_kpis_nightly
-- grain:   one row per scope_type, scope_key, kpi
-- inputs:  met_scopes_nightly, met_release_confidence, met_quality_score
-- units:   value, low and high are in the row's unit
-- rules:   met_scopes_nightly in long form, one row per figure; a pass rate has
--          its 95 % interval, null where too little is known; of the executed share
--          low counts no execution in flight and high all of them; other figures
--          are exact and have no interval; release_confidence and quality_score, of
--          all required tests and (_p0) of those of high priority, are of the newest
--          build of each project that has one, their counts tests × variants executed
--          and required
-- columns: kpi = Name of the figure;
--          value = The figure, null where nothing gives it;
--          low = Lower end of what it may be;
--          high = Upper end of what it may be;
--          numerator = What was counted;
--          denominator = Of how many, null for a plain count;
--          n_eff = Independent executions that the denominator is worth;
--          unit = rate, executions, tests, ms or probability
-- owner:   quality-insights
with figures as (
    select
        scope_type,
        scope_key,
        'final_pass_rate' as kpi,
        final_pass_rate as value,
        final_pass_rate_low as low,
        final_pass_rate_high as high,
        passed_count as numerator,
        decided_count as denominator,
        final_n_eff as n_eff,
        'rate' as unit
    from met_scopes_nightly
    union all by name
    select
        scope_type,
        scope_key,
        'first_attempt_pass_rate' as kpi,
        first_attempt_pass_rate as value,
        first_attempt_pass_rate_low as low,
        first_attempt_pass_rate_high as high,
        first_attempt_passed_count as numerator,
        first_attempt_decided_count as denominator,
        first_attempt_n_eff as n_eff,
        'rate' as unit
    from met_scopes_nightly
    union all by name
    select
        scope_type,
        scope_key,
        'executed_share' as kpi,
        executed_count / nullif(execution_count, 0) as value,
        executed_count / nullif(execution_count, 0) as low,
        (executed_count + in_flight_count) / nullif(execution_count, 0) as high,
        executed_count as numerator,
        execution_count as denominator,
        'rate' as unit
    from met_scopes_nightly
    union all by name
    select
        scope_type,
        scope_key,
        'executions' as kpi,
        execution_count as value,
        execution_count as numerator,
        'executions' as unit
    from met_scopes_nightly
    union all by name
    select
        scope_type,
        scope_key,
        'failing_tests' as kpi,
        failing_test_count as value,
        failing_test_count as numerator,
        decided_test_count as denominator,
        'tests' as unit
    from met_scopes_nightly
    union all by name
    select
        scope_type,
        scope_key,
        'duration_p50' as kpi,
        duration_p50_ms as value,
        duration_count as denominator,
        'ms' as unit
    from met_scopes_nightly
    union all by name
    select
        'project' as scope_type,
        project as scope_key,
        'release_confidence' || if(tier = 'p0', '_p0', '') as kpi,
        confidence as value,
        confidence_low as low,
        confidence_high as high,
        executed_count as numerator,
        required_count as denominator,
        'probability' as unit
    from met_release_confidence
    where is_newest and tier in ('p0', 'all') and confidence is not null
    union all by name
    select
        'project' as scope_type,
        project as scope_key,
        'quality_score' || if(tier = 'p0', '_p0', '') as kpi,
        score as value,
        score_low as low,
        score_high as high,
        fresh_count as numerator,
        required_count as denominator,
        'probability' as unit
    from met_quality_score
    where is_newest and tier in ('p0', 'all') and score is not null
),

final as (
    select
        scope_type,
        scope_key,
        kpi,
        value::double as value,
        low,
        high,
        numerator,
        denominator,
        n_eff,
        unit
    from figures
)

select * from final
