-- model:   met_release_confidence
-- grain:   one row per project, build_version, tier
-- inputs:  ana_release_tiers, ana_candidate_builds, ana_release_scores
-- units:   *_count = required tests × variants, but group_count = root causes and
--          unplaced_count = tests; *_share = fraction 0..1; confidence_* = probability
-- rules:   of the candidate builds of the last days (confidence_days), by all that is
--          known by as_of: what was told at the time stands in fct_kpi_history; low
--          and high: the least and the largest with hazards halved and doubled, and
--          lucky passes ten times as rare and as frequent; null where no test is
--          required; descriptive: what is enough, gates say
-- source:  statistics.md 6.1
-- columns: is_newest = No candidate of the project is newer;
--          grade_a_share = Of the required, null without any;
--          grade_b_share = Of the required, null without any;
--          grade_c_share = Of the required, null without any;
--          calibration = uncalibrated: never held against what escaped;
--          lacks = What the source does not say;
--          method = How it was worked out;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        ana_release_tiers.project,
        ana_release_tiers.build_version,
        ana_release_tiers.tier,
        ana_candidate_builds.first_seen_at,
        ana_candidate_builds.last_run_at,
        ana_candidate_builds.commit_count,
        coalesce(ana_release_scores.required_count, 0) as required_count,
        coalesce(ana_release_scores.executed_count, 0) as executed_count,
        coalesce(ana_release_scores.failing_count, 0) as failing_count,
        coalesce(ana_release_scores.unexecuted_count, 0) as unexecuted_count,
        ana_release_tiers.unplaced_count,
        coalesce(ana_release_scores.group_count, 0) as group_count,
        ana_release_scores.confidence,
        ana_release_scores.confidence_low,
        ana_release_scores.confidence_high,
        ana_release_scores.expected_failures,
        ana_release_scores.grade_a_count
        / nullif(ana_release_scores.required_count, 0) as grade_a_share,
        ana_release_scores.grade_b_count
        / nullif(ana_release_scores.required_count, 0) as grade_b_share,
        ana_release_scores.grade_c_count
        / nullif(ana_release_scores.required_count, 0) as grade_c_share,
        ana_release_scores.hazard_prior,
        coalesce(ana_candidate_builds.is_newest, false) as is_newest,
        'uncalibrated' as calibration,
        case
            when ana_candidate_builds.build_number is null
                then 'build of the last days'
            when ana_release_scores.confidence is null
                then 'required tests of this priority'
            else 'outcomes of past releases'
        end as lacks,
        'two_state_posterior+root_causes' as method,
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
