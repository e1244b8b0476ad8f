-- model:   met_nights
-- grain:   one row per as_of
-- inputs:  fct_executions, quarantine
-- units:   *_count = what the name says; freshness_hours = hours
-- rules:   the one row says what the night is: what fct_executions dates on it,
--          all that came to be known in the day up to as_of; a quarantined document
--          may be of the night when its key is dated on the night's UTC days, or
--          has no date and was first seen on them
-- columns: as_of = The instant for which this is true, and the end of the night;
--          night_date = Names the night: the day of as_of in the project's zone;
--          night_from_at = When it begins: what was known by then is of earlier ones;
--          first_utc_date = UTC day on which the night begins;
--          last_utc_date = UTC day of as_of;
--          execution_count = Executions of the night, suite runs left out;
--          in_flight_count = Those of them that have not ended;
--          executed_suite_count = Suites with an execution on the night;
--          known_suite_count = Suites that ran in the last 28 days, and may be
--          expected to;
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
        getvariable('as_of_date') as night_date,
        getvariable('night_from_at') as night_from_at,
        getvariable('night_from_at')::date as first_utc_date,
        getvariable('as_of')::date as last_utc_date
),

executions as (
    select
        max(triggered_at) as newest_execution_at,
        count(*) filter (
            where
            night_date = getvariable('as_of_date')
            and execution_type <> 'test_suite'
        ) as execution_count,
        count(distinct named_key(suite_key)) filter (
            where
            night_date = getvariable('as_of_date')
            and execution_type <> 'test_suite'
        ) as executed_suite_count,
        count(distinct named_key(suite_key)) filter (
            where
            night_date <= getvariable('as_of_date')
            and night_date
            > getvariable('as_of_date') - getvariable('known_days')::integer
            and execution_type <> 'test_suite'
        ) as known_suite_count,
        count(*) filter (
            where
            night_date = getvariable('as_of_date')
            and execution_type <> 'test_suite'
            and outcome is null
        ) as in_flight_count
    from fct_executions
),

quarantined as (
    select count(*) as quarantined_count
    from nights
    inner join quarantine
        on
            coalesce(
                object_id_time(quarantine.document_id), quarantine.first_seen_at
            )::date between nights.first_utc_date and nights.last_utc_date
),

final as (
    select
        nights.as_of,
        nights.night_date,
        nights.night_from_at,
        nights.first_utc_date,
        nights.last_utc_date,
        executions.execution_count,
        executions.in_flight_count,
        executions.executed_suite_count,
        executions.known_suite_count,
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
