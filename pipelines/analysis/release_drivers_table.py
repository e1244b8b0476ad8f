"""The table ana_release_drivers: what the confidence in a candidate comes from, root cause by root cause.

What belongs here: root causes in order, what they contribute, what would change them. What does not: the
confidence (release_scores_table.py) and words about a cause (sql/metrics/met_release_confidence_drivers.sql).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis.release_states import TIERS, Flags, Units, projects
from pipelines.analysis.segments import Floats, Integers, current_states
from warehouse.policy import Parameters

OTHERS: Final = "all others"
_OF_A_UNIT: Final = (
    *("test_key", "variant_key", "evidence_grade"),
    *("posterior_mean", "posterior_low", "posterior_high"),
)

_SCHEMA: Final = pl.Schema(
    {
        "project": pl.String(),
        "build_number": pl.Int64(),
        "tier": pl.String(),
        "driver_rank": pl.Int64(),
        "kind": pl.String(),
        "cause_key": pl.String(),
        "test_key": pl.String(),
        "variant_key": pl.String(),
        "test_keys": pl.List(pl.String()),
        "test_count": pl.Int64(),
        "failing_attempt_count": pl.Int64(),
        "passing_attempt_count": pl.Int64(),
        "earlier_failing_count": pl.Int64(),
        "evidence_grade": pl.String(),
        "posterior_mean": pl.Float64(),
        "posterior_low": pl.Float64(),
        "posterior_high": pl.Float64(),
        "hazard": pl.Float64(),
        "change_count": pl.Int64(),
        "broken_prior": pl.Float64(),
        "broken_probability": pl.Float64(),
        "contribution": pl.Float64(),
        "share": pl.Float64(),
        "pass_count_needed": pl.Int64(),
        "probability_after": pl.Float64(),
        "execution_keys": pl.List(pl.String()),
    }
)


@dataclass(frozen=True, slots=True)
class _Judged:
    """The units of a project, their states, the executions of each that failed at a build, what it is."""

    units: Units
    prior: Floats
    r: Floats
    executions: dict[tuple[int, int], list[str]]
    columns: dict[str, list[Any]]
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class _Causes:
    """Root causes of one build and tier: the worst unit of each that is told, in order, and all the rest.

    `grouped`: units that share a cause, by `codes`; `test_count`: all units; `total`: ln of the confidence.
    """

    told: Integers
    grouped: Integers
    codes: Integers
    build: int
    tier: str
    cause_count: int
    test_count: int
    total: float


def release_drivers(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """The causes with the largest contributions of each project, candidate and tier, and the sum of the rest.

    Causes that are settled are of the rest. rows: the tests × variants with their evidence.
    """
    made = (row for units in projects(rows, parameters) for row in _of_project(_judged(units, parameters)))
    return pl.DataFrame(list(made), schema=_SCHEMA, orient="row")


def _judged(units: Units, parameters: Parameters) -> _Judged:
    prior, r = units.states()
    numbered = units.rows.select(pl.int_range(pl.len()).alias("row"), "build_numbers", "execution_keys")
    failed = (
        numbered.filter(pl.col("build_numbers").list.len() > 0)
        .explode("build_numbers", "execution_keys")
        .filter(pl.col("execution_keys").list.len() > 0)
    )
    executions = {(row, build - 1): keys for row, build, keys in failed.iter_rows()}
    columns = {name: units.rows[name].to_list() for name in _OF_A_UNIT}
    return _Judged(units, prior, r, executions, columns, parameters)


def _of_project(judged: _Judged) -> Iterator[dict[str, Any]]:
    units = judged.units
    for tier, end in zip(TIERS, units.tier_ends, strict=True):
        for build in range(units.build_count):
            members = np.flatnonzero(units.is_required[:end, build])
            if len(members):
                yield from _of_build(judged, _causes(judged, members, build, tier))


def _causes(judged: _Judged, members: Integers, build: int, tier: str) -> _Causes:
    """Most probably broken first; units are in order of their names, which settles ties."""
    r, cause = judged.r[:, build], judged.units.cause[members, build]
    alone, grouped = members[cause < 0], members[cause >= 0]
    codes = cause[cause >= 0]
    order = np.lexsort((grouped, -r[grouped], codes))
    grouped, codes = grouped[order], codes[order]
    _, first = np.unique(codes, return_index=True)
    worst = grouped[first]
    with np.errstate(divide="ignore"):
        total = np.log1p(-r[alone]).sum() + np.log1p(-r[worst]).sum()
    settled = judged.parameters.confidence_settled_probability
    candidates = np.concatenate([alone[r[alone] >= settled], worst[r[worst] >= settled]])
    told = candidates[np.lexsort((candidates, -r[candidates]))]
    most = judged.parameters.confidence_driver_maximum
    count = len(alone) + len(worst)
    return _Causes(told[:most], grouped, codes, build, tier, count, len(members), float(total))


def _of_build(judged: _Judged, causes: _Causes) -> Iterator[dict[str, Any]]:
    with np.errstate(divide="ignore"):
        logs = np.log1p(-judged.r[causes.told, causes.build])
    told_units = 0
    for rank, unit in enumerate(causes.told):
        group = _group(judged.units, causes, int(unit))
        told_units += len(group)
        yield (
            _place(judged, causes, rank, float(logs[rank]))
            | _evidence(judged, int(unit), group, causes.build)
            | _remedy(judged, group, causes.build)
        )
    if len(causes.told) < causes.cause_count:
        rest = min(causes.total - float(logs.sum()), 0.0)  # a difference of sums may end above 0
        yield _place(judged, causes, len(causes.told), rest) | {
            "kind": OTHERS,
            "test_keys": [],
            "test_count": causes.test_count - told_units,
            "execution_keys": [],
        }


def _group(units: Units, causes: _Causes, unit: int) -> Integers:
    """All units of the cause of this one."""
    cause = units.cause[unit, causes.build]
    if cause < 0:
        return np.array([unit])
    first, last = np.searchsorted(causes.codes, [cause, cause + 1])
    return np.sort(causes.grouped[first:last])


def _place(judged: _Judged, causes: _Causes, rank: int, log: float) -> dict[str, Any]:
    """A cause that is certain leaves no confidence: neither its logarithm nor a share of it is a number."""
    total = causes.total
    return {
        "project": judged.units.rows["project"][0],
        "build_number": causes.build + 1,
        "tier": causes.tier,
        "driver_rank": rank + 1,
        "contribution": log if np.isfinite(log) else None,
        "share": log / total if np.isfinite(total) and total < 0 else None,
    }


def _evidence(judged: _Judged, unit: int, group: Integers, build: int) -> dict[str, Any]:
    """What was seen of the whole group, and what is known of its worst unit."""
    units, most = judged.units, judged.parameters.confidence_evidence_count
    cause = units.cause[unit, build]
    keys = (key for member in group for key in judged.executions.get((int(member), build), ()))
    names = dict.fromkeys(judged.columns["test_key"][member] for member in group)
    return {
        "kind": _kind(units, group, build),
        "cause_key": units.cause_keys[cause] if cause >= 0 else None,
        "test_keys": list(names)[:most],
        "test_count": len(group),
        "failing_attempt_count": int(units.failing[group, build].sum()),
        "passing_attempt_count": int(units.passing[group, build].sum()),
        "earlier_failing_count": int(units.earlier[group, build].sum()),
        **{name: values[unit] for name, values in judged.columns.items()},
        "hazard": float(units.hazards.per_test[unit]),
        "change_count": int(units.changes[unit, build]),
        "broken_prior": float(judged.prior[unit, build]),
        "broken_probability": float(judged.r[unit, build]),
        "execution_keys": [key for key, _ in zip(keys, range(most), strict=False)],
    }


def _kind(units: Units, group: Integers, build: int) -> str:
    """failing, passing, unexecuted: never run up to this build; stale: run, but not at this build."""
    if units.failing[group, build].any():
        return "failing"
    if units.passing[group, build].any():
        return "passing"
    return "stale" if units.has_run[group, build].any() else "unexecuted"


def _remedy(judged: _Judged, group: Integers, build: int) -> dict[str, Any]:
    """The fewest passes of each of its units that settle the group, null: none do; and what it is then."""
    units, parameters = judged.units, judged.parameters
    passes = np.arange(1, parameters.confidence_pass_maximum + 1)
    _, after = current_states(
        units.failing[group, build][:, None],
        units.passing[group, build][:, None] + passes,
        units.phi[group][:, None],
        units.hazards.per_test[group][:, None],
        units.changes[group, build][:, None],
        units.lucky_pass_share,
    )
    worst: Floats = after.max(axis=0)
    settles: Flags = worst < parameters.confidence_settled_probability
    place = int(settles.argmax()) if settles.any() else len(passes) - 1
    return {
        "pass_count_needed": int(passes[place]) if settles.any() else None,
        "probability_after": float(worst[place]),
    }
