"""Which night a report is about, how fresh its data is, and which release it was read from.

What belongs here: the facts that every section needs. What does not: how fresh is fresh enough (page.py
paints it, a gate judges it).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812 - a field of that name hides it
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

from warehouse.connection import QueryResult, ReleaseConnection
from warehouse.errors import DataError

FRESH: Final = timedelta(hours=26)
"""A night that is late by two hours still is of yesterday."""

WINDOW_DAYS: Final = 60
"""Days that histories and trends show; met_test_history holds as many."""

BASELINE_NIGHTS: Final = 7
"""Nights before this one that say what is usual."""

State = Literal["current", "late", "empty"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Night:
    """The day up to `as_of`; `date` names it: the day of the as-of in the project's time zone."""

    release_id: str
    as_of: datetime
    code_version: str
    params_hash: str
    lake_generation: int
    source: str
    date: Date
    began_at: datetime
    execution_count: int
    last_execution_at: datetime | None
    executed_suite_count: int
    known_suite_count: int

    @property
    def state(self) -> State:
        """Whether the night has executions, else whether there ever was one."""
        if self.last_execution_at is None:
            return "empty"
        return "current" if self.execution_count else "late"

    @property
    def age(self) -> timedelta | None:
        """How old the newest execution is at the as-of."""
        return None if self.last_execution_at is None else self.as_of - self.last_execution_at

    @property
    def window_start(self) -> Date:
        return self.date - timedelta(days=WINDOW_DAYS - 1)


def rows_as(row: Callable[..., Row], result: QueryResult) -> list[Row]:
    """Each row of a result as one frozen record."""
    return [row(*values) for values in result.rows]


def read_night(release: ReleaseConnection) -> Night:
    """The night as met_nights says."""
    result = release.query(
        """
        select
            info.release_id, info.as_of, info.code_version, info.params_hash, info.lake_generation,
            coalesce(info.source, 'unknown source'), nights.night_date, nights.night_from_at,
            nights.execution_count, nights.newest_execution_at, nights.executed_suite_count,
            nights.known_suite_count
        from release_info as info
        cross join met_nights as nights
        """
    )
    if len(result.rows) != 1:
        raise DataError("release_info and met_nights of the release do not hold one row; build it anew.")
    return rows_as(Night, result)[0]
