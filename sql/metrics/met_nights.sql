-- model:   met_nights
-- grain:   one row per as_of
-- inputs:  fct_executions, quarantine
-- units:   *_count = what the name says; freshness_hours = hours
-- rules:   the one row says what the night is: the calendar day of as_of in the
--          project's time zone, up to as_of; a quarantined document may be of the
--          night when its key is dated on the night's UTC days, or has no date
--          and was first seen on the night
-- columns: as_of = The instant for which this is true;
--          bucket_date = The night: the day of as_of in the project's time zone;
--          first_utc_date = UTC day on which the night's day begins;
--          last_utc_date = UTC day of as_of;
--          execution_count = Executions of the night, suite runs left out;
--          in_flight_count = Those of them that have not ended;
--          newest_execution_at = When the newest execution was asked for, whatever
--          its day;
--          freshness_hours = From then to as_of, null where nothing ever ran;
--          quarantined_count = Documents that may be of the night and could not be
--          read;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with nights as (
    select
        getvariable('as_of') as as_of,
        getvariable('as_of_date') as bucket_date,
        timezone(
            getvariable('time_zone'), getvariable('as_of_date')::timestamp
        )::date as first_utc_date,
        getvariable('as_of')::date as last_utc_date
),

executions as (
    select
        max(triggered_at) as newest_execution_at,
        count(*) filter (
            where
            bucket_date = getvariable('as_of_date')
            and execution_type <> 'test_suite'
        ) as execution_count,
        count(*) filter (
            where
            bucket_date = getvariable('as_of_date')
            and execution_type <> 'test_suite'
            and outcome is null
        ) as in_flight_count
    from fct_executions
),

refused as (
    select
        first_seen_at::date as first_seen_date,
        case
            -- an ObjectId begins with its time, seconds since 1970 in hexadecimal
            when regexp_full_match(document_id, '[0-9a-f]{24}')
                then to_timestamp(('0x' || left(document_id, 8))::bigint)::date
        end as document_date
    from quarantine
),

quarantined as (
    select count(*) as quarantined_count
    from nights
    inner join refused
        on
            coalesce(refused.document_date, refused.first_seen_date)
            between nights.first_utc_date and nights.last_utc_date
),

final as (
    select
        nights.as_of,
        nights.bucket_date,
        nights.first_utc_date,
        nights.last_utc_date,
        executions.execution_count,
        executions.in_flight_count,
        executions.newest_execution_at,
        (epoch_us(nights.as_of) - epoch_us(executions.newest_execution_at))
        / 3.6e9 as freshness_hours,
        quarantined.quarantined_count,
        getvariable('params_hash') as params_hash
    from nights
    cross join executions
    cross join quarantined
)

select * from final
