"""What became slower or faster: tests and steps, each change with what it rests on.

What belongs here: changes that were tested. What does not: the slowest tests (durations.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class ChangedTest:
    """The last passes of a test × variant against those before; `since`: first day of its level of now."""

    direction: str
    test: str
    variant: str
    baseline_count: int
    current_count: int
    baseline_p50_ms: float
    current_p50_ms: float
    ratio: float
    low: float
    high: float
    q_value: float
    since: date | None
    is_censored: bool
    execution_key: str | None


@dataclass(frozen=True, slots=True)
class ChangedStep:
    """Daily medians of a step: this week against the four before."""

    direction: str
    suite: str
    step: str
    day_count: int
    basis_day_count: int
    sample_p50_ms: float
    basis_p50_ms: float
    ratio: float
    low: float
    high: float
    q_value: float
    duration_share: float


@dataclass(frozen=True, slots=True)
class Changed:
    """Tests and steps that changed, and how many of each were compared."""

    tests: Sequence[ChangedTest]
    compared_test_count: int
    steps: Sequence[ChangedStep]
    compared_step_count: int


def read_changed(release: ReleaseConnection) -> Changed:
    """Slower ones first, then by the time that they take more."""
    tests = release.query(
        """
        select
            shift.direction, coalesce(dim_tests.name, shift.test_key),
            coalesce(dim_variants.name, shift.variant_key), shift.baseline_count, shift.current_count,
            shift.baseline_p50_ms, shift.current_p50_ms, shift.ratio, shift.ratio_low, shift.ratio_high,
            shift.q, cuts.cut_date, shift.is_censored, shift.evidence_execution_keys[1]
        from met_duration_shift as shift
        left outer join met_duration_cuts as cuts
            on
                shift.test_key = cuts.test_key and shift.variant_key = cuts.variant_key
                and cuts.is_current and cuts.direction = shift.direction
        left outer join dim_tests on shift.test_key = dim_tests.test_key
        left outer join dim_variants on shift.variant_key = dim_variants.variant_key
        where shift.direction in ('slower', 'faster')
        order by
            shift.direction = 'slower' desc, abs(shift.shift_ms) desc, shift.test_key, shift.variant_key
        """
    )
    steps = release.query(
        """
        select
            verdict, suite_key, step_name, sample_day_count, basis_day_count, sample_p50_ms,
            basis_p50_ms, ratio, ratio_low, ratio_high, q, duration_share
        from met_step_time
        where verdict in ('slower', 'faster')
        order by verdict = 'slower' desc, duration_share desc, project, suite_key, step_name, step_type
        """
    )
    ((compared_tests, compared_steps),) = release.query(
        "select (select count(p) from met_duration_shift), (select count(p) from met_step_time)"
    ).rows
    return Changed(
        rows_as(ChangedTest, tests),
        int(str(compared_tests)),
        rows_as(ChangedStep, steps),
        int(str(compared_steps)),
    )
