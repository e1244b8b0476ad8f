-- model:   ana_test_states
-- grain:   one row per test_key, variant_key
-- inputs:  int_test_positions, ana_segments
-- units:   *_count = what the name says; *_share = fraction 0..1
-- rules:   what the current state is judged by; since = after the last position at
--          which an attempt passed; isolated = a hard failure between two positions
--          that passed, in a good segment, the one attempt of the one run at a known
--          commit; tests that never failed are left out
-- source:  statistics.md 1.2, 1.5
-- columns: position_count = Positions of the test × variant;
--          segment_count = Segments it has been cut into;
--          breaking_cut_count = Cuts from a good segment to a broken one;
--          failing_attempt_count = Failed attempts since it was last good;
--          change_count = Positions since it was last good;
--          isolated_count = Isolated failures of the window;
--          current_segment_at = When the last segment began;
--          current_failed_share = Failed first attempts over runs in it;
--          flaky_failed_share = The same in the last segment that has a flake;
--          is_in_broken_segment = The last segment is broken
-- owner:   quality-insights
with positions as (
    select
        int_test_positions.test_key,
        int_test_positions.variant_key,
        int_test_positions.position_number,
        int_test_positions.failing_attempt_count,
        int_test_positions.flake_count,
        int_test_positions.has_pass,
        ana_segments.segment_number,
        ana_segments.first_position,
        ana_segments.is_broken,
        ana_segments.failed_count / ana_segments.run_count as segment_failed_share,
        int_test_positions.first_seen_at,
        (
            int_test_positions.hard_fail_count = 1
            and int_test_positions.run_count = 1
            and int_test_positions.failing_attempt_count = 1
            and int_test_positions.commit_id is not null
            and not ana_segments.is_broken
            and int_test_positions.first_seen_at
            > getvariable('as_of')
            - to_days(getvariable('flakiness_window_days')::integer)
        ) as may_be_isolated,
        ana_segments.segment_number = max(ana_segments.segment_number) over (
            partition by int_test_positions.test_key, int_test_positions.variant_key
        ) as is_last_segment,
        lag(int_test_positions.has_pass) over in_order as had_pass,
        lead(int_test_positions.has_pass) over in_order as will_pass,
        lag(ana_segments.is_broken) over in_order as was_broken,
        max(
            if(int_test_positions.has_pass, int_test_positions.position_number, 0)
        ) over (
            partition by int_test_positions.test_key, int_test_positions.variant_key
        ) as good_position
    from int_test_positions
    inner join ana_segments
        on
            int_test_positions.test_key = ana_segments.test_key
            and int_test_positions.variant_key = ana_segments.variant_key
            and int_test_positions.position_number
            between ana_segments.first_position and ana_segments.last_position
    window
        in_order as (
            partition by int_test_positions.test_key, int_test_positions.variant_key
            order by int_test_positions.position_number
        )
),

final as (
    select
        test_key,
        variant_key,
        count(*) as position_count,
        max(segment_number) as segment_count,
        count(*) filter (
            where is_broken and not was_broken
        ) as breaking_cut_count,
        coalesce(
            sum(failing_attempt_count) filter (where position_number > good_position), 0
        )::bigint as failing_attempt_count,
        count(*) filter (where position_number > good_position) as change_count,
        count(*) filter (
            where may_be_isolated and had_pass and will_pass
        ) as isolated_count,
        min(first_seen_at) filter (
            where position_number = first_position and is_last_segment
        ) as current_segment_at,
        arg_max(segment_failed_share, position_number) as current_failed_share,
        arg_max(segment_failed_share, position_number) filter (
            where flake_count > 0
        ) as flaky_failed_share,
        arg_max(is_broken, position_number) as is_in_broken_segment
    from positions
    group by test_key, variant_key
)

select * from final
