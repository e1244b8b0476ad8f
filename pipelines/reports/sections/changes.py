"""What began to fail and what was mended, night by night, and how long the tests of the night took.

What belongs here: counts per night for the summary. What does not: the tests themselves (failing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from pipelines.reports.sections.night import BASELINE_NIGHTS, Night, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class NightlyChange:
    """Tests × variants that failed in one night, against their previous decided night."""

    date: date
    test_count: int
    failing_count: int
    newly_failing_count: int
    first_run_failing_count: int
    """Of the newly failing those that never ran before, within the window."""
    fixed_count: int


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


def read_changes(release: ReleaseConnection, night: Night) -> list[NightlyChange]:
    """One record per night of the window, oldest first."""
    result = release.query(
        """
        with totals as (
            select bucket_date, count(*) as test_count
            from met_test_history
            where decided_count > 0 and bucket_date <= $night
            group by bucket_date
        ),

        -- tests that never failed change nothing, and are most of them
        failing as (
            select distinct test_key, variant_key
            from met_test_history
            where failing_count > 0
        ),

        nights as (
            select
                history.bucket_date,
                history.failing_count > 0 as is_failing,
                lag(history.failing_count > 0) over (
                    partition by history.test_key, history.variant_key order by history.bucket_date
                ) as was_failing
            from met_test_history as history
            semi join failing
                on history.test_key = failing.test_key and history.variant_key = failing.variant_key
            where history.decided_count > 0 and history.bucket_date <= $night
        ),

        changes as (
            select
                bucket_date,
                count(*) filter (where is_failing) as failing_count,
                count(*) filter (where is_failing and was_failing is distinct from true)
                    as newly_failing_count,
                count(*) filter (where is_failing and was_failing is null) as first_run_failing_count,
                count(*) filter (where was_failing and not is_failing) as fixed_count
            from nights
            group by bucket_date
        )

        select
            totals.bucket_date, totals.test_count, coalesce(changes.failing_count, 0),
            coalesce(changes.newly_failing_count, 0), coalesce(changes.first_run_failing_count, 0),
            coalesce(changes.fixed_count, 0)
        from totals
        left outer join changes on totals.bucket_date = changes.bucket_date
        order by totals.bucket_date
        """,
        {"night": night.date},
    )
    return rows_as(NightlyChange, result)


def usual_newly_failing(changes: Sequence[NightlyChange], night: date) -> list[int]:
    """Newly failing tests of the nights before, the newest last; the window's first night has no past."""
    before = [change.newly_failing_count for change in changes[1:] if change.date < night]
    return before[-BASELINE_NIGHTS:]


def read_test_times(release: ReleaseConnection, night: Night) -> TestTimes:
    """Sums of the durations that are known, by suite and night."""
    result = release.query(
        """
        select
            coalesce(suite_key, '(none)') as suite, bucket_date, count(duration_ms),
            count(distinct invocation_key), coalesce(sum(duration_ms), 0)::bigint
        from fct_executions
        where execution_type <> 'test_suite' and bucket_date between $start and $night
        group by suite, bucket_date
        order by suite, bucket_date
        """,
        {"start": night.window_start, "night": night.date},
    )
    return TestTimes(rows_as(SuiteTime, result))
