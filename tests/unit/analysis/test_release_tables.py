"""Scores and drivers of all builds at once: as the formulas have them (statistics.md 6.1, 6.2)."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.break_hazards import break_hazards
from pipelines.analysis.release_confidence import Evidence, quality_score, release_confidence
from pipelines.analysis.release_drivers_table import release_drivers
from pipelines.analysis.release_scores_table import release_scores
from warehouse.policy import default_parameters

BUILDS = 3
PARAMETERS = replace(
    default_parameters(), confidence_resample_count=20, confidence_settled_probability=1e-300
)
TIERS = {"p0": 1, "p0_p1": 2, "all": 3}

Unit = dict[str, Any]


def drawn(seed: int) -> list[Unit]:
    """Up to a dozen units of anything that can be; two variants of a test have its one priority."""
    random = Random(seed)
    tiers = [random.randint(1, 3) for _ in range(6)]
    return [
        {
            "tier_number": tiers[number // 2],
            "first_build_number": random.choice([None, 1, 1, 2]),
            "breaking_cut_count": random.randint(0, 3),
            "change_count": random.randint(0, 40),
            "posterior_mean": random.uniform(0.001, 0.6),
            "cells": [_cell(random) for _ in range(BUILDS)],
            "before": [(random.random() < 0.5, random.randint(0, 3)) for _ in range(BUILDS)],
        }
        for number in range(random.randint(1, 12))
    ]


def _cell(random: Random) -> tuple[int, int, str | None, bool]:
    """Failures, passes, cause and freshness at a build."""
    cause = random.choice([None, "a", "b"])
    return random.randint(0, 2), random.randint(0, 2), cause, random.random() < 0.5


def frame(units: list[Unit]) -> pl.DataFrame:
    """Rows as ana_release_units has them; build k has change 10·k, and a pass before it was at 10·k − 5."""
    return pl.DataFrame([_row(number, unit) for number, unit in enumerate(units)], infer_schema_length=None)


def _row(number: int, unit: Unit) -> dict[str, Any]:
    ran = [(build, cell) for build, cell in enumerate(unit["cells"], start=1) if cell[0] + cell[1]]
    return {
        "project": "p",
        "test_key": f"t{number // 2}",
        "variant_key": f"v{number % 2}",
        **{name: value for name, value in unit.items() if name not in ("cells", "before")},
        "build_changes": [10 * build for build in range(1, BUILDS + 1)],
        "evidence_grade": "A",
        "posterior_low": 0.0,
        "posterior_high": 1.0,
        "spans": pl.Series(range(BUILDS), dtype=pl.Int64),
        "good_changes": pl.Series(
            [10 * span + 5 if good else 0 for span, (good, _) in enumerate(unit["before"])], dtype=pl.Int64
        ),
        "span_failing_counts": pl.Series([failed for _, failed in unit["before"]], dtype=pl.Int64),
        "build_numbers": pl.Series([build for build, _ in ran], dtype=pl.Int64),
        "failing_counts": pl.Series([cell[0] for _, cell in ran], dtype=pl.Int64),
        "passing_counts": pl.Series([cell[1] for _, cell in ran], dtype=pl.Int64),
        "cause_keys": pl.Series([cell[2] for _, cell in ran], dtype=pl.String),
        "fresh_flags": pl.Series([cell[3] for _, cell in ran], dtype=pl.Boolean),
        "execution_keys": pl.Series(
            [[f"e{number}-{build}"] * bool(cell[0]) for build, cell in ran], dtype=pl.List(pl.String)
        ),
    }


def evidence(units: list[Unit], build: int, tier: str) -> list[Evidence]:
    """The rows of the formulas, worked out one by one."""
    hazards = break_hazards(
        *(np.array([unit[name] for unit in units], float) for name in ("breaking_cut_count", "change_count"))
    ).per_test
    found = []
    for number, unit in enumerate(units):
        first = unit["first_build_number"]
        if unit["tier_number"] > TIERS[tier] or first is None or first > build:
            continue
        failed, passed, _, is_fresh = unit["cells"][build - 1]
        earlier, good = _since_good(unit, build)
        found.append(
            Evidence(
                test=f"t{number}",
                group=_cause(unit, build),
                phi=unit["posterior_mean"],
                hazard=float(hazards[number]),
                changes=10 * build - good,
                failures=failed if passed else failed + earlier,
                passes=passed,
                fresh=is_fresh and failed + passed > 0,
            )
        )
    return found


def _since_good(unit: Unit, build: int) -> tuple[int, int]:
    """Failures since the last pass before the build, and its change; a pass goes before those of its span."""
    earlier = good = 0
    for span, (is_good, failed) in enumerate(unit["before"][:build]):
        good = 10 * span + 5 if is_good else good
        earlier = failed if is_good else earlier + failed
    return earlier, good


def _cause(unit: Unit, build: int) -> str | None:
    failed, passed, cause, _ = unit["cells"][build - 1]
    if failed:
        return cause  # type: ignore[no-any-return]
    if passed or build == 1 or not _since_good(unit, build)[0]:
        return None
    return _cause(unit, build - 1)


@pytest.mark.parametrize("seed", range(40))
def test_scores_are_those_of_the_formulas(seed: int) -> None:
    units = drawn(seed)
    rows = frame(units)
    found = release_scores(rows.sample(fraction=1, shuffle=True, seed=seed), PARAMETERS)
    for row in found.iter_rows(named=True):
        of_build = evidence(units, row["build_number"], row["tier"])
        expected, quality = release_confidence(of_build), quality_score(of_build)
        assert row["required_count"] == len(of_build)
        assert row["group_count"] == len(expected.contributions)
        if of_build:
            assert row["confidence"] == pytest.approx(expected.confidence, rel=1e-9)
            assert row["expected_failures"] == pytest.approx(expected.expected_failures, rel=1e-9)
            assert row["confidence_low"] <= row["confidence"] <= row["confidence_high"]
            assert row["coverage"] == quality.coverage
        for name in ("score", "reliability", "health"):
            value = getattr(quality, name)
            assert row[name] == (None if value is None else pytest.approx(value, abs=1e-8))


@pytest.mark.parametrize("seed", range(40))
def test_drivers_are_the_contributions_of_the_formulas(seed: int) -> None:
    units = drawn(seed)
    drivers = release_drivers(frame(units), PARAMETERS)
    for build in range(1, BUILDS + 1):
        expected = release_confidence(evidence(units, build, "all")).contributions
        rows = drivers.filter((pl.col("build_number") == build) & (pl.col("tier") == "all"))
        certain = pl.col("contribution").fill_null(-np.inf)  # a cause that is certain has no number
        told = rows.filter(pl.col("kind") != "all others").select(certain).to_series().to_list()
        assert told == sorted(told)
        assert told == pytest.approx(sorted(value for value in expected.values() if value), rel=1e-9)


def test_no_rows() -> None:
    keys = dict.fromkeys(("project", "test_key", "variant_key"), pl.String)
    empty = pl.DataFrame(schema=keys | {"tier_number": pl.Int64})
    assert release_scores(empty, PARAMETERS).height == 0
    assert release_drivers(empty, PARAMETERS).height == 0
