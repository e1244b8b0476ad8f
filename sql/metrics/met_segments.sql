-- model:   met_segments
-- grain:   one row per test_key, variant_key, segment_number
-- inputs:  ana_segments, ana_segment_edges, ana_flakiness
-- units:   *_count = runs; cut_log_bayes_factor = natural logarithm;
--          broken_probability = probability
-- rules:   tests that never failed on a protected branch are left out: they are one
--          segment without a cut; a cut has the positions between which it lies with
--          99 %, and the builds and commits of these are its suspects
-- source:  statistics.md 1.5
-- columns: state = broken or good;
--          cut_kind = What the cut that begins it did: broke, mended or shifted, null
--          for the first;
--          broken_probability = Of the test at as_of, on its last segment alone;
--          position_count = Positions in it: commits, or invocations without one;
--          is_current = The last one;
--          method = beta_binomial_optimal_partitioning;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with ordered as (
    select
        *,
        lag(is_broken) over in_order as was_broken,
        lead(segment_number) over in_order is null as is_current
    from ana_segments
    window
        in_order as (partition by test_key, variant_key order by segment_number)
),

final as (
    select
        ordered.test_key,
        ordered.variant_key,
        ordered.segment_number,
        ana_segment_edges.project,
        ana_segment_edges.suite_key,
        if(ordered.is_broken, 'broken', 'good') as state,
        case
            when ordered.was_broken is null then null
            when ordered.is_broken and not ordered.was_broken then 'broke'
            when ordered.was_broken and not ordered.is_broken then 'mended'
            else 'shifted'
        end as cut_kind,
        ana_segment_edges.first_seen_at,
        ana_segment_edges.last_seen_at,
        ana_segment_edges.first_commit_id,
        ana_segment_edges.last_commit_id,
        ana_segment_edges.first_build_version,
        ana_segment_edges.last_build_version,
        ordered.last_position - ordered.first_position + 1 as position_count,
        ordered.run_count,
        ordered.failed_count,
        ordered.flake_count,
        ordered.hard_fail_count,
        ordered.cut_log_bayes_factor,
        ordered.cut_probability,
        ana_segment_edges.cut_low_at,
        ana_segment_edges.cut_high_at,
        ana_segment_edges.suspect_commit_ids,
        ana_segment_edges.suspect_build_versions,
        if(ordered.is_current, ana_flakiness.broken_probability, null)
            as broken_probability,
        ordered.is_current,
        'beta_binomial_optimal_partitioning' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ordered
    inner join ana_segment_edges
        on
            ordered.test_key = ana_segment_edges.test_key
            and ordered.variant_key = ana_segment_edges.variant_key
            and ordered.segment_number = ana_segment_edges.segment_number
    left outer join ana_flakiness
        on
            ordered.test_key = ana_flakiness.test_key
            and ordered.variant_key = ana_flakiness.variant_key
)

select * from final
