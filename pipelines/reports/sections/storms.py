"""Invocations that look like a failure of the infrastructure, and what they were left out of.

What belongs here: the storms of the window. What does not: nights they fell on (the grid and the charts mark
them).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import Night, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class Storm:
    """One invocation; of the tests that had passed before, so many failed."""

    invocation: str
    began_at: datetime
    suite_count: int
    build_version: str | None
    baseline_count: int
    failing_count: int
    failing_share: float
    failing_share_low: float
    failing_share_high: float
    excluded_count: int


def read_storms(release: ReleaseConnection, night: Night) -> Sequence[Storm]:
    """The storms of the nights that the report shows, newest first."""
    result = release.query(
        """
        select
            invocation_key, first_triggered_at, suite_count, build_version, baseline_count, failing_count,
            failing_share, failing_share_low, failing_share_high, excluded_count
        from met_infra_storms
        where night_date between $first and $last
        order by first_triggered_at desc, invocation_key
        """,
        {"first": night.window_start, "last": night.date},
    )
    return rows_as(Storm, result)
