"""Brings what stands in the lake to the settings in force: another time zone, other rules of the rollups.

What belongs here: finding that standing rows were made otherwise, and making them anew from the lake alone,
since the source may have forgotten them; and finding that they were read otherwise. What does not: reading
the documents again, which settings such as identity paths and error types need (night.py).
"""

from collections.abc import Collection
from datetime import date
from typing import Final

import polars as pl

from pipelines.transform import rollups
from pipelines.transform.merge import groups
from warehouse.lake import Lake
from warehouse.tables import APPLIED_SETTINGS, EXECUTIONS

MIXED: Final = "mixed"
"""What stands for the settings of reading where some days were read with others: the next night reads all."""


def was_read_with(lake: Lake, reading: str) -> bool:
    """Whether the standing rows were read with these settings, as Settings.reading names them."""
    return _applied(lake).get("reading") == reading


def bring_up_to_date(lake: Lake, timezone: str, group_executions: int, reading: str) -> tuple[date, ...]:
    """Rewrites every day when the zone or the rules of the rollups are not those applied; the days.

    `reading` names the settings that everything has now been read with, or MIXED.
    """
    applied = _applied(lake)
    wanted = {"timezone": timezone, "rollups": rollups.VERSION, "reading": reading}
    if applied == wanted:
        return ()
    is_alike = all(applied.get(name) == wanted[name] for name in ("timezone", "rollups"))
    counts = {} if is_alike else lake.day_counts(EXECUTIONS)
    days_in_order = {day: counts[day] for day in sorted(counts)}
    for days in groups(days_in_order, group_executions):
        if applied.get("timezone") != timezone:
            lake.replace_days(EXECUTIONS, days, _rezoned(lake, days, timezone))
        rollups.rebuild(lake, days)
    names = {"setting_name": list(wanted), "setting_value": list(wanted.values())}
    lake.replace_table(APPLIED_SETTINGS, pl.DataFrame(names))
    return tuple(days_in_order)


def _applied(lake: Lake) -> dict[str, str]:
    return dict(lake.scan(APPLIED_SETTINGS).collect().iter_rows())


def _rezoned(lake: Lake, days: Collection[date], timezone: str) -> pl.DataFrame:
    """Executions with the day of this zone, and the invocation that is named after the day."""
    ran_at = pl.coalesce("started_at", "triggered_at")
    bucket_date = ran_at.dt.convert_time_zone(timezone).dt.date().alias("bucket_date")
    of_day = pl.format("day:{}|{}", pl.col("environment").fill_null(""), "bucket_date")
    is_of_day = pl.col("invocation_source") == "derived_day"
    invocation_key = pl.when(is_of_day).then(of_day).otherwise("invocation_key").alias("invocation_key")
    return lake.scan(EXECUTIONS, days).with_columns(bucket_date).with_columns(invocation_key).collect()
