-- model:    ana_co_failures
-- grain:    one row per project, cause_kind, pair_number
-- inputs:   int_suspect_runs, ana_broken_positions, ana_segments, ana_segment_edges,
--           ana_breaks, ana_test_states
-- analysis: co_failures
-- units:    *_pair_count = pairs; other *_count = invocations, of breaks: slots of the
--           history and breaks; jaccard = fraction 0..1; p, q = probability
-- rules:    pairs of different tests, each a test × variant, of one project.
--           shared_flake: invocations of the window on protected branches in which both
--           ran in good segments, failed where a first attempt did; every pair of which
--           each failed often enough there is of the family.
--           shared_break: breaks whose 99 % windows overlap, by when their positions
--           were first seen; the history has as many slots as two such windows fit into
--           it, since that is how often they could have missed each other; fewer breaks
--           than the policy asks for have no p; found = q, lift and common failures as
--           the policy asks for; groups = what found pairs with a Jaccard of the
--           policy's share connect; kept: found pairs, and pairs with a common break,
--           the strongest of each test first
-- source:   statistics.md 5.3; Benjamini and Hochberg 1995
-- columns:  project = Family of false-discovery control, with the kind of cause;
--           cause_kind = shared_flake or shared_break;
--           pair_number = From 1, the strongest first, 0 for the family itself;
--           other_test_key = The other test, behind it by key and variant;
--           other_variant_key = Its variant;
--           common_count = Invocations in which both ran, of breaks: slots;
--           failed_count = Those of them in which the test failed, of breaks: its own;
--           other_failed_count = Those in which the other one did;
--           both_failed_count = Those in which both did;
--           jaccard = Both failed, of those in which either did;
--           lift = Times as often as by chance, null without a p;
--           phi = Correlation of the two, null where it is not defined;
--           p = One-sided, hypergeometric, null where too few to tell;
--           q = The same, Benjamini-Hochberg over project × kind;
--           is_found = They fail together, and not by chance;
--           group_key = Smallest test and variant of its group, null outside of one;
--           overlap_from_at = Their latest common break lies behind this;
--           overlap_until_at = Up to here;
--           tested_pair_count = Pairs of the family;
--           found_pair_count = Those that were found;
--           left_out_pair_count = Pairs beyond the number that a release keeps
-- owner:    quality-insights
with runs as (
    select
        int_suspect_runs.project,
        int_suspect_runs.test_key,
        int_suspect_runs.variant_key,
        int_suspect_runs.is_failed_first,
        dense_rank() over (order by int_suspect_runs.invocation_key) as unit
    from int_suspect_runs
    anti join ana_broken_positions
        on
            int_suspect_runs.test_key = ana_broken_positions.test_key
            and int_suspect_runs.variant_key = ana_broken_positions.variant_key
            and int_suspect_runs.position_key = ana_broken_positions.position_key
),

flakes as (
    select
        project,
        test_key,
        variant_key,
        list(unit order by unit) as ran_units,
        list(unit order by unit) filter (where is_failed_first) as failed_units
    from runs
    group by project, test_key, variant_key
    having count(*) filter (where is_failed_first) >= getvariable('co_failure_minimum')
),

breaks as (
    select
        ana_breaks.test_key,
        ana_breaks.variant_key,
        min(ana_breaks.project) as project,
        list(epoch_us(ana_segment_edges.cut_low_at) order by ana_breaks.broke_at)
            as low_us,
        list(epoch_us(ana_segment_edges.cut_high_at) order by ana_breaks.broke_at)
            as high_us,
        max(ana_segments.cut_high_position - ana_segments.cut_low_position + 1)
            as width,
        min(ana_test_states.position_count) as position_count
    from ana_breaks
    inner join ana_segments
        on
            ana_breaks.test_key = ana_segments.test_key
            and ana_breaks.variant_key = ana_segments.variant_key
            and ana_breaks.segment_number = ana_segments.segment_number
    inner join ana_segment_edges
        on
            ana_breaks.test_key = ana_segment_edges.test_key
            and ana_breaks.variant_key = ana_segment_edges.variant_key
            and ana_breaks.segment_number = ana_segment_edges.segment_number
    inner join ana_test_states
        on
            ana_breaks.test_key = ana_test_states.test_key
            and ana_breaks.variant_key = ana_test_states.variant_key
    group by ana_breaks.test_key, ana_breaks.variant_key
),

final as (
    select
        coalesce(flakes.project, breaks.project) as project,
        coalesce(flakes.test_key, breaks.test_key) as test_key,
        coalesce(flakes.variant_key, breaks.variant_key) as variant_key,
        flakes.ran_units,
        flakes.failed_units,
        breaks.low_us,
        breaks.high_us,
        breaks.width,
        breaks.position_count
    from flakes
    full outer join breaks
        on
            flakes.test_key = breaks.test_key
            and flakes.variant_key = breaks.variant_key
)

select * from final
