-- model:   met_release_confidence_drivers
-- grain:   one row per project, build_version, tier, driver_rank
-- inputs:  ana_release_drivers, ana_candidate_builds, dim_tests
-- units:   *_attempt_count, earlier_failing_count = attempts; test_count = tests ×
--          variants; change_count = changes of the product; hazard = breaks per
--          change; contribution = natural logarithm; others = probabilities, shares
-- rules:   why the confidence is what it is: the root causes that take most of it, 50
--          at most and none that is settled (confidence_settled_probability), and the
--          sum of all others; the contributions of a build and tier add up to the
--          logarithm of its confidence
-- source:  statistics.md 6.1
-- columns: test_name = Title of the test that is worst of the group;
--          remedy = What would change it, in words;
--          method = How the probability was worked out;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with worded as (
    select
        *,
        pass_count_needed
        || if(pass_count_needed = 1, ' pass', ' passes')
        || if(test_count > 1, ' of each of its tests', '')
        || if(kind in ('stale', 'unexecuted'), ' at this build', '') as passes,
        ', then broken with '
        || case
            when probability_after < 0.001 then 'less than 0.1 %'
            else format('{:.1f} %', 100 * probability_after)
        end as effect
    from ana_release_drivers
),

final as (
    select
        worded.project,
        ana_candidate_builds.build_version,
        worded.tier,
        worded.driver_rank,
        worded.kind,
        worded.cause_key,
        worded.test_key,
        worded.variant_key,
        dim_tests.name as test_name,
        worded.test_keys,
        worded.test_count,
        worded.failing_attempt_count,
        worded.passing_attempt_count,
        worded.earlier_failing_count,
        worded.posterior_mean,
        worded.posterior_low,
        worded.posterior_high,
        worded.evidence_grade,
        worded.hazard,
        worded.change_count,
        worded.broken_prior,
        worded.broken_probability,
        worded.contribution,
        worded.share,
        worded.pass_count_needed,
        worded.probability_after,
        case
            when worded.probability_after is null then null
            when worded.pass_count_needed is not null
                then worded.passes || worded.effect
            else
                'a fix: after '
                || getvariable('confidence_pass_maximum')
                || ' passes r is still '
                || format('{:.1g}', worded.probability_after)
        end as remedy,
        worded.execution_keys,
        'two_state_posterior+root_causes' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from worded
    inner join ana_candidate_builds
        on
            worded.project = ana_candidate_builds.project
            and worded.build_number = ana_candidate_builds.build_number
    left outer join dim_tests on worded.test_key = dim_tests.test_key
)

select * from final
