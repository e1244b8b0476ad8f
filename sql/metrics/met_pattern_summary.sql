-- model:   met_pattern_summary
-- grain:   one row per project, pattern
-- inputs:  ana_patterns, met_patterns, fct_executions
-- units:   *_count = tests × variants, hypothesis_count = p-values
-- rules:   every project whose tests ran in the window on protected branches, with
--          every pattern; yes: proved of a test; no: tests were looked at, and of none
--          it was proved; insufficient: no test failed often enough, or the source does
--          not say what it takes
-- source:  statistics.md 5.4
-- columns: verdict = yes, no or insufficient;
--          tested_count = Tests × variants that were looked at;
--          found_count = Those of which the pattern is proved;
--          lacks = What the source says of no execution of the project, null where
--          nothing is lacking;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with projects as (
    select
        project,
        count(execution_agent) > 0 as has_agents,
        count(if(execution_agent is null, null, started_at)) > 0 as has_starts,
        count(duration_ms) > 0 as has_durations,
        count(cpu_usage_percent) + count(memory_usage_mb) > 0 as has_resources
    from fct_executions
    where
        is_decided
        and is_protected_branch
        and test_key is not null
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
        and is_of_flakiness(bucket_date)
    group by project
),

looked_for as (
    select
        project,
        -- lists of one length: unnested side by side
        unnest([
            'order_dependence', 'host', 'weekday', 'time_of_day', 'timeout',
            'resource_load', 'new_test', 'retry_always_passes', 'retry_never_passes'
        ]) as pattern,
        unnest([
            case
                when not has_agents then 'worker that an execution ran on'
                when not has_starts then 'start of an execution'
            end,
            if(has_agents, null, 'worker that an execution ran on'),
            null,
            null,
            if(has_durations, null, 'duration of an execution'),
            if(has_resources, null, 'use of processor and memory'),
            null,
            null,
            null
        ]) as lacks
    from projects
),

found as (
    select
        project,
        pattern,
        count(distinct test_key || '|' || variant_key) as found_count
    from met_patterns
    group by project, pattern
),

final as (
    select
        looked_for.project,
        looked_for.pattern,
        case
            when found.found_count > 0 then 'yes'
            when ana_patterns.tested_count > 0 then 'no'
            else 'insufficient'
        end as verdict,
        coalesce(ana_patterns.tested_count, 0) as tested_count,
        coalesce(ana_patterns.hypothesis_count, 0) as hypothesis_count,
        coalesce(found.found_count, 0) as found_count,
        looked_for.lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from looked_for
    left outer join ana_patterns
        on
            looked_for.project = ana_patterns.project
            and looked_for.pattern = ana_patterns.pattern
            and ana_patterns.finding_number = 0
    left outer join found
        on
            looked_for.project = found.project
            and looked_for.pattern = found.pattern
)

select * from final
