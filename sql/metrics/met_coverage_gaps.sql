-- model:   met_coverage_gaps
-- grain:   one row per component_type, component_key
-- inputs:  ana_break_rates, ana_test_coverage, ana_required_tests
-- units:   *_count = tests; mean_change_count = positions; break_rate_* = breaks per
--          change; expected_* = breaks
-- rules:   components with tests that did not run lately; expected undetected breaks =
--          breaks per change of the component · changes since an unexecuted test last
--          ran, on average · share of its tests that are unexecuted; what never ran
--          missed all changes of the component; ties by the priority of what is
--          missing
-- source:  statistics.md 7.2
-- columns: component_type = suite or feature;
--          component_key = The suite or feature;
--          test_count = Tests that should run;
--          unexecuted_count = Those that did not run lately enough;
--          never_executed_count = Those of them that never ran;
--          unexecuted_share = Unexecuted of all;
--          mean_change_count = Changes that an unexecuted test missed, on average;
--          expected_undetected_breaks = What that leads to expect;
--          expected_undetected_breaks_low = Its lower end, by the interval of the rate;
--          expected_undetected_breaks_high = Its upper end;
--          top_priority = Highest priority among the unexecuted, null where none has
--          one;
--          gap_rank = 1 for the largest gap of its type;
--          unexecuted_test_keys = The first fifty of them, longest unexecuted first;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with tests as (
    select
        ana_test_coverage.dimension,
        ana_test_coverage.dimension_key,
        ana_test_coverage.test_key,
        ana_test_coverage.coverage_state,
        ana_test_coverage.last_run_at,
        ana_test_coverage.change_count,
        ana_required_tests.priority,
        ana_test_coverage.coverage_state in ('stale', 'never_executed')
            as is_unexecuted
    from ana_test_coverage
    inner join ana_required_tests
        on ana_test_coverage.test_key = ana_required_tests.test_key
    where ana_test_coverage.dimension in ('suite', 'feature')
),

gaps as (
    select
        ana_break_rates.component_type,
        ana_break_rates.component_key,
        ana_break_rates.change_count,
        ana_break_rates.break_count,
        ana_break_rates.break_rate,
        ana_break_rates.break_rate_low,
        ana_break_rates.break_rate_high,
        ana_break_rates.prior,
        count(*) as test_count,
        count(*) filter (where tests.is_unexecuted) as unexecuted_count,
        count(*) filter (
            where tests.coverage_state = 'never_executed'
        ) as never_executed_count,
        sum(
            coalesce(tests.change_count, ana_break_rates.change_count)
        ) filter (where tests.is_unexecuted)::bigint as missed_change_count,
        min(
            list_position(['critical', 'high', 'medium', 'low'], tests.priority)
        ) filter (where tests.is_unexecuted) as priority_rank,
        list(
            tests.test_key
            order by tests.last_run_at asc nulls first, tests.test_key asc
        ) filter (where tests.is_unexecuted)[1:50] as unexecuted_test_keys
    from ana_break_rates
    inner join tests
        on
            ana_break_rates.component_type = tests.dimension
            and ana_break_rates.component_key = tests.dimension_key
    group by all
    having count(*) filter (where tests.is_unexecuted) > 0
),

final as (
    select
        component_type,
        component_key,
        test_count,
        unexecuted_count,
        never_executed_count,
        unexecuted_count / test_count as unexecuted_share,
        change_count,
        break_count,
        missed_change_count / unexecuted_count as mean_change_count,
        break_rate,
        break_rate_low,
        break_rate_high,
        prior,
        break_rate * missed_change_count / test_count as expected_undetected_breaks,
        break_rate_low * missed_change_count / test_count
            as expected_undetected_breaks_low,
        break_rate_high * missed_change_count / test_count
            as expected_undetected_breaks_high,
        ['critical', 'high', 'medium', 'low'][priority_rank] as top_priority,
        row_number() over (
            partition by component_type
            order by
                break_rate * missed_change_count / test_count desc,
                priority_rank asc nulls last,
                component_key asc
        ) as gap_rank,
        unexecuted_test_keys,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from gaps
)

select * from final
