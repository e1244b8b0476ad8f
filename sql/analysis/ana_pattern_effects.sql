-- model:   ana_pattern_effects
-- grain:   one row per project, pattern, test_key, variant_key, factor_key
-- inputs:  ana_patterns
-- units:   *_count = runs; *_rate, rate_difference* = fraction 0..1;
--          expected_gain* = failed first attempts in 30 days
-- rules:   findings whose rate is above that of all other runs with 95 %; those about
--          retries have no other runs, their rate is what became of retried runs; gain
--          = if runs under the factor failed as often as all others do; a test that is
--          no longer new gains nothing, nor does a word about retries
-- source:  statistics.md 5.4, 2.1, 2.2
-- columns: factor_key = The value that is named, for load and what has one value the
--          factor itself;
--          failed_rate = Failed under the factor over its runs;
--          failed_rate_low = Lower end of Wilson's 95 % interval;
--          failed_rate_high = Upper end of it;
--          other_failed_rate = The same of all other runs;
--          other_failed_rate_low = Lower end of its interval;
--          other_failed_rate_high = Upper end of it;
--          rate_difference = Rate under the factor less that of the others;
--          rate_difference_low = Lower end of Newcombe's 95 % interval;
--          rate_difference_high = Upper end of it;
--          expected_gain = Failures that would not be, in 30 days;
--          expected_gain_low = Lower end of it, by the difference's interval;
--          expected_gain_high = Upper end of it
-- owner:   quality-insights
with rated as (
    select
        project,
        pattern,
        test_key,
        variant_key,
        factor_name,
        if(pattern = 'resource_load', factor_name, factor_key) as factor_key,
        run_count,
        failed_count,
        failed_invocation_count,
        failed_date_count,
        other_run_count,
        other_failed_count,
        observed_days,
        p,
        q,
        method,
        failed_count / nullif(run_count, 0) as failed_rate,
        wilson_low(failed_count, run_count) as failed_rate_low,
        wilson_high(failed_count, run_count) as failed_rate_high,
        other_failed_count / nullif(other_run_count, 0) as other_failed_rate,
        wilson_low(other_failed_count, other_run_count) as other_failed_rate_low,
        wilson_high(other_failed_count, other_run_count) as other_failed_rate_high,
        failed_rate - other_failed_rate as rate_difference,
        newcombe_low(failed_count, run_count, other_failed_count, other_run_count)
            as rate_difference_low,
        newcombe_high(failed_count, run_count, other_failed_count, other_run_count)
            as rate_difference_high,
        -- runs under the factor in 30 days
        if(
            pattern in ('new_test', 'retry_always_passes', 'retry_never_passes'),
            null,
            30 * run_count / observed_days
        ) as monthly_run_count
    from ana_patterns
    where finding_number > 0
),

final as (
    select
        * exclude (monthly_run_count),
        monthly_run_count * rate_difference as expected_gain,
        monthly_run_count * rate_difference_low as expected_gain_low,
        monthly_run_count * rate_difference_high as expected_gain_high
    from rated
    where
        rate_difference_low > 0
        or pattern in ('retry_always_passes', 'retry_never_passes')
)

select * from final
