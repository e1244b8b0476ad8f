-- model:   ana_breaks
-- grain:   one row per test_key, variant_key, segment_number
-- inputs:  ana_segments, ana_segment_edges
-- units:   repair_hours = hours
-- rules:   every broken segment that follows a good one: a test that was broken from
--          its first run broke before it was watched; mended where a good segment
--          follows, else it is open; from the first position of the one to the first of
--          the other
-- source:  statistics.md 1.5, 7.1
-- columns: broke_at = When the first position of the broken segment was first seen;
--          mended_at = When that of the next good one was, null while it is open;
--          is_open = No good segment follows;
--          repair_hours = From the one to the other, to as_of while it is open
-- owner:   quality-insights
with ordered as (
    select
        ana_segments.test_key,
        ana_segments.variant_key,
        ana_segments.segment_number,
        ana_segment_edges.project,
        ana_segment_edges.suite_key,
        ana_segment_edges.first_seen_at as broke_at,
        ana_segments.is_broken,
        lag(ana_segments.is_broken) over in_order as was_broken,
        min(if(ana_segments.is_broken, null, ana_segment_edges.first_seen_at)) over (
            partition by ana_segments.test_key, ana_segments.variant_key
            order by ana_segments.segment_number
            rows between 1 following and unbounded following
        ) as mended_at
    from ana_segments
    inner join ana_segment_edges
        on
            ana_segments.test_key = ana_segment_edges.test_key
            and ana_segments.variant_key = ana_segment_edges.variant_key
            and ana_segments.segment_number = ana_segment_edges.segment_number
    window
        in_order as (
            partition by ana_segments.test_key, ana_segments.variant_key
            order by ana_segments.segment_number
        )
),

final as (
    select
        test_key,
        variant_key,
        segment_number,
        project,
        suite_key,
        broke_at,
        mended_at,
        mended_at is null as is_open,
        date_diff(
            'second', broke_at, coalesce(mended_at, getvariable('as_of'))
        ) / 3600 as repair_hours
    from ordered
    where is_broken and not was_broken
)

select * from final
