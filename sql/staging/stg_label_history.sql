-- model:   stg_label_history
-- grain:   one row per as_of, test_key, variant_key, lake_generation
-- inputs:  lake_label_history
-- units:   *_count = runs; broken_probability = probability
-- rules:   nights after as_of are left out
-- owner:   quality-insights
with final as (
    select
        as_of,
        lake_generation,
        night_date,
        test_key,
        variant_key,
        project,
        suite_key,
        former_label,
        label,
        cause,
        reason,
        evidence_grade,
        run_count,
        pass_count,
        flake_count,
        hard_fail_count,
        posterior_low,
        broken_probability,
        params_hash
    from lake_label_history
    where as_of <= getvariable('as_of')
)

select * from final
