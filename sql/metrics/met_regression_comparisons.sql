-- model:   met_regression_comparisons
-- grain:   one row per test_key, variant_key, flake_mode
-- inputs:  ana_regression_counts, stg_regression_history, ref_accepted_regressions,
--          ref_test_aliases
-- units:   *_count = runs; *_rate = fraction 0..1; pass_rate_drop,
--          pass_rate_drop_low, pass_rate_drop_high = fractions, basis less sample
-- rules:   the sample of each test × variant beside its basis: the days before it, for
--          an open regression those of its opening, for a test without any the target
--          of the policy; a family = the tests of a project that may open, in one
--          flake_mode, with runs enough; an acceptance without an end holds as long as
--          the basis has days from before it
-- source:  statistics.md 2.2, 2.3
-- columns: flake_mode = flakes_as_pass or flakes_as_fail;
--          opened_at = As-of of the night that opened it, null where it is not open;
--          is_running = It ran in the sample or in the days before it;
--          is_accepted = The register accepts what it may have lost;
--          accepted_reason = Why, in the words of the register;
--          basis_kind = window, opening (kept from there) or target;
--          sample_pass_rate = Passed over runs of the sample;
--          sample_pass_rate_low = Lower end of Wilson's 95 % interval;
--          sample_pass_rate_high = Upper end of it;
--          basis_run_count = Runs of the basis, 0 against a target;
--          basis_failed_count = Those of them that failed;
--          basis_pass_rate = Passed over runs of the basis, or the target;
--          pass_rate_drop = Basis less sample;
--          pass_rate_drop_low = Lower end of Newcombe's 95 % interval, against a
--          target of Wilson's of the sample;
--          pass_rate_drop_high = Upper end of it;
--          p_value = Fisher's, one-sided: the sample is worse, against a target the
--          binomial tail;
--          q_value = Benjamini-Hochberg over the family, null outside of it
-- owner:   quality-insights
with earlier as (
    select
        coalesce(ref_test_aliases.test_key, published.test_key) as test_key,
        published.variant_key,
        published.flake_mode,
        published.project,
        published.suite_key,
        published.transition,
        published.opened_at,
        published.basis_run_count,
        published.basis_failed_count,
        (
            ref_test_aliases.former_key is null,
            published.as_of,
            published.lake_generation,
            published.test_key
        ) as place
    from stg_regression_history as published
    left outer join ref_test_aliases
        on published.test_key = ref_test_aliases.former_key
    where not is_this_night(published.as_of, published.lake_generation)
),

latest as (
    select
        test_key,
        variant_key,
        flake_mode,
        arg_max(transition, place) as transition,
        arg_max(project, place) as project,
        arg_max_null(suite_key, place) as suite_key,
        arg_max(opened_at, place) as opened_at,
        arg_max(basis_run_count, place) as basis_run_count,
        arg_max(basis_failed_count, place) as basis_failed_count
    from earlier
    group by test_key, variant_key, flake_mode
),

still_open as (
    select *
    from latest
    where transition = 'opened'
),

compared as (
    select
        coalesce(counts.test_key, opened.test_key) as test_key,
        coalesce(counts.variant_key, opened.variant_key) as variant_key,
        coalesce(counts.flake_mode, opened.flake_mode) as flake_mode,
        coalesce(counts.project, opened.project) as project,
        if(counts.test_key is null, opened.suite_key, counts.suite_key) as suite_key,
        opened.opened_at,
        counts.test_key is not null as is_running,
        coalesce(counts.sample_run_count, 0) as sample_run_count,
        coalesce(counts.sample_failed_count, 0) as sample_failed_count,
        coalesce(opened.basis_run_count, counts.basis_run_count) as basis_run_count,
        coalesce(opened.basis_failed_count, counts.basis_failed_count)
            as basis_failed_count,
        case
            when coalesce(opened.basis_run_count, counts.basis_run_count) = 0
                then 'target'
            when opened.opened_at is not null then 'opening'
            else 'window'
        end as basis_kind,
        coalesce(counts.evidence_execution_keys, []) as evidence_execution_keys
    from ana_regression_counts as counts
    full outer join still_open as opened
        on
            counts.test_key = opened.test_key
            and counts.variant_key = opened.variant_key
            and counts.flake_mode = opened.flake_mode
),

accepted as (
    select
        compared.test_key,
        compared.variant_key,
        compared.flake_mode,
        min(register.reason) as accepted_reason
    from compared
    inner join ref_accepted_regressions as register
        on
            compared.test_key = register.test_key
            and (
                register.variant_key is null
                or compared.variant_key = register.variant_key
            )
    where
        register.accepted_on <= getvariable('as_of_date')
        and coalesce(
            register.until_date,
            register.accepted_on
            + (
                getvariable('regression_sample_days')
                + getvariable('regression_basis_days')
            )::integer
        ) >= getvariable('as_of_date')
    group by compared.test_key, compared.variant_key, compared.flake_mode
),

rated as (
    select
        compared.*,
        accepted.test_key is not null as is_accepted,
        accepted.accepted_reason,
        compared.sample_run_count - compared.sample_failed_count
            as sample_passed_count,
        compared.basis_run_count - compared.basis_failed_count as basis_passed_count,
        case compared.basis_kind
            when 'target'
                then binomial_tail(
                    compared.sample_failed_count,
                    compared.sample_run_count,
                    1 - getvariable('regression_target_rate')
                )
            else fisher_worse(
                compared.sample_failed_count,
                sample_passed_count,
                compared.basis_failed_count,
                basis_passed_count
            )
        end as p_value,
        if(
            compared.opened_at is null
            and not is_accepted
            and compared.sample_run_count >= getvariable('regression_run_minimum'),
            p_value,
            null
        ) as family_p
    from compared
    left outer join accepted
        on
            compared.test_key = accepted.test_key
            and compared.variant_key = accepted.variant_key
            and compared.flake_mode = accepted.flake_mode
),

scaled as (
    select
        *,
        bh_scaled(family_p, (project, flake_mode)) as scaled_p
    from rated
),

final as (
    select
        test_key,
        variant_key,
        flake_mode,
        project,
        suite_key,
        opened_at,
        is_running,
        is_accepted,
        accepted_reason,
        sample_run_count,
        sample_failed_count,
        sample_passed_count / nullif(sample_run_count, 0) as sample_pass_rate,
        wilson_low(sample_passed_count, sample_run_count) as sample_pass_rate_low,
        wilson_high(sample_passed_count, sample_run_count) as sample_pass_rate_high,
        basis_kind,
        basis_run_count,
        basis_failed_count,
        if(
            basis_kind = 'target',
            getvariable('regression_target_rate'),
            basis_passed_count / nullif(basis_run_count, 0)
        ) as basis_pass_rate,
        basis_pass_rate - sample_pass_rate as pass_rate_drop,
        if(
            basis_kind = 'target',
            basis_pass_rate - sample_pass_rate_high,
            newcombe_low(
                basis_passed_count,
                basis_run_count,
                sample_passed_count,
                sample_run_count
            )
        ) as pass_rate_drop_low,
        if(
            basis_kind = 'target',
            basis_pass_rate - sample_pass_rate_low,
            newcombe_high(
                basis_passed_count,
                basis_run_count,
                sample_passed_count,
                sample_run_count
            )
        ) as pass_rate_drop_high,
        p_value,
        bh_q(scaled_p, family_p, (project, flake_mode)) as q_value,
        evidence_execution_keys
    from scaled
)

select * from final
