-- model:   met_quality_score
-- grain:   one row per project, build_version, tier
-- inputs:  ana_release_tiers, ana_candidate_builds, ana_release_scores
-- units:   *_count = required tests × variants, but unplaced_count = tests; score and
--          its factors = probability
-- rules:   probability that a required test, drawn at random, gives a fresh, correct
--          and healthy signal of the build: coverage · reliability · health, each given
--          the one before; fresh = run at the build, within the days and changes of the
--          policy (coverage_fresh_*) before the next candidate came, of the newest one
--          before as_of; interval: bootstrap over tests; null where no test is
--          required or none was fresh; descriptive, the confidence decides
-- source:  statistics.md 6.2
-- columns: is_newest = No candidate of the project is newer;
--          lacks = What the source does not say, null where nothing is missing;
--          method = How the interval was made;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        ana_release_tiers.project,
        ana_release_tiers.build_version,
        ana_release_tiers.tier,
        ana_candidate_builds.first_seen_at,
        ana_candidate_builds.judged_at,
        coalesce(ana_release_scores.required_count, 0) as required_count,
        coalesce(ana_release_scores.fresh_count, 0) as fresh_count,
        ana_release_tiers.unplaced_count,
        ana_release_scores.score,
        ana_release_scores.score_low,
        ana_release_scores.score_high,
        ana_release_scores.coverage,
        ana_release_scores.reliability,
        ana_release_scores.health,
        coalesce(ana_candidate_builds.is_newest, false) as is_newest,
        case
            when ana_candidate_builds.build_number is null
                then 'build of the last days'
            when coalesce(ana_release_scores.required_count, 0) = 0
                then 'required tests of this priority'
            when ana_release_scores.fresh_count = 0 then 'executions of the build'
        end as lacks,
        'bootstrap_over_tests' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_release_tiers
    left outer join ana_candidate_builds
        on
            ana_release_tiers.project = ana_candidate_builds.project
            and ana_release_tiers.build_number = ana_candidate_builds.build_number
    left outer join ana_release_scores
        on
            ana_release_tiers.project = ana_release_scores.project
            and ana_release_tiers.build_number = ana_release_scores.build_number
            and ana_release_tiers.tier = ana_release_scores.tier
)

select * from final
