-- model:   met_patterns
-- grain:   one row per project, pattern, test_key, variant_key, factor_key
-- inputs:  ana_pattern_effects, dim_tests
-- units:   *_count = runs, but invocation and date counts = those; *_rate,
--          rate_difference* = fraction 0..1; expected_gain* = failed first attempts in
--          30 days; p, q = probability
-- rules:   what is proved alone: q at most the policy's level, as many failures under
--          the factor, in as many invocations or dates, as it asks for, and a rate
--          above that of all other runs with 95 %; a row says what failures go with,
--          not what causes them; what was looked at stands in met_pattern_summary
-- source:  statistics.md 5.4
-- columns: verdict = yes: what is not proved has no row;
--          recommendation = What to do, with the numbers that say so;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with findings as (
    select
        project,
        pattern,
        test_key,
        variant_key,
        factor_name,
        factor_key,
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
        failed_rate,
        failed_rate_low,
        failed_rate_high,
        other_failed_rate,
        other_failed_rate_low,
        other_failed_rate_high,
        rate_difference,
        rate_difference_low,
        rate_difference_high,
        expected_gain,
        expected_gain_low,
        expected_gain_high
    from ana_pattern_effects
),

templates as (
    select
        -- two lists of one length: unnested side by side
        unnest([
            'order_dependence', 'host', 'weekday', 'time_of_day', 'timeout',
            'resource_load', 'new_test', 'retry_always_passes', 'retry_never_passes'
        ]) as pattern,
        unnest([
            'Undo what {1} leaves, or run {0} apart from it: right after it {2}.',
            'Compare worker {1} with others, and run {0} elsewhere until then: {2}.',
            'Find what differs on {1}s for {0}: {2}.',
            'Find what runs beside {0} {1}: {2}.',
            'Raise the limit of {1} for {0} or make it faster: lasting so long, {2}.',
            'Give {0} more {1}, or run less beside it: where it used most, {2}.',
            'Keep tests like {0} out of gates for their first days: {2}.',
            'Look for a race in {0} and keep its retry until then: all {3} passed.',
            'Repair {0} and save its retries: none of {3} passed.'
        ]) as wording
),

named as (
    select
        findings.*,
        coalesce(tests.name, findings.test_key) as test_words,
        case findings.pattern
            when 'weekday' then weekday_name(findings.factor_key)
            when 'time_of_day' then six_hours(findings.factor_key)
            when 'timeout' then in_seconds(findings.factor_key)
            else coalesce(polluters.name, if(
                findings.factor_key = '(none)',
                'the start of a worker',
                findings.factor_key
            ))
        end as factor_words,
        format(
            '{} of {} runs failed, otherwise {} of {}',
            findings.failed_count,
            findings.run_count,
            findings.other_failed_count,
            findings.other_run_count
        ) as count_words,
        templates.wording
    from findings
    inner join templates on findings.pattern = templates.pattern
    left outer join dim_tests as tests on findings.test_key = tests.test_key
    left outer join dim_tests as polluters
        on findings.factor_key = polluters.test_key
),

final as (
    select
        * exclude (test_words, factor_words, count_words, wording),
        'yes' as verdict,
        format(
            wording, test_words, factor_words, coalesce(count_words, ''), run_count
        ) as recommendation,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from named
)

select * from final
