"""What began to fail and what was mended, night by night, and how long the tests of the night took.

What belongs here: counts per night for the summary. What does not: the tests themselves (failing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from pipelines.reports.sections.night import BASELINE_NIGHTS, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class NightlyChange:
    """Tests × variants that failed in one night, against their previous decided night."""

    date: date
    test_count: int
    compared_count: int
    """Those with a decided night before, within the window."""
    failing_count: int
    newly_failing_count: int
    first_run_failing_count: int
    """Of the newly failing those that were never decided before, within the window."""
    mended_count: int
    storm_count: int
    """Tests × variants decided in infra storms, in none of the other counts."""

    @property
    def rate_difference(self) -> float | None:
        """Share of the compared that pass, less what it was on the night before of each."""
        began = self.newly_failing_count - self.first_run_failing_count
        return (self.mended_count - began) / self.compared_count if self.compared_count else None


@dataclass(frozen=True, slots=True)
class SuiteTime:
    """How long the executions of one suite ran in one night, all outcomes."""

    suite: str
    date: date
    execution_count: int
    invocation_count: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class TestTimes:
    """Every suite and night of the window, by suite and night."""

    rows: Sequence[SuiteTime]

    def execution_count(self, night: date) -> int:
        return sum(row.execution_count for row in self.rows if row.date == night)

    def total_ms(self, night: date) -> int:
        return sum(row.total_ms for row in self.rows if row.date == night)

    def usual_ms(self, night: date) -> float | None:
        """Each suite's median time per invocation of its last nights × its invocations of this night."""
        usual, found = 0.0, False
        for _, group in groupby(self.rows, key=lambda row: row.suite):
            rows = list(group)
            before = [row.total_ms / row.invocation_count for row in rows if row.date < night]
            for row in rows:
                if row.date == night:
                    if not before:
                        return None
                    usual += row.invocation_count * median(before[-BASELINE_NIGHTS:])
                    found = True
        return usual if found else None


def read_changes(release: ReleaseConnection) -> list[NightlyChange]:
    """One record per night of the window, oldest first."""
    result = release.query(
        """
        select
            night_date, test_count, compared_count, failing_count, newly_failing_count,
            first_run_failing_count, mended_count, infra_suspect_count
        from met_changes_nightly
        order by night_date
        """
    )
    return rows_as(NightlyChange, result)


def usual_newly_failing(changes: Sequence[NightlyChange], night: date) -> list[int]:
    """Newly failing tests of the nights before, the newest last; the window's first night has no past."""
    before = [change.newly_failing_count for change in changes[1:] if change.date < night]
    return before[-BASELINE_NIGHTS:]


def read_test_times(release: ReleaseConnection) -> TestTimes:
    """Sums of the durations that are known, by suite and night."""
    result = release.query(
        """
        select suite_key, night_date, duration_count, invocation_count, duration_sum_ms
        from met_test_time_nightly
        order by suite_key, night_date
        """
    )
    return TestTimes(rows_as(SuiteTime, result))
