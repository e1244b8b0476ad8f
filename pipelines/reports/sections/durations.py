"""Where the time goes: the slowest tests of a week, and this night's durations by suite.

What belongs here: durations of what passed. What does not: regressions of durations (an analysis).
"""

from dataclasses import dataclass

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class SlowTest:
    """Passed executions of one test × variant in the last 7 nights."""

    test: str
    variant: str
    passed_count: int
    median_ms: int
    min_ms: int
    max_ms: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class SuiteDuration:
    """Passed attempts of one suite this night; p95 is null where there are too few of them."""

    suite: str
    passed_count: int
    p50_ms: int | None
    p95_ms: int | None
    max_ms: int | None
    total_ms: int


def read_slowest_tests(release: ReleaseConnection, row_limit: int = 30) -> list[SlowTest]:
    """By median duration, longest first."""
    result = release.query(
        """
        select
            coalesce(dim_tests.name, durations.test_key),
            coalesce(dim_variants.name, durations.variant_key), durations.passed_count,
            durations.duration_p50_ms, durations.duration_min_ms, durations.duration_max_ms,
            durations.duration_sum_ms
        from met_test_durations as durations
        left outer join dim_tests on durations.test_key = dim_tests.test_key
        left outer join dim_variants on durations.variant_key = dim_variants.variant_key
        order by
            durations.duration_p50_ms desc, durations.duration_sum_ms desc, durations.test_key,
            durations.variant_key
        limit $row_limit
        """,
        {"row_limit": row_limit},
    )
    return rows_as(SlowTest, result)


def read_suite_durations(release: ReleaseConnection) -> list[SuiteDuration]:
    """Suites with a passed attempt this night, by their time in all."""
    result = release.query(
        """
        select
            scope_key, duration_count, duration_p50_ms, duration_p95_ms, duration_max_ms, duration_sum_ms
        from met_durations_nightly
        where scope_type = 'suite'
        order by duration_sum_ms desc, scope_key
        """
    )
    return rows_as(SuiteDuration, result)
