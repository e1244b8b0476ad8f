-- model:   met_regressions
-- grain:   one row per test_key, variant_key, flake_mode
-- inputs:  met_regression_comparisons, met_segments, dim_tests
-- units:   *_count = runs; *_rate = fraction 0..1; pass_rate_drop, pass_rate_drop_low,
--          pass_rate_drop_high = fractions, basis less sample
-- rules:   every test × variant that ran in the sample or the basis, and all that are
--          open; regressed = enough runs and failures, a drop above the policy's and
--          no chance finding (q); without a basis: wholly below the target too; an open
--          one stays until its drop is small and may be chance, until it is accepted,
--          or until its test no longer runs; runs of infra storms count nowhere
-- source:  statistics.md 2.3
-- columns: state = regressed, accepted, not_regressed or insufficient;
--          transition = opened or closed on this night, null where it stays as it was;
--          reason = Why that, in words;
--          is_extreme = Regressed by more than the policy's extreme drop;
--          window_from_at = From here the cut lies with 99 %, null where no cut in
--          sample or basis leads to the current segment;
--          window_until_at = Up to here;
--          suspect_commit_ids = Commits at which it may lie, in order;
--          suspect_build_versions = Builds at which it may lie, in order;
--          pass_rate_drop = Basis less sample;
--          pass_rate_drop_low = Lower end of its 95 % interval;
--          pass_rate_drop_high = Upper end of it;
--          method = fisher+benjamini_hochberg, against a target
--          wilson+binomial+benjamini_hochberg;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with judged as (
    select
        *,
        opened_at is not null as was_open,
        sample_run_count >= getvariable('regression_run_minimum') as has_runs,
        (
            has_runs
            and sample_failed_count >= getvariable('regression_failure_minimum')
            and pass_rate_drop > getvariable('regression_drop_share')
        ) as is_worse,
        (
            q_value <= getvariable('regression_false_discovery_level')
            and (
                basis_kind <> 'target'
                or sample_pass_rate_high < getvariable('regression_target_rate')
            )
        ) as is_beyond_chance,
        (
            has_runs
            and pass_rate_drop <= getvariable('regression_recovered_drop_share')
            and p_value > getvariable('regression_recovered_p_level')
        ) as is_recovered,
        (
            basis_kind = 'target'
            and sample_pass_rate_low < getvariable('regression_target_rate')
            and sample_pass_rate_high >= getvariable('regression_target_rate')
        ) as is_astride
    from met_regression_comparisons
),

decided as (
    select
        *,
        case
            when was_open and (is_accepted or not is_running or is_recovered)
                then 'closed'
            when not was_open and not is_accepted and is_worse and is_beyond_chance
                then 'opened'
        end as transition,
        case
            when is_accepted and (was_open or is_worse) then 'accepted'
            when transition = 'opened' or (was_open and transition is null)
                then 'regressed'
            when not has_runs or is_astride then 'insufficient'
            else 'not_regressed'
        end as state
    from judged
),

final as (
    select
        decided.test_key,
        decided.variant_key,
        decided.flake_mode,
        decided.project,
        decided.suite_key,
        dim_tests.owner_key,
        decided.state,
        decided.transition,
        case
            when decided.state = 'accepted' then 'accepted: ' || decided.accepted_reason
            when not decided.is_running then 'has not run in sample and basis'
            when decided.transition = 'closed' then 'recovered'
            when decided.state = 'regressed' and decided.sample_run_count = 0
                then 'has not run in the sample'
            when decided.state = 'regressed' and decided.was_open
                then 'has not recovered since it opened'
            when decided.state = 'regressed' and decided.basis_kind = 'target'
                then 'no basis, and wholly below the target'
            when decided.state = 'regressed' then 'fell by more than chance explains'
            when not decided.has_runs then 'too few runs in the sample'
            when decided.is_astride
                then 'no basis, and the target lies inside the interval'
            when not decided.is_worse then 'no drop of weight'
            else 'a drop that may be chance'
        end as reason,
        coalesce(
            decided.opened_at,
            if(decided.transition = 'opened', getvariable('as_of'), null)
        ) as opened_at,
        decided.sample_run_count,
        decided.sample_failed_count,
        decided.sample_pass_rate,
        decided.sample_pass_rate_low,
        decided.sample_pass_rate_high,
        decided.basis_kind,
        decided.basis_run_count,
        decided.basis_failed_count,
        decided.basis_pass_rate,
        decided.pass_rate_drop,
        decided.pass_rate_drop_low,
        decided.pass_rate_drop_high,
        decided.p_value,
        decided.q_value,
        (
            decided.state = 'regressed'
            and coalesce(
                decided.pass_rate_drop
                > getvariable('regression_extreme_drop_share'),
                false
            )
        ) as is_extreme,
        met_segments.cut_low_at as window_from_at,
        met_segments.cut_high_at as window_until_at,
        coalesce(met_segments.suspect_commit_ids, []) as suspect_commit_ids,
        coalesce(met_segments.suspect_build_versions, []) as suspect_build_versions,
        decided.evidence_execution_keys,
        if(
            decided.basis_kind = 'target',
            'wilson+binomial+benjamini_hochberg',
            'fisher+benjamini_hochberg'
        ) as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from decided
    left outer join met_segments
        on
            decided.test_key = met_segments.test_key
            and decided.variant_key = met_segments.variant_key
            and met_segments.is_current
            and met_segments.cut_kind in ('broke', 'shifted')
            and met_segments.cut_high_at > getvariable('as_of') - to_days((
                getvariable('regression_sample_days')
                + getvariable('regression_basis_days')
            )::integer)
    left outer join dim_tests on decided.test_key = dim_tests.test_key
)

select * from final
