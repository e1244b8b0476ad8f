-- model:   ana_unit_histories
-- grain:   one row per project, test_key, variant_key
-- inputs:  ana_required_units, ana_candidate_builds, int_commit_results,
--          int_product_changes
-- units:   change_count = changes of the product; lists: changes, attempts
-- rules:   when each test × variant passed and failed, between the candidates alone:
--          span k reaches from the first change of candidate k to that of the next
--          one, 0 lies before all of them; protected branches, passes on others count
--          where they are of the same commit
-- source:  statistics.md 1.5
-- columns: change_count = Changes from its first run to its last;
--          spans = Spans in which it ran, in order;
--          good_changes = The last change of each at which an attempt passed, 0 where
--          none did;
--          failing_counts = Failed attempts of each after that
-- owner:   quality-insights
with changes as (
    select
        int_product_changes.project,
        int_product_changes.position_key,
        int_product_changes.change_number,
        count(ana_candidate_builds.build_number) as span
    from int_product_changes
    left outer join ana_candidate_builds
        on
            int_product_changes.project = ana_candidate_builds.project
            and int_product_changes.change_number
            >= ana_candidate_builds.first_change_number
    group by all
),

results as (
    select
        changes.project,
        int_commit_results.test_key,
        int_commit_results.variant_key,
        changes.span,
        changes.change_number,
        int_commit_results.has_pass,
        int_commit_results.failing_attempt_count
    from int_commit_results
    inner join ana_required_units
        on
            int_commit_results.test_key = ana_required_units.test_key
            and int_commit_results.variant_key = ana_required_units.variant_key
    inner join changes
        on
            ana_required_units.project = changes.project
            and int_commit_results.position_key = changes.position_key
    where int_commit_results.protected_run_count > 0
),

passes as (
    select
        project,
        test_key,
        variant_key,
        span,
        min(change_number) as first_change,
        max(change_number) as last_change,
        coalesce(max(change_number) filter (where has_pass), 0) as good_change
    from results
    group by all
),

spans as (
    select
        passes.project,
        passes.test_key,
        passes.variant_key,
        passes.span,
        passes.first_change,
        passes.last_change,
        passes.good_change,
        coalesce(sum(results.failing_attempt_count), 0)::integer as failing_count
    from passes
    left outer join results
        on
            passes.project = results.project
            and passes.test_key = results.test_key
            and passes.variant_key = results.variant_key
            and passes.span = results.span
            and passes.good_change < results.change_number
            and results.failing_attempt_count > 0
    group by all
),

final as (
    select
        project,
        test_key,
        variant_key,
        max(last_change) - min(first_change) as change_count,
        list(span::smallint order by span) as spans,
        list(good_change::integer order by span) as good_changes,
        list(failing_count order by span) as failing_counts
    from spans
    group by project, test_key, variant_key
)

select * from final
