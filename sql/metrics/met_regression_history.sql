-- model:   met_regression_history
-- grain:   one row per as_of, test_key, variant_key, flake_mode, lake_generation
-- inputs:  stg_regression_history, met_regressions, met_nights
-- units:   *_count = runs; p_value, q_value = probability
-- rules:   append-only: every regression that opened or closed up to as_of as it was
--          first published, and those of this night; a night that was published before
--          from the same generation of the lake adds nothing
-- columns: as_of = The instant for which this was true;
--          lake_generation = Generation of the lake that it was computed from;
--          night_date = Names the night: the day of as_of in the project's zone;
--          transition = opened or closed;
--          reason = Why, in words;
--          opened_at = As-of of the night that opened it;
--          basis_kind = window or target;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with published as (
    select
        as_of,
        lake_generation,
        night_date,
        test_key,
        variant_key,
        flake_mode,
        project,
        suite_key,
        transition,
        reason,
        opened_at,
        basis_kind,
        basis_run_count,
        basis_failed_count,
        sample_run_count,
        sample_failed_count,
        p_value,
        q_value,
        params_hash
    from stg_regression_history
),

this_night as (
    select
        met_nights.as_of,
        getvariable('lake_generation')::bigint as lake_generation,
        met_nights.night_date,
        met_regressions.test_key,
        met_regressions.variant_key,
        met_regressions.flake_mode,
        met_regressions.project,
        met_regressions.suite_key,
        met_regressions.transition,
        met_regressions.reason,
        met_regressions.opened_at,
        if(met_regressions.basis_run_count = 0, 'target', 'window') as basis_kind,
        met_regressions.basis_run_count,
        met_regressions.basis_failed_count,
        met_regressions.sample_run_count,
        met_regressions.sample_failed_count,
        met_regressions.p_value,
        met_regressions.q_value,
        met_regressions.params_hash
    from met_regressions
    cross join met_nights
    where
        met_regressions.transition is not null
        and not exists (
            select 1
            from published
            where is_this_night(published.as_of, published.lake_generation)
        )
),

final as (
    select * from published
    union all by name
    select * from this_night
)

select * from final
