-- model:   fct_kpi_history
-- grain:   one row per as_of, scope_type, scope_key, kpi, lake_generation
-- inputs:  stg_kpi_history, met_kpis_nightly, met_nights
-- units:   value, low and high are in the row's unit
-- rules:   append-only: the figures of every night up to as_of as they were first
--          published, and of this one; a night that was published before from the
--          same generation of the lake adds nothing
-- owner:   quality-insights
with history as (
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
    from stg_kpi_history
),

this_night as (
    select
        met_nights.as_of,
        met_nights.night_date,
        met_kpis_nightly.scope_type,
        met_kpis_nightly.scope_key,
        met_kpis_nightly.kpi,
        getvariable('lake_generation')::bigint as lake_generation,
        met_kpis_nightly.value,
        met_kpis_nightly.low,
        met_kpis_nightly.high,
        met_kpis_nightly.numerator,
        met_kpis_nightly.denominator,
        met_kpis_nightly.unit
    from met_kpis_nightly
    cross join met_nights
),

unpublished as (
    select this_night.*
    from this_night
    anti join history
        on
            this_night.as_of = history.as_of
            and this_night.lake_generation = history.lake_generation
),

final as (
    select * from history
    union all by name
    select * from unpublished
)

select * from final
