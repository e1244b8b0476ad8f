-- model:   stg_regression_history
-- grain:   one row per as_of, test_key, variant_key, flake_mode, lake_generation
-- inputs:  lake_regression_history
-- units:   *_count = runs; p_value, q_value = probability
-- rules:   nights after as_of are left out
-- owner:   quality-insights
with final as (
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
    from lake_regression_history
    where as_of <= getvariable('as_of')
)

select * from final
