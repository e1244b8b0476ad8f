-- model:   ana_segment_edges
-- grain:   one row per test_key, variant_key, segment_number
-- inputs:  ana_segments, int_test_positions
-- units:   none
-- rules:   what stands at the first and last position of a segment, and at those
--          between which the cut before it lies with 99 %
-- columns: first_seen_at = When its first position was first seen;
--          last_seen_at = When its last position was first seen;
--          first_commit_id = Commit of its first position;
--          last_commit_id = Commit of its last position;
--          first_build_version = Build of its first position;
--          last_build_version = Build of its last position;
--          cut_low_at = When the first suspect was first seen;
--          cut_high_at = When the last suspect was first seen;
--          suspect_commit_ids = Commits at which the cut may lie, in order;
--          suspect_build_versions = Builds at which the cut may lie, in order
-- owner:   quality-insights
with placed as (
    select
        ana_segments.test_key,
        ana_segments.variant_key,
        ana_segments.segment_number,
        int_test_positions.project,
        int_test_positions.suite_key,
        int_test_positions.position_number,
        int_test_positions.first_seen_at,
        int_test_positions.commit_id,
        int_test_positions.build_version,
        int_test_positions.position_number
        between ana_segments.first_position and ana_segments.last_position
            as is_inside,
        coalesce(
            int_test_positions.position_number
            between ana_segments.cut_low_position and ana_segments.cut_high_position,
            false
        ) as is_suspect
    from ana_segments
    inner join int_test_positions
        on
            ana_segments.test_key = int_test_positions.test_key
            and ana_segments.variant_key = int_test_positions.variant_key
            and int_test_positions.position_number
            between least(ana_segments.first_position, ana_segments.cut_low_position)
            and greatest(ana_segments.last_position, ana_segments.cut_high_position)
),

final as (
    select
        test_key,
        variant_key,
        segment_number,
        min(project) as project,
        max(suite_key) as suite_key,
        min(first_seen_at) filter (where is_inside) as first_seen_at,
        max(first_seen_at) filter (where is_inside) as last_seen_at,
        arg_min_null(commit_id, position_number) filter (where is_inside)
            as first_commit_id,
        arg_max_null(commit_id, position_number) filter (where is_inside)
            as last_commit_id,
        arg_min_null(build_version, position_number) filter (where is_inside)
            as first_build_version,
        arg_max_null(build_version, position_number) filter (where is_inside)
            as last_build_version,
        min(first_seen_at) filter (where is_suspect) as cut_low_at,
        max(first_seen_at) filter (where is_suspect) as cut_high_at,
        list(commit_id order by position_number) filter (
            where is_suspect and commit_id is not null
        ) as suspect_commit_ids,
        list(build_version order by position_number) filter (
            where is_suspect and build_version is not null
        ) as suspect_build_versions
    from placed
    group by test_key, variant_key, segment_number
)

select * from final
