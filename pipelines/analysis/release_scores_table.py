"""The table ana_release_scores: confidence and quality score of every candidate build, tier by tier.

What belongs here: the formulas of release_confidence.py over all builds at once, their sensitivity and the
bootstrap. What does not: the arrays (release_states.py) and root causes one by one
(release_drivers_table.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis.release_states import TIERS, Flags, Units, projects
from pipelines.analysis.segments import Floats
from warehouse.policy import Parameters

SEED: Final = 20261201
"""Of the bootstrap: each project and tier begins with it, so that no other one moves its interval."""

_TAIL: Final = 0.025
_WHOLE: Final = 1e9
"""Probabilities of the bootstrap are cut to whole billionths: their sums are exact in any order."""

_COUNTS: Final = (
    *("required_count", "executed_count", "failing_count", "unexecuted_count", "group_count", "fresh_count"),
    *("grade_a_count", "grade_b_count", "grade_c_count"),
)
_NUMBERS: Final = (
    *("confidence", "expected_failures", "confidence_low", "confidence_high"),
    *("score", "coverage", "reliability", "health", "score_low", "score_high"),
)
_SCHEMA: Final = pl.Schema(
    {
        "project": pl.String(),
        "build_number": pl.Int64(),
        "tier": pl.String(),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        **dict.fromkeys(_NUMBERS, pl.Float64()),
        "hazard_prior": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class _Together:
    """ln of the confidence, expected failures and root causes; one row per tier, one column per build."""

    log_confidence: Floats
    expected: Floats
    group_count: Floats


def release_scores(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per project, candidate and tier; rows: the tests × variants with their evidence."""
    made = (row for units in projects(rows, parameters) for row in _of_project(units, parameters))
    return pl.DataFrame(list(made), schema=_SCHEMA, orient="row")


def _of_project(units: Units, parameters: Parameters) -> Iterator[dict[str, Any]]:
    hazard, lucky = parameters.confidence_hazard_factor, parameters.confidence_lucky_pass_factor
    _, base = units.states()
    together = _together(units, base)
    factors = ((1 / hazard, 1), (hazard, 1), (1, 1 / lucky), (1, lucky))
    others = (_together(units, units.states(*each)[1]).log_confidence for each in factors)
    confidences = np.exp([together.log_confidence, *others])
    columns = {
        "confidence": confidences[0],
        "expected_failures": together.expected,
        "confidence_low": confidences.min(axis=0),
        "confidence_high": confidences.max(axis=0),
        "group_count": together.group_count,
        **_counts(units),
        **_quality(units, base, parameters.confidence_resample_count),
    }
    for number, tier in enumerate(TIERS):
        yield from _rows(units, tier, {name: column[number] for name, column in columns.items()})


def _rows(units: Units, tier: str, columns: dict[str, Floats]) -> Iterator[dict[str, Any]]:
    """One per build; of no tests nothing is said but that there are none."""
    for build in range(units.build_count):
        values: dict[str, Any] = {name: _value(column[build]) for name, column in columns.items()}
        if not values["required_count"]:
            values |= dict.fromkeys(_NUMBERS)
        yield values | {
            "project": units.rows["project"][0],
            "build_number": build + 1,
            "tier": tier,
            **{name: int(values[name]) for name in _COUNTS},
            "hazard_prior": units.hazards.method,
        }


def _value(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _together(units: Units, r: Floats) -> _Together:
    """A root cause has the largest r of its tests; all other tests are one of their own."""
    is_alone = units.is_required & (units.cause < 0)
    alone = np.where(is_alone, r, 0.0)
    largest, is_group = _of_groups(units, r)
    with np.errstate(divide="ignore"):  # certainly broken: ln 0
        logs = _by_tier(units, np.log1p(-alone)) + np.log1p(-largest).sum(axis=1)
    return _Together(
        logs,
        _by_tier(units, alone) + largest.sum(axis=1),
        _by_tier(units, is_alone) + is_group.sum(axis=1),
    )


def _of_groups(units: Units, r: Floats) -> tuple[Floats, Flags]:
    """The largest r of each shared cause, 0 without one, and where there is one: by tier, cause and build."""
    shape = (len(TIERS), len(units.cause_keys), units.build_count)
    largest, is_group = np.zeros(shape), np.zeros(shape, np.bool_)
    rows, builds = np.nonzero(units.is_required & (units.cause >= 0))
    tiers = np.searchsorted(units.tier_ends, rows, side="right")
    place = (tiers, units.cause[rows, builds], builds)
    np.maximum.at(largest, place, r[rows, builds])
    is_group[place] = True
    return np.maximum.accumulate(largest, axis=0), np.logical_or.accumulate(is_group, axis=0)


def _by_tier(units: Units, cells: Floats | Flags) -> Floats:
    """Sums over the units of each tier, which hold those of the tiers before."""
    starts = [0, *units.tier_ends]
    parts = [cells[first:last].sum(axis=0, dtype=np.float64) for first, last in pairwise(starts)]
    return np.cumsum(parts, axis=0)


def _counts(units: Units) -> dict[str, Floats]:
    grade = units.rows["evidence_grade"].to_numpy()
    flags = {
        "required_count": True,
        "executed_count": units.is_executed,
        "failing_count": units.failing > 0,
        "unexecuted_count": ~units.is_executed,
        "fresh_count": units.is_fresh,
        **{f"grade_{word.lower()}_count": (grade == word)[:, None] for word in "ABC"},
    }
    return {name: _by_tier(units, units.is_required & flag) for name, flag in flags.items()}


def _quality(units: Units, r: Floats, resamples: int) -> dict[str, Floats]:
    """Quality score of each tier and build; its interval by drawing tests, each with all its variants."""
    sums, tier_ends = _sums_of_tests(units, r)
    found = [_scored(sums[:end], resamples) for end in tier_ends]
    return {name: np.array([columns[name] for columns in found]) for name in found[0]}


def _scored(sums: Floats, resamples: int) -> dict[str, Floats]:
    coverage, reliability, health = _factors(sums.sum(axis=0))
    low, high = _bootstrap(sums, resamples)
    return {
        "score": coverage * reliability * health,
        "coverage": coverage,
        "reliability": reliability,
        "health": health,
        "score_low": low,
        "score_high": high,
    }


def _sums_of_tests(units: Units, r: Floats) -> tuple[Floats, list[int]]:
    """Per test, figure and build: required, fresh, and of the fresh ones the sums of 1 − φ and 1 − r.

    And up to which test each tier reaches.
    """
    is_fresh = units.is_required & units.is_fresh
    per_unit = (
        units.is_required.astype(np.float64),
        is_fresh.astype(np.float64),
        np.where(is_fresh, np.round((1 - units.phi[:, None]) * _WHOLE), 0.0),
        np.where(is_fresh, np.round((1 - r) * _WHOLE), 0.0),
    )
    starts = np.flatnonzero(units.rows["test_key"].rle_id().diff().fill_null(1).to_numpy() > 0)
    sums = np.stack([np.add.reduceat(figure, starts, axis=0) for figure in per_unit], axis=1)
    return sums, [int(np.searchsorted(starts, end)) for end in units.tier_ends]


def _factors(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Coverage, reliability and health out of sums by figure; not a number where they have no denominator."""
    required, fresh, reliable, healthy = np.moveaxis(sums, -2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return fresh / required, reliable / fresh / _WHOLE, healthy / fresh / _WHOLE


def _bootstrap(sums: Floats, resamples: int) -> tuple[Floats, Floats]:
    tests, figures, builds = sums.shape
    if tests == 0:
        nothing = np.full(builds, np.nan)
        return nothing, nothing
    rng = np.random.default_rng(SEED)
    drawn = (np.bincount(rng.integers(0, tests, tests), minlength=tests) for _ in range(resamples))
    weights = np.array(list(drawn), np.float64)
    totals = (weights @ sums.reshape(tests, figures * builds)).reshape(resamples, figures, builds)
    coverage, reliability, health = _factors(totals)
    scores = np.sort(coverage * reliability * health, axis=0)  # what is no number comes last
    known = (~np.isnan(scores)).sum(axis=0)
    return _quantile(scores, known, _TAIL), _quantile(scores, known, 1 - _TAIL)


def _quantile(ordered: Floats, known: Any, level: float) -> Floats:
    """The value at ceil(level · n) of the n first of each column."""
    place = np.maximum(np.ceil(level * known).astype(np.int64), 1) - 1
    return np.where(known > 0, np.take_along_axis(ordered, place[None, :], axis=0)[0], np.nan)
