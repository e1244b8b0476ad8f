-- model:   ana_test_spans
-- grain:   one row per project, test_key
-- inputs:  fct_executions, int_positions
-- units:   run_count = executions
-- rules:   executions on protected branches, each at the time at which its position
--          was first seen: a later run of an old commit lengthens no span; ended =
--          not at the last positions of any of its suites × variants, in whatever
--          project
-- source:  statistics.md 9 (17)
-- columns: ran_in = Suites × variants in which it ran, in order;
--          first_position_at = When the first position at which it ran was first seen;
--          last_position_at = The same of the last one;
--          run_count = Executions on protected branches;
--          has_ended = It is missing at the last positions, in all projects
-- owner:   quality-insights
with executions as (
    select
        fct_executions.project,
        fct_executions.test_key,
        fct_executions.suite_key,
        fct_executions.variant_key,
        int_positions.first_seen_at
    from fct_executions
    inner join int_positions
        on
            coalesce(
                fct_executions.commit_id,
                'invocation:' || fct_executions.invocation_key
            ) = int_positions.position_key
    where
        fct_executions.is_protected_branch
        and fct_executions.test_key is not null
        and fct_executions.execution_type <> 'test_suite'
),

places as (
    select
        project,
        test_key,
        suite_key,
        variant_key,
        min(first_seen_at) as first_position_at,
        max(first_seen_at) as last_position_at,
        count(*) as run_count
    from executions
    group by all
),

recent as (
    select
        suite_key,
        variant_key,
        first_seen_at as since
    from executions
    group by suite_key, variant_key, first_seen_at
    qualify
        row_number() over (
            partition by suite_key, variant_key
            order by first_seen_at desc
        ) = getvariable('alias_absent_position_count')
),

final as (
    select
        places.project,
        places.test_key,
        list(
            (places.suite_key, places.variant_key)
            order by places.suite_key, places.variant_key
        ) as ran_in,
        min(places.first_position_at) as first_position_at,
        max(places.last_position_at) as last_position_at,
        sum(places.run_count)::bigint as run_count,
        bool_and(
            bool_and(coalesce(places.last_position_at < recent.since, false))
        ) over (partition by places.test_key) as has_ended
    from places
    left outer join recent
        on
            places.suite_key is not distinct from recent.suite_key
            and places.variant_key = recent.variant_key
    group by places.project, places.test_key
)

select * from final
