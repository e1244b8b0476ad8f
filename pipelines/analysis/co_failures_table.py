"""The table ana_co_failures: pairs of tests that fail together or broke together, and their groups.

What belongs here: matrices out of rows, which pairs are found and which are kept. What does not: counting and
judging (co_failures.py, break_overlaps.py), and what a group did (sql/analysis/ana_co_failure_groups.sql).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipelines.analysis.break_overlaps import Breaks, count_tested_pairs, latest_overlap, overlapping_pairs
from pipelines.analysis.co_failures import (
    Flags,
    Ints,
    Pairs,
    Runs,
    chances,
    flake_pairs,
    groups,
    q_values,
    strongest_first,
)
from pipelines.analysis.intervals import Floats
from warehouse.policy import Parameters

_TEST: Final = ("test_key", "variant_key")
_OTHER: Final = ("other_test_key", "other_variant_key")
_COUNTS: Final = ("common_count", "failed_count", "other_failed_count", "both_failed_count")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(("project", "cause_kind"), pl.String()),
        "pair_number": pl.Int64(),
        **dict.fromkeys((*_TEST, *_OTHER), pl.String()),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        **dict.fromkeys(("jaccard", "lift", "phi", "p", "q"), pl.Float64()),
        "is_found": pl.Boolean(),
        "group_key": pl.String(),
        **dict.fromkeys(("overlap_from_at", "overlap_until_at"), pl.Datetime("us", "UTC")),
        **dict.fromkeys(("tested_pair_count", "found_pair_count", "left_out_pair_count"), pl.Int64()),
    }
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of one project and kind: pairs with p and q, NaN where there is none."""

    cause_kind: str
    pairs: Pairs
    p: Floats
    q: Floats
    is_found: Flags
    tested_count: int
    pair_count: int
    """With those that are told no more."""


def co_failures(tests: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Pairs and families; tests: the units in which each ran and failed, and the windows of its breaks."""
    projects = tests.sort("project", *_TEST).partition_by("project", maintain_order=True)
    parts = [
        rows
        for project in projects
        for rows in (_flake_rows(project, parameters), _break_rows(project, parameters))
    ]
    return pl.concat([_SCHEMA.to_frame(), *parts])


def _flake_rows(project: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Found pairs alone: of the others there are too many."""
    tests = project.filter(pl.col("failed_units").list.len() > 0)
    family = flake_pairs(
        [*_runs(tests)], parameters.co_failure_minimum, parameters.co_failure_false_discovery_level
    )
    found = np.flatnonzero(_is_found(family.pairs, family.q, parameters))
    told = _Told(
        "shared_flake",
        family.pairs.where(found),
        family.p[found],
        family.q[found],
        np.ones(len(found), np.bool_),
        family.pair_count,
        len(found),
    )
    return _rows(project, tests, told, parameters)[0]


def _break_rows(project: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Pairs with a common break, those that have too few for a p among them."""
    minimum = parameters.co_failure_minimum
    tests = project.filter(pl.col("low_us").list.len() > 0)
    breaks = _breaks_of(tests)
    overlaps = overlapping_pairs(breaks, minimum, parameters.co_failure_pair_maximum)
    pairs, tested_count = overlaps.pairs, count_tested_pairs(breaks, minimum)
    is_tested = np.minimum(pairs.a, pairs.b) >= minimum
    p, q = np.full(len(pairs.ab), np.nan), np.full(len(pairs.ab), np.nan)
    p[is_tested] = chances(pairs.where(is_tested))
    q[is_tested] = q_values(p[is_tested], tested_count)
    is_found = _is_found(pairs, q, parameters)
    told = _Told("shared_break", pairs, p, q, is_found, tested_count, overlaps.pair_count)
    rows, kept = _rows(project, tests, told, parameters)
    return _with_overlaps(rows, kept, breaks)


def _is_found(pairs: Pairs, q: Floats, parameters: Parameters) -> Flags:
    is_rare = q <= parameters.co_failure_false_discovery_level
    is_often = pairs.ab >= parameters.co_failure_minimum
    return np.asarray(is_rare & is_often & (pairs.lift >= parameters.co_failure_lift_minimum))


def _rows(
    project: pl.DataFrame, tests: pl.DataFrame, told: _Told, parameters: Parameters
) -> tuple[pl.DataFrame, Pairs]:
    """The row of the family, and one of each pair that is kept; these pairs."""
    group_keys = _group_keys(tests, told, parameters)
    order = strongest_first(told.pairs, told.q, told.is_found)[: parameters.co_failure_pair_maximum]
    pairs = told.pairs.where(order)
    has_p = ~np.isnan(told.p[order])
    ends = [
        tests.select(_TEST)[pairs.first],
        tests.select(_TEST)[pairs.second].rename(dict(zip(_TEST, _OTHER, strict=True))),
    ]
    measures = {
        **dict(zip(_COUNTS, (pairs.n, pairs.a, pairs.b, pairs.ab), strict=True)),
        "jaccard": pairs.jaccard,
        "lift": np.where(has_p, pairs.lift, np.nan),
        "phi": np.where(has_p, pairs.phi, np.nan),
        "p": told.p[order],
        "q": told.q[order],
    }
    listed = pl.concat(ends, how="horizontal").with_columns(
        *(pl.Series(name, values).fill_nan(None) for name, values in measures.items()),
        pl.Series("is_found", told.is_found[order]),
        group_keys[order],
        pair_number=pl.int_range(1, pl.len() + 1),
    )
    family = {
        "pair_number": [0],
        "tested_pair_count": [told.tested_count],
        "found_pair_count": [int(told.is_found.sum())],
        "left_out_pair_count": [told.pair_count - len(order)],
    }
    rows = pl.concat([pl.DataFrame(family), listed], how="diagonal").with_columns(
        pl.lit(project["project"][0]).alias("project"), pl.lit(told.cause_kind).alias("cause_kind")
    )
    return _in_schema(rows), pairs


def _group_keys(tests: pl.DataFrame, told: _Told, parameters: Parameters) -> pl.Series:
    """Of each pair, the smallest test and variant of the group that holds both."""
    close = told.is_found & (told.pairs.jaccard >= parameters.co_failure_group_share)
    edges = told.pairs.where(close)
    group = groups(edges.first, edges.second, tests.height)
    keys = tests.select(pl.format(f"{told.cause_kind}:{{}}|{{}}", *_TEST)).to_series()
    is_inside = told.is_found & (group[told.pairs.first] == group[told.pairs.second])
    return keys[group[told.pairs.first]].alias("group_key").set(pl.Series(~is_inside), None)


def _with_overlaps(rows: pl.DataFrame, pairs: Pairs, breaks: Breaks) -> pl.DataFrame:
    found = [
        latest_overlap(breaks, first, second) or (None, None)
        for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    return rows.with_columns(
        pl.Series(name, [None, *(one[place] for one in found)], pl.Int64).cast(_SCHEMA[name])
        for place, name in enumerate(("overlap_from_at", "overlap_until_at"))
    )


def _runs(tests: pl.DataFrame) -> Iterator[Runs]:
    """Tests in sets that share no unit, so that suites make small matrices."""
    ran, failed, names = _places(tests, "ran_units"), _places(tests, "failed_units"), _names(tests)
    unit_count = int(ran[1].max(initial=-1)) + 1
    links = coo_array(
        (np.ones(len(ran[0]), np.bool_), (ran[0], ran[1] + tests.height)),
        shape=(tests.height + unit_count,) * 2,
    )
    labels = connected_components(links, directed=False)[1]
    for label in np.unique(labels[: tests.height]):
        members = np.flatnonzero(labels[: tests.height] == label)
        units = np.flatnonzero(labels[tests.height :] == label)
        row, column = np.zeros(tests.height, np.int64), np.zeros(unit_count, np.int64)
        row[members], column[units] = np.arange(len(members)), np.arange(len(units))
        matrices = []
        for place, unit in (ran, failed):
            is_member = labels[place] == label
            matrix = np.zeros((len(members), len(units)), np.bool_)
            matrix[row[place[is_member]], column[unit[is_member]]] = True
            matrices.append(matrix)
        yield Runs(members, names[members], *matrices)


def _breaks_of(tests: pl.DataFrame) -> Breaks:
    (test, low), (_, high) = _places(tests, "low_us"), _places(tests, "high_us")
    width, positions = (tests[name].to_numpy().astype(np.int64) for name in ("width", "position_count"))
    return Breaks(test, low, high, _names(tests), width, positions)


def _places(tests: pl.DataFrame, name: str) -> tuple[Ints, Ints]:
    """Of a column of lists: the place of each value's test, and the values."""
    flat = tests.select(pl.int_range(pl.len()).alias("place"), name).explode(name).drop_nulls()
    return flat["place"].to_numpy().astype(np.int64), flat[name].to_numpy().astype(np.int64)


def _names(tests: pl.DataFrame) -> Ints:
    return tests["test_key"].rank("dense").to_numpy().astype(np.int64)


def _in_schema(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        rows[name].cast(dtype) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _SCHEMA.items()
    )
