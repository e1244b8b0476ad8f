-- model:   met_co_failure_summary
-- grain:   one row per project, cause_kind
-- inputs:  ana_co_failures, ana_infra_storms, fct_executions
-- units:   *_pair_count = pairs; storm_count = invocations
-- rules:   every project whose tests ran in the window on protected branches, for
--          both kinds of cause; yes: pairs were found; no: some could be judged, and
--          none was found; insufficient: no two tests failed, or broke, often enough;
--          storms are left out and counted
-- source:  statistics.md 5.3, 0.5
-- columns: cause_kind = shared_flake or shared_break;
--          verdict = yes, no or insufficient;
--          storm_count = Infra storms of the project that are left out;
--          lacks = What the source does not say: null, since outcomes are all it takes;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with projects as (
    select
        fct_executions.project,
        unnest(['shared_flake', 'shared_break']) as cause_kind
    from fct_executions
    where
        fct_executions.is_decided
        and fct_executions.is_protected_branch
        and fct_executions.execution_type <> 'test_suite'
        and fct_executions.test_key is not null
        and fct_executions.known_at <= getvariable('as_of')
        and is_of_flakiness(fct_executions.bucket_date)
    group by fct_executions.project
),

storms as (
    select
        project,
        count(*) as storm_count
    from ana_infra_storms
    group by project
),

final as (
    select
        projects.project,
        projects.cause_kind,
        case
            when ana_co_failures.found_pair_count > 0 then 'yes'
            when ana_co_failures.tested_pair_count > 0 then 'no'
            else 'insufficient'
        end as verdict,
        coalesce(ana_co_failures.tested_pair_count, 0) as tested_pair_count,
        coalesce(ana_co_failures.found_pair_count, 0) as found_pair_count,
        coalesce(ana_co_failures.left_out_pair_count, 0) as left_out_pair_count,
        coalesce(storms.storm_count, 0) as storm_count,
        null::varchar as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from projects
    left outer join ana_co_failures
        on
            projects.project = ana_co_failures.project
            and projects.cause_kind = ana_co_failures.cause_kind
            and ana_co_failures.pair_number = 0
    left outer join storms on projects.project = storms.project
)

select * from final
