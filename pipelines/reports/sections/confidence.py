"""Whether the newest build can be trusted: release confidence by tier, what takes it, the quality score.

What belongs here: figures about builds. What does not: gates, which decide (gates_view.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class Confidence:
    """One tier of the newest build of a project, with its quality score."""

    project: str
    build: str
    tier: str
    required_count: int
    executed_count: int
    failing_count: int
    confidence: float | None
    low: float | None
    high: float | None
    expected_failures: float | None
    score: float | None
    score_low: float | None
    score_high: float | None
    lacks: str | None


@dataclass(frozen=True, slots=True)
class Driver:
    """A root cause that takes confidence of all required tests of the newest build."""

    project: str
    kind: str
    test: str
    test_count: int
    failing_count: int
    passing_count: int
    change_count: float | None
    flake_rate_low: float | None
    flake_rate_high: float | None
    evidence_grade: str | None
    probability: float | None
    share: float | None
    remedy: str | None
    execution_key: str | None


@dataclass(frozen=True, slots=True)
class Confidences:
    """Of every project; the drivers are the largest, those told as one sum left out."""

    rows: Sequence[Confidence]
    drivers: Sequence[Driver]


def read_confidences(release: ReleaseConnection, row_limit: int = 30) -> Confidences:
    """Projects by name, tiers from the narrowest; drivers by what they take."""
    rows = release.query(
        """
        select
            confidence.project, confidence.build_version, confidence.tier, confidence.required_count,
            confidence.executed_count, confidence.failing_count, confidence.confidence,
            confidence.confidence_low, confidence.confidence_high, confidence.expected_failures,
            quality.score, quality.score_low, quality.score_high, confidence.lacks
        from met_release_confidence as confidence
        left outer join met_quality_score as quality
            on
                confidence.project = quality.project
                and confidence.build_version = quality.build_version
                and confidence.tier = quality.tier
        where confidence.is_newest and confidence.build_version is not null
        order by confidence.project, list_position(['p0', 'p0_p1', 'all'], confidence.tier)
        """
    )
    drivers = release.query(
        """
        select
            drivers.project, drivers.kind, drivers.test_name, drivers.test_count,
            drivers.failing_attempt_count, drivers.passing_attempt_count, drivers.change_count,
            drivers.posterior_low, drivers.posterior_high, drivers.evidence_grade,
            drivers.broken_probability, drivers.share,
            drivers.remedy, drivers.execution_keys[1]
        from met_release_confidence_drivers as drivers
        semi join met_release_confidence as confidence
            on
                drivers.project = confidence.project
                and drivers.build_version = confidence.build_version
                and confidence.is_newest
        where drivers.tier = 'all' and drivers.cause_key is not null and drivers.test_key is not null
        order by drivers.contribution, drivers.project, drivers.driver_rank
        limit ?
        """,
        [row_limit],
    )
    return Confidences(rows_as(Confidence, rows), rows_as(Driver, drivers))
