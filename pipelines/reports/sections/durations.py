"""Where the time goes: the slowest tests of a week, and this night's durations by suite.

What belongs here: durations of what passed. What does not: regressions of durations (an analysis).
"""

from dataclasses import dataclass
from typing import Final

from pipelines.reports.sections.night import Night, rows_as
from warehouse.connection import ReleaseConnection

SLOW_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class SlowTest:
    """Passed executions of one test × variant in the last 7 days."""

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


def read_slowest_tests(release: ReleaseConnection, night: Night, row_limit: int = 30) -> list[SlowTest]:
    """By median duration, longest first."""
    result = release.query(
        """
        select
            coalesce(max(dim_tests.name), executions.test_key),
            coalesce(max(dim_variants.name), executions.variant_key), count(*),
            quantile_disc(executions.duration_ms, 0.5) as median_ms, min(executions.duration_ms),
            max(executions.duration_ms), sum(executions.duration_ms)::bigint as total_ms
        from fct_executions as executions
        left outer join dim_tests on executions.test_key = dim_tests.test_key
        left outer join dim_variants on executions.variant_key = dim_variants.variant_key
        where
            executions.outcome = 'passed'
            and executions.duration_ms is not null
            and executions.test_key is not null
            and executions.execution_type <> 'test_suite'
            and not executions.is_infra_suspect
            and executions.bucket_date > $night - $days::integer
            and executions.bucket_date <= $night
        group by executions.test_key, executions.variant_key
        order by median_ms desc, total_ms desc, executions.test_key, executions.variant_key
        limit $row_limit
        """,
        {"night": night.date, "days": SLOW_DAYS, "row_limit": row_limit},
    )
    return rows_as(SlowTest, result)


def read_suite_durations(release: ReleaseConnection, night: Night) -> list[SuiteDuration]:
    """Suites that ran this night, by their time in all."""
    result = release.query(
        """
        select
            suite_key, passed_count, duration_p50_ms, duration_p95_ms, duration_max_ms, duration_sum_ms
        from met_duration_daily
        where bucket_date = $night and passed_count > 0
        order by duration_sum_ms desc, suite_key
        """,
        {"night": night.date},
    )
    return rows_as(SuiteDuration, result)
