"""Release confidence and quality score: what the tests at one candidate say together, taken apart again.

What belongs here: the formulas of statistics.md 6.1 and 6.2 on rows of tests. What does not: which tests are
required, what is fresh and what belongs to one root cause (sql/analysis), and verdicts (pipelines/gates).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pipelines.analysis.segments import Floats, current_states


@dataclass(frozen=True, slots=True)
class Evidence:
    """One required test at the candidate.

    `group`: its root cause, shared by tests whose failures have one; null: the test by itself. `phi`: rate of
    flakes while good; `hazard`: chance that one change breaks it; `changes`: since it was last good;
    `failures`, `passes`: attempts at the candidate. `fresh`: counts as executed; null: if it has an attempt.
    """

    test: str
    group: str | None
    phi: float
    hazard: float
    changes: float
    failures: int
    passes: int
    fresh: bool | None = None

    @property
    def is_fresh(self) -> bool:
        """Executed at the candidate, and within policy where the row says so."""
        return self.failures + self.passes > 0 and self.fresh is not False

    @property
    def root_cause(self) -> str:
        """Name of its group."""
        return self.test if self.group is None else self.group


Row: TypeAlias = Evidence | Mapping[str, Any] | tuple[Any, ...]
"""Evidence, or its fields by name or in their order."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """`confidence`: 1 for no tests. `per_test`: (h, r); `contributions`: ln(1 − r) per root cause, ≤ 0."""

    confidence: float
    expected_failures: float
    per_test: dict[str, tuple[float, float]]
    contributions: dict[str, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """score = coverage · reliability · health; null where no test is required, or none was executed."""

    score: float | None
    coverage: float | None
    reliability: float | None
    health: float | None


def release_confidence(tests: Iterable[Row], eps: float = 0.001) -> Confidence:
    """Probability that no required test has a genuine failure at the candidate.

    h: probability of a break before its attempts there, r: after them (segments.current_state); a test that
    was not executed keeps r = h. A root cause has the largest r of its tests. Confidence Π(1 − r), expected
    genuine failures Σ r over root causes; ln(1 − r) adds up to ln of the confidence (statistics.md 6.1).
    """
    rows = _evidence(tests)
    h, r = _states(rows, eps)
    largest: dict[str, float] = defaultdict(float)
    for row, probability in zip(rows, r, strict=True):
        largest[row.root_cause] = max(largest[row.root_cause], float(probability))
    with np.errstate(divide="ignore"):  # certainly broken: ln 0
        contributions = {group: float(np.log1p(-worst)) for group, worst in largest.items()}
    return Confidence(
        confidence=float(np.exp(sum(contributions.values()))),
        expected_failures=sum(largest.values()),
        per_test={row.test: (float(a), float(b)) for row, a, b in zip(rows, h, r, strict=True)},
        contributions=contributions,
    )


def quality_score(tests: Iterable[Row], eps: float = 0.001) -> Quality:
    """Probability that a random required test gives a fresh, correct and healthy signal (statistics.md 6.2).

    coverage: share of required tests executed fresh; of these, reliability: mean of 1 − φ, health: mean of
    1 − r.
    """
    rows = _evidence(tests)
    if not rows:
        return Quality(None, None, None, None)
    is_fresh = np.array([row.is_fresh for row in rows])
    coverage = float(is_fresh.mean())
    if not is_fresh.any():
        return Quality(None, coverage, None, None)
    _, r = _states(rows, eps)
    phi = np.array([row.phi for row in rows])
    reliability, health = float(np.mean(1 - phi[is_fresh])), float(np.mean(1 - r[is_fresh]))
    return Quality(coverage * reliability * health, coverage, reliability, health)


def _evidence(tests: Iterable[Row]) -> list[Evidence]:
    return [_one(row) for row in tests]


def _one(row: Row) -> Evidence:
    if isinstance(row, Evidence):
        return row
    return Evidence(**row) if isinstance(row, Mapping) else Evidence(*row)


def _states(rows: list[Evidence], eps: float) -> tuple[Floats, Floats]:
    columns = (
        [getattr(row, name) for row in rows] for name in ("failures", "passes", "phi", "hazard", "changes")
    )
    failures, passes, phi, hazard, changes = (np.asarray(column, np.float64) for column in columns)
    return current_states(failures, passes, phi, hazard, changes, eps)
