-- model:   stg_kpi_history
-- grain:   one row per as_of, scope_type, scope_key, kpi, lake_generation
-- inputs:  lake_kpi_history
-- units:   value, low and high are in the row's unit
-- rules:   nights after as_of are left out
-- owner:   quality-insights
with final as (
    select
        as_of,
        night_date,
        scope_type,
        scope_key,
        kpi,
        lake_generation,
        value,
        low,
        high,
        numerator,
        denominator,
        unit
    from lake_kpi_history
    where as_of <= getvariable('as_of')
)

select * from final
