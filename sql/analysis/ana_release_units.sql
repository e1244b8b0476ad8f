-- model:   ana_release_units
-- grain:   one row per project, test_key, variant_key
-- inputs:  ana_required_units, ana_candidate_builds, int_build_attempts,
--          ana_unit_histories, ana_flakiness, ana_test_states
-- units:   lists: one place per build or span; *_count = what the name says
-- rules:   all that the confidence in the candidates is worked out from; the flake rate
--          of a test that did not run in the window of flakiness is null; fresh = run
--          within the days and changes of the policy (coverage_fresh_*) before the
--          build was judged
-- source:  statistics.md 6.1, 6.2
-- columns: first_build_number = The first candidate that requires it, null where none
--          does;
--          build_changes = The last change of each candidate;
--          breaking_cut_count = Times that a change broke it;
--          change_count = Changes of the product from its first run to its last;
--          spans = Spans in which it ran;
--          good_changes = The last change of each at which it passed, 0 for none;
--          span_failing_counts = Failed attempts of each after that;
--          build_numbers = Candidates at which it ran;
--          failing_counts = Failed attempts there;
--          passing_counts = Passed attempts there;
--          cause_keys = Fingerprint and step of its failure there, null without;
--          fresh_flags = Run lately enough before the build was judged;
--          execution_keys = Executions that failed there, the newest first
-- owner:   quality-insights
with builds as (
    select
        project,
        list(last_change_number::integer order by build_number) as build_changes
    from ana_candidate_builds
    group by project
),

first_builds as (
    select
        ana_required_units.project,
        ana_required_units.test_key,
        ana_required_units.variant_key,
        min(ana_candidate_builds.build_number) as first_build_number
    from ana_required_units
    inner join ana_candidate_builds
        on
            ana_required_units.project = ana_candidate_builds.project
            and ana_required_units.required_from_at
            <= ana_candidate_builds.last_run_at
    group by all
),

judged as (
    select
        int_build_attempts.*,
        timezone(getvariable('time_zone'), ana_candidate_builds.judged_at)::date
        - int_build_attempts.last_run_date < getvariable('coverage_fresh_days')
        and int_build_attempts.later_change_count
        <= getvariable('coverage_fresh_change_maximum') as is_fresh
    from int_build_attempts
    inner join ana_candidate_builds
        on
            int_build_attempts.project = ana_candidate_builds.project
            and int_build_attempts.build_number = ana_candidate_builds.build_number
),

attempts as (
    select
        project,
        test_key,
        variant_key,
        list(build_number::smallint order by build_number) as build_numbers,
        list(failing_count order by build_number) as failing_counts,
        list(passing_count order by build_number) as passing_counts,
        list(cause_key order by build_number) as cause_keys,
        list(is_fresh order by build_number) as fresh_flags,
        list(execution_keys order by build_number) as execution_keys
    from judged
    group by project, test_key, variant_key
),

final as (
    select
        ana_required_units.project,
        ana_required_units.test_key,
        ana_required_units.variant_key,
        ana_required_units.tier_number,
        first_builds.first_build_number,
        builds.build_changes,
        ana_flakiness.evidence_grade,
        coalesce(ana_test_states.breaking_cut_count, 0) as breaking_cut_count,
        coalesce(ana_unit_histories.change_count, 0) as change_count,
        ana_flakiness.posterior_mean,
        ana_flakiness.posterior_low,
        ana_flakiness.posterior_high,
        coalesce(ana_unit_histories.spans, []) as spans,
        coalesce(ana_unit_histories.good_changes, []) as good_changes,
        coalesce(ana_unit_histories.failing_counts, []) as span_failing_counts,
        coalesce(attempts.build_numbers, []) as build_numbers,
        coalesce(attempts.failing_counts, []) as failing_counts,
        coalesce(attempts.passing_counts, []) as passing_counts,
        coalesce(attempts.cause_keys, []) as cause_keys,
        coalesce(attempts.fresh_flags, []) as fresh_flags,
        coalesce(attempts.execution_keys, []) as execution_keys
    from ana_required_units
    inner join builds on ana_required_units.project = builds.project
    left outer join first_builds
        on
            ana_required_units.project = first_builds.project
            and ana_required_units.test_key = first_builds.test_key
            and ana_required_units.variant_key = first_builds.variant_key
    left outer join ana_unit_histories
        on
            ana_required_units.project = ana_unit_histories.project
            and ana_required_units.test_key = ana_unit_histories.test_key
            and ana_required_units.variant_key = ana_unit_histories.variant_key
    left outer join attempts
        on
            ana_required_units.project = attempts.project
            and ana_required_units.test_key = attempts.test_key
            and ana_required_units.variant_key = attempts.variant_key
    left outer join ana_flakiness
        on
            ana_required_units.test_key = ana_flakiness.test_key
            and ana_required_units.variant_key = ana_flakiness.variant_key
    left outer join ana_test_states
        on
            ana_required_units.test_key = ana_test_states.test_key
            and ana_required_units.variant_key = ana_test_states.variant_key
)

select * from final
