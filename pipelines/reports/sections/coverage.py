"""What of the catalogue ran lately, and which gaps may let most through.

What belongs here: coverage by what tests are of. What does not: code coverage, which nothing imports.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """A suite or feature with tests that did not run lately."""

    component_type: str
    component: str
    test_count: int
    unexecuted_count: int
    never_executed_count: int
    mean_change_count: float
    break_rate: float
    expected_breaks: float
    low: float
    high: float
    top_priority: str | None
    first_test: str


@dataclass(frozen=True, slots=True)
class CoverageStates:
    """All tests that should run, by their state."""

    test_count: int
    passing_count: int
    failing_count: int
    flaky_count: int
    stale_count: int
    never_executed_count: int
    lacks: str | None

    @property
    def executed_count(self) -> int:
        return self.passing_count + self.failing_count + self.flaky_count


@dataclass(frozen=True, slots=True)
class Coverage:
    """What ran of everything, and the gaps, features first where there are any."""

    states: CoverageStates
    gaps: Sequence[CoverageGap]


def read_coverage(release: ReleaseConnection) -> Coverage | None:
    """None where there are no tests at all."""
    counts = release.query(
        """
        select
            test_count, passing_count, failing_count, flaky_count, stale_count, never_executed_count, lacks
        from met_coverage
        where dimension = 'all'
        """
    )
    if not counts.rows:
        return None
    gaps = release.query(
        """
        select
            gaps.component_type, gaps.component_key, gaps.test_count, gaps.unexecuted_count,
            gaps.never_executed_count, gaps.mean_change_count, gaps.break_rate,
            gaps.expected_undetected_breaks, gaps.expected_undetected_breaks_low,
            gaps.expected_undetected_breaks_high, gaps.top_priority,
            coalesce(dim_tests.name, gaps.unexecuted_test_keys[1])
        from met_coverage_gaps as gaps
        left outer join dim_tests on gaps.unexecuted_test_keys[1] = dim_tests.test_key
        order by gaps.component_type, gaps.gap_rank
        """
    )
    (states,) = rows_as(CoverageStates, counts)
    return Coverage(states, rows_as(CoverageGap, gaps))
