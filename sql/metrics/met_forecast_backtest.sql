-- model:   met_forecast_backtest
-- grain:   one row per forecast_kind, scope_type, scope_key, reference
-- inputs:  ana_pass_rate_backtests, ana_next_run_backtests
-- units:   *_count = what the name says; score, reference_score = logits for pass
--          rates, squared probability for next runs; log_score = nats; skill_*,
--          coverage = fractions
-- rules:   yes: the skill and the lower end of its interval are above 0, and, of pass
--          rates, the coverage lies within what the policy says; insufficient: too few
--          days or runs; no: else; a forecast is shown where all its references are
--          beaten so; the forecasts tested are of protected branches, storms left out
-- source:  statistics.md 4.3
-- columns: forecast_kind = pass_rate or next_run;
--          reference = What it is held against: seasonal_naive (the same day of the
--          last week) and history_mean, or history (all runs of the test) and
--          last_outcome;
--          score_name = crps or brier: less is better;
--          score = Mean score of the forecast;
--          reference_score = Mean score of the reference;
--          verdict = yes, no or insufficient: whether this reference is beaten;
--          reason = Why that, in words;
--          is_shown = The forecast is shown: every reference is beaten;
--          method = smoothed_level_and_weekdays or markov_chain;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with tested as (
    select
        *,
        'pass_rate' as forecast_kind,
        'crps' as score_name,
        'smoothed_level_and_weekdays' as method,
        crps as score,
        reference_crps as reference_score,
        getvariable('forecast_tested_day_minimum') as least_days,
        case
            when day_count < getvariable('forecast_day_minimum')
                then printf(
                    '%d of %d days', day_count, getvariable('forecast_day_minimum')
                )
            when least(widened_day_count, tested_day_count) < least_days
                then printf(
                    '%d of %d days of the last weeks',
                    least(widened_day_count, tested_day_count),
                    least_days
                )
            when crps is null
                then 'no spread to test: the days before were all alike'
        end as lacking
    from ana_pass_rate_backtests
    union all by name
    select
        *,
        'next_run' as forecast_kind,
        'brier' as score_name,
        'markov_chain' as method,
        'project' as scope_type,
        project as scope_key,
        brier as score,
        reference_brier as reference_score,
        getvariable('forecast_tested_day_minimum') as least_days,
        case
            when prediction_count < getvariable('forecast_prediction_minimum')
                then printf(
                    '%d of %d runs',
                    prediction_count,
                    getvariable('forecast_prediction_minimum')
                )
            when tested_day_count < least_days
                then printf(
                    '%d of %d days of the last weeks', tested_day_count, least_days
                )
        end as lacking
    from ana_next_run_backtests
),

told as (
    select
        *,
        replace(reference, '_', ' ') as reference_words,
        coalesce(
            coverage < getvariable('forecast_coverage_least_share')
            or coverage > getvariable('forecast_coverage_most_share'),
            false
        ) as is_off,
        case
            when lacking is not null then 'insufficient'
            when coalesce(skill > 0 and skill_low > 0 and not is_off, false)
                then 'yes'
            else 'no'
        end as verdict
    from tested
),

final as (
    select
        forecast_kind,
        scope_type,
        scope_key,
        reference,
        project,
        method,
        verdict,
        case
            when lacking is not null then lacking
            when skill is null
                then 'nothing to gain: ' || reference_words || ' never erred'
            when not coalesce(skill > 0 and skill_low > 0, false)
                then 'does not beat ' || reference_words
            when is_off
                then printf(
                    'coverage %.2f is outside %.2f to %.2f',
                    coverage,
                    getvariable('forecast_coverage_least_share')::double,
                    getvariable('forecast_coverage_most_share')::double
                )
            else 'beats ' || reference_words
        end as reason,
        day_count,
        run_count,
        test_count,
        widened_day_count,
        tested_day_count,
        origin_count,
        prediction_count,
        failed_count,
        score_name,
        score,
        reference_score,
        log_score,
        pinball_p10,
        pinball_p50,
        pinball_p90,
        skill,
        skill_low,
        skill_high,
        coverage,
        conformal_factor,
        interval_reach,
        bool_and(verdict = 'yes') over (
            partition by forecast_kind, scope_type, scope_key
        ) as is_shown,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from told
)

select * from final
