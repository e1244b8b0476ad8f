"""The partitions of the lake: days, in UTC, as its tables have them.

What belongs here: which days there are. What does not: what is in a day (lake.py).

They begin with the first day the lake holds, so that the UI shows days that have data; before the first night
with the setting `earliest_day`, since any day may come. Neither asks the clock or the source. A document that
is older than the lake's first day is loaded like any other; its day shows when definitions are loaded again.
"""

from datetime import date

import dagster as dg

from pipelines.home import Home
from pipelines.settings import Settings
from warehouse.errors import ExrError
from warehouse.lake import Lake
from warehouse.tables import EXECUTIONS


def daily_partitions(settings: Settings, home: Home) -> dg.DailyPartitionsDefinition:
    """One partition per UTC day up to today; today counts, since a night touches it."""
    first = _first_day(home) or date.fromisoformat(settings.earliest_day)
    return dg.DailyPartitionsDefinition(start_date=first.isoformat(), timezone="UTC", end_offset=1)


def _first_day(home: Home) -> date | None:
    try:
        return min(Lake(home.lake).day_counts(EXECUTIONS), default=None)
    except ExrError:
        return None  # a lake that cannot be read is the night's to tell: definitions that fail tell nobody
