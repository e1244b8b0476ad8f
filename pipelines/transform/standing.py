"""Brings what stands in the lake to the settings in force: another time zone, other rules of the rollups.

What belongs here: finding that standing rows were made otherwise, and making them anew from the lake alone,
since the source may have forgotten them. What does not: settings that need the documents (identity paths,
error types): rows read before those changed keep what they say until they are read again.
"""

from collections.abc import Collection
from datetime import date

import polars as pl

from pipelines.transform import rollups
from pipelines.transform.merge import groups
from warehouse.lake import Lake
from warehouse.tables import APPLIED_SETTINGS, EXECUTIONS


def bring_up_to_date(lake: Lake, timezone: str, group_executions: int) -> tuple[date, ...]:
    """Rewrites every day when the zone or the rules of the rollups are not those applied; the days."""
    applied = dict(lake.scan(APPLIED_SETTINGS).collect().iter_rows())
    wanted = {"timezone": timezone, "rollups": rollups.VERSION}
    if applied == wanted:
        return ()
    counts = lake.day_counts(EXECUTIONS)
    days_in_order = {day: counts[day] for day in sorted(counts)}
    for days in groups(days_in_order, group_executions):
        if applied.get("timezone") != timezone:
            lake.replace_days(EXECUTIONS, days, _rezoned(lake, days, timezone))
        rollups.rebuild(lake, days)
    names = {"setting_name": list(wanted), "setting_value": list(wanted.values())}
    lake.replace_table(APPLIED_SETTINGS, pl.DataFrame(names))
    return tuple(days_in_order)


def _rezoned(lake: Lake, days: Collection[date], timezone: str) -> pl.DataFrame:
    """Executions with the day of this zone, and the invocation that is named after the day."""
    ran_at = pl.coalesce("started_at", "triggered_at")
    bucket_date = ran_at.dt.convert_time_zone(timezone).dt.date().alias("bucket_date")
    of_day = pl.format("day:{}|{}", pl.col("environment").fill_null(""), "bucket_date")
    is_of_day = pl.col("invocation_source") == "derived_day"
    invocation_key = pl.when(is_of_day).then(of_day).otherwise("invocation_key").alias("invocation_key")
    return lake.scan(EXECUTIONS, days).with_columns(bucket_date).with_columns(invocation_key).collect()
