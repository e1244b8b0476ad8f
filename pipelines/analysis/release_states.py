"""Tests × candidate builds as arrays: what was seen of each test at each build, and its state there.

What belongs here: lists of a row out into arrays, evidence, states, root causes. What does not: what is told
of a build (release_scores_table.py, release_drivers_table.py), and the formula of a state (segments.py).

Where nothing passed at the build, the failures since the test was last good count as well: a test that failed
in the last ten builds and was not run at this one is not good. One pass there, and its attempts there alone
count: the test may have been mended, and the model knows no repairs.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.break_hazards import Hazards, break_hazards
from pipelines.analysis.segments import Floats, Integers, current_states
from warehouse.policy import Parameters

Flags = npt.NDArray[np.bool_]

TIERS: Final = ("p0", "p0_p1", "all")
"""By the largest tier_number in them, from 1."""

_ORDER: Final = ("project", "tier_number", "test_key", "variant_key")
_UNKNOWN_PHI: Final = 0.5
"""Mean of Jeffreys' prior: what is known of a flake rate before the first run."""


@dataclass(frozen=True)
class Units:
    """The tests × variants of one project by tier; arrays of one row each, one column per candidate.

    `failing`, `passing`: attempts at the build; `earlier`: failed ones before it, since the test was last
    good; `changes`: since then; `has_run`: there or before; `is_fresh`: executed there, and within policy;
    `cause`: number of the root cause of its failures among `cause_keys`, -1 without one.
    """

    rows: pl.DataFrame
    failing: Floats
    passing: Floats
    earlier: Floats
    changes: Floats
    has_run: Flags
    is_fresh: Flags
    is_required: Flags
    cause: Integers
    cause_keys: list[str]
    lucky_pass_share: float

    @property
    def build_count(self) -> int:
        return len(self.failing.T)

    @cached_property
    def hazards(self) -> Hazards:
        return break_hazards(_floats(self.rows, "breaking_cut_count"), _floats(self.rows, "change_count"))

    @cached_property
    def phi(self) -> Floats:
        """Posterior mean of the flake rate; of tests that did not run in its window that of all others."""
        phi = self.rows["posterior_mean"]
        mean = phi.mean()
        return phi.fill_null(_UNKNOWN_PHI if mean is None else mean).to_numpy()

    @cached_property
    def failures(self) -> Floats:
        """Failed attempts that speak of the build."""
        return np.where(self.passing > 0, self.failing, self.failing + self.earlier)

    @cached_property
    def is_executed(self) -> Flags:
        return self.failing + self.passing > 0

    @cached_property
    def tier_ends(self) -> list[int]:
        """Up to which row the units of each tier reach."""
        numbers = self.rows["tier_number"].to_numpy()
        return [int(np.searchsorted(numbers, number, side="right")) for number in range(1, len(TIERS) + 1)]

    @cached_property
    def _is_new(self) -> Flags:
        """Where a unit's evidence differs from that at the build before: most tests passed at both alike."""
        is_new = np.ones(self.failing.shape, np.bool_)
        is_new[:, 1:] = False
        for cells in (self.failures, self.passing, self.changes):
            is_new[:, 1:] |= cells[:, 1:] != cells[:, :-1]
        return is_new

    @cached_property
    def _new_cells(self) -> tuple[Integers, Floats, Floats, Floats]:
        """Row, failures, passes and changes of the new ones."""
        failures, passing, changes = (
            cells[self._is_new] for cells in (self.failures, self.passing, self.changes)
        )
        return np.nonzero(self._is_new)[0], failures, passing, changes

    @cached_property
    def _source(self) -> Integers:
        """For each cell the number of the last new one."""
        return np.cumsum(self._is_new.ravel()).reshape(self._is_new.shape) - 1

    def states(self, hazard_factor: float = 1.0, lucky_pass_factor: float = 1.0) -> tuple[Floats, Floats]:
        """Probability of a break before the attempts at the build, and after them."""
        rows, failures, passing, changes = self._new_cells
        hazard = np.minimum(self.hazards.per_test * hazard_factor, 1.0)
        eps = self.lucky_pass_share * lucky_pass_factor
        h, r = current_states(failures, passing, self.phi[rows], hazard[rows], changes, eps)
        return h[self._source], r[self._source]


def projects(rows: pl.DataFrame, parameters: Parameters) -> list[Units]:
    """The units of each project, those of the first tier before those of the next."""
    parts = rows.sort(_ORDER).partition_by("project", maintain_order=True)
    return [_units(part, parameters.segment_lucky_pass_share) for part in parts]


def _units(rows: pl.DataFrame, lucky_pass_share: float) -> Units:
    build_changes = np.array(rows["build_changes"][0].to_list(), np.float64)
    shape = (rows.height, len(build_changes))
    attempts = _exploded(
        rows, "build_numbers", "failing_counts", "passing_counts", "fresh_flags", "cause_keys"
    )
    at = (attempts["row"].to_numpy(), attempts["build_numbers"].to_numpy() - 1)
    good, earlier, ran_before = _before(rows, shape)
    failing = _filled(shape, at, attempts["failing_counts"])
    passing = _filled(shape, at, attempts["passing_counts"])
    names = attempts.filter(pl.col("failing_counts") > 0)["cause_keys"].drop_nulls().unique().sort()
    first = rows["first_build_number"].fill_null(shape[1] + 1).to_numpy()
    return Units(
        rows=rows,
        failing=failing,
        passing=passing,
        earlier=earlier,
        changes=np.maximum(build_changes - good, 0),
        has_run=ran_before | (failing + passing > 0),
        is_fresh=_filled(shape, at, attempts["fresh_flags"]) > 0,
        is_required=first[:, None] <= np.arange(1, shape[1] + 1),
        cause=_causes(_coded(shape, at, attempts, names), failing + passing > 0, earlier > 0),
        cause_keys=names.to_list(),
        lucky_pass_share=lucky_pass_share,
    )


def _before(rows: pl.DataFrame, shape: tuple[int, int]) -> tuple[Floats, Floats, Flags]:
    """The last good change before each build, 0 for none, failed attempts since, and whether it ran."""
    spans = _exploded(rows, "spans", "good_changes", "span_failing_counts")
    at = (spans["row"].to_numpy(), spans["spans"].to_numpy())
    wide = (shape[0], shape[1] + 1)  # span 0 lies before all builds
    good = np.maximum.accumulate(_filled(wide, at, spans["good_changes"]), axis=1)[:, :-1]
    failed = _filled(wide, at, spans["span_failing_counts"])
    is_good = _filled(wide, at, spans["good_changes"]) > 0
    earlier = np.zeros(shape)
    running = np.zeros(shape[0])
    for build in range(shape[1]):
        running = np.where(is_good[:, build], 0.0, running) + failed[:, build]
        earlier[:, build] = running
    ran = np.zeros(wide, np.bool_)
    ran[at] = True
    return good, earlier, np.logical_or.accumulate(ran, axis=1)[:, :-1]


def _exploded(rows: pl.DataFrame, *lists: str) -> pl.DataFrame:
    """One row per place of these lists, with the number of its row."""
    numbered = rows.select(pl.int_range(pl.len()).alias("row"), *lists)
    return numbered.filter(pl.col(lists[0]).list.len() > 0).explode(lists)


def _filled(shape: tuple[int, int], at: tuple[Integers, Integers], values: pl.Series) -> Floats:
    cells = np.zeros(shape)
    cells[at] = values.cast(pl.Float64).to_numpy()
    return cells


def _coded(
    shape: tuple[int, int], at: tuple[Integers, Integers], attempts: pl.DataFrame, names: pl.Series
) -> Integers:
    """The number of each failure's cause, in the order of the names."""
    numbers = pl.int_range(len(names), dtype=pl.Int64, eager=True)
    keys = pl.when(pl.col("failing_counts") > 0).then("cause_keys")
    codes = attempts.select(keys.replace_strict(names, numbers, default=-1, return_dtype=pl.Int64))
    cells = np.full(shape, -1, np.int64)
    cells[at] = codes.to_series().fill_null(-1).to_numpy()
    return cells


def _causes(seen: Integers, is_executed: Flags, is_failing: Flags) -> Integers:
    """A failure that was not seen again, since its test was not run at a build, keeps its cause there."""
    causes = seen.copy()
    for build in range(1, seen.shape[1]):
        is_kept = ~is_executed[:, build] & is_failing[:, build]
        causes[:, build] = np.where(is_kept, causes[:, build - 1], seen[:, build])
    return causes


def _floats(rows: pl.DataFrame, name: str) -> Floats:
    return rows[name].cast(pl.Float64).to_numpy()
