-- model:   met_pass_rate_control
-- grain:   one row per scope_type, scope_key, rate_name, bucket_date
-- inputs:  ana_pass_rate_control
-- units:   *_count = runs; failure_rate, centre, low, high = fractions 0..1; z, ewma =
--          standard deviations; fisher_p = probability
-- rules:   raw failure rates of protected branches, storms left out: another mix of
--          tests may be a signal as well, met_mix_effect tells them apart; a day
--          without runs has no row
-- source:  statistics.md 2.5
-- columns: signal_direction = What a current day says: worse, better, none or
--          insufficient, null for a day of the baseline;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        scope_type,
        scope_key,
        rate_name,
        bucket_date,
        case
            when is_baseline then null
            when method = 'insufficient' then 'insufficient'
            when not is_signal and not is_ewma_signal then 'none'
            when is_signal then if(failure_rate > centre, 'worse', 'better')
            else if(ewma > 0, 'worse', 'better')
        end as signal_direction,
        run_count,
        failed_count,
        failure_rate,
        centre,
        low,
        high,
        z,
        sigma_z,
        ewma,
        fisher_p,
        is_baseline,
        is_signal,
        is_ewma_signal,
        method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_pass_rate_control
)

select * from final
