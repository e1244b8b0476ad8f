-- model:   ana_broken_positions
-- grain:   one row per test_key, variant_key, position_key
-- inputs:  int_test_positions, ana_segments
-- units:   none
-- rules:   positions of a test × variant in its broken segments: what fails there is
--          no flake
-- source:  statistics.md 1.5
-- columns: position_key = Its commit, where none is known its invocation
-- owner:   quality-insights
with final as (
    select
        int_test_positions.test_key,
        int_test_positions.variant_key,
        int_test_positions.position_key
    from int_test_positions
    inner join ana_segments
        on
            int_test_positions.test_key = ana_segments.test_key
            and int_test_positions.variant_key = ana_segments.variant_key
            and int_test_positions.position_number
            between ana_segments.first_position and ana_segments.last_position
    where ana_segments.is_broken
)

select * from final
