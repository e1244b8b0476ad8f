"""Which of many tests fail together: all pairs of them counted, judged as one family, put into groups.

What belongs here: statistics.md 5.3 on matrices. What does not: one pair (clusters.py), and what a failure or
a break is (ana_co_failures.sql, co_failures_table.py).

Products of matrices of ones and zeros count all pairs at once; they are dense, since sums of whole numbers in
single precision are exact and of 10,000 tests as fast as sparse ones would be of rare failures alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln
from scipy.stats import hypergeom

from pipelines.analysis.intervals import Floats

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Matrix: TypeAlias = npt.NDArray[np.float32]

BLOCK: Final = 256
"""Tests counted against all others at a time: 10 MB for each count of 10,000."""
_ROUNDING: Final = 1 + 1e-9
"""Chances that are summed and looked up differ in their last digits."""
MOST_UNITS: Final = 50_000
"""Four counts up to this fit into one number of 64 bits."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of tests by their places, first < second, and their counts: one value per pair in each."""

    first: Ints
    second: Ints
    n: Ints
    """Units in which both were."""
    a: Ints
    """Of these, those in which the first failed."""
    b: Ints
    ab: Ints
    """Those in which both did."""

    def where(self, chosen: Flags | Ints) -> "Pairs":
        return Pairs(*(getattr(self, name)[chosen] for name in ("first", "second", "n", "a", "b", "ab")))

    @property
    def jaccard(self) -> Floats:
        return self.ab / (self.a + self.b - self.ab)

    @property
    def phi(self) -> Floats:
        """NaN where one failed always or never."""
        spread = self.a * (self.n - self.a) * (self.b * (self.n - self.b)).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            phi: Floats = (self.n * self.ab - self.a * self.b) / np.sqrt(spread)
        return np.where(spread > 0, phi, np.nan)

    @property
    def lift(self) -> Floats:
        return self.ab * self.n / (self.a * self.b)


@dataclass(frozen=True, slots=True)
class Runs:
    """Tests as rows, units as columns: an invocation, say."""

    place: Ints
    """Of each test, among all that there are."""
    name: Ints
    """Two of one name are no pair."""
    ran: Flags
    failed: Flags


@dataclass(frozen=True, slots=True)
class Family:
    """The pairs that may be significant with p and q, and how many there are in all."""

    pairs: Pairs
    p: Floats
    q: Floats
    pair_count: int


def flake_pairs(tests: Sequence[Runs], minimum: int, level: float) -> Family:
    """The pairs of tests of which each failed `minimum` times where both ran, however often both did.

    `tests`: in sets of which no two share a unit. Of the family come back the pairs with p up to the level: q
    is right for all that are to be called at that level.
    """
    parts, pair_count = [no_pairs()], 0
    for runs in tests:
        for block, of_family in _blocks(runs, minimum):
            pair_count += of_family
            parts.append(block.where(_point_chances(block) <= level * _ROUNDING))
    pairs = joined(parts)
    p = chances(pairs)
    rare = p <= level
    return Family(pairs.where(rare), p[rare], q_values(p[rare], pair_count), pair_count)


def chances(pairs: Pairs) -> Floats:
    """clusters.co_failure's p of each pair; pairs with the same counts are worked out once."""
    size = MOST_UNITS
    small, large = np.minimum(pairs.a, pairs.b), np.maximum(pairs.a, pairs.b)
    codes, places = np.unique(
        ((pairs.n * size + large) * size + small) * size + pairs.ab, return_inverse=True
    )
    rest, ab = np.divmod(codes, size)
    rest, b = np.divmod(rest, size)
    n, a = np.divmod(rest, size)
    return np.asarray(hypergeom.sf(ab - 1, n, a, b), np.float64)[places]


def q_values(p: Floats, family_size: int) -> Floats:
    """Benjamini-Hochberg's q of the smallest p-values of a family of so many; those left out are larger."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * family_size / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def groups(first: Ints, second: Ints, count: int) -> Ints:
    """Of so many tests, each one's group: the smallest place of those it is connected with."""
    edges = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    number, labels = connected_components(edges, directed=False)
    smallest: Ints = np.full(number, count, np.int64)
    np.minimum.at(smallest, labels, np.arange(count))
    of_tests: Ints = smallest[labels]
    return of_tests


def strongest_first(pairs: Pairs, q: Floats, is_found: Flags) -> Ints:
    """The order in which pairs are kept: found before others, of these the strongest of each test first.

    As long as there is room for one pair of each test, no test and no group is lost.
    """
    by_strength = np.lexsort((pairs.second, pairs.first, -pairs.ab, -pairs.jaccard, ~is_found))
    ends = np.stack([pairs.first[by_strength], pairs.second[by_strength]], axis=1).ravel()
    is_best = np.zeros(len(q), np.bool_)
    is_best[by_strength[np.unique(ends, return_index=True)[1] // 2]] = True
    return np.lexsort((pairs.second, pairs.first, q, -pairs.ab, -pairs.jaccard, ~is_best, ~is_found))


def joined(parts: Sequence[Pairs]) -> Pairs:
    """All of them, in this order."""
    names = ("first", "second", "n", "a", "b", "ab")
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def no_pairs() -> Pairs:
    """None, to begin with."""
    return Pairs(*(np.zeros(0, np.int64) for _ in range(6)))


def _blocks(runs: Runs, minimum: int) -> Iterator[tuple[Pairs, int]]:
    """Pairs that failed together more often than expected, and of how many of the family they are.

    The others have a p of one half or more: a hypergeometric median is no further than its mean rounded down.
    Tests that ran in the same units share a schedule, which makes three of the four products small.
    """
    if runs.ran.shape[1] >= MOST_UNITS:
        raise ValueError(f"{runs.ran.shape[1]} units are more than {MOST_UNITS - 1}.")
    schedules, schedule_of = _schedules(runs.ran)
    failures = runs.failed.astype(np.float32)
    for start in range(0, len(failures), BLOCK):
        rows, later = slice(start, start + BLOCK), slice(start, None)
        own, place_of = np.unique(schedule_of[rows], return_inverse=True)
        n = (schedules[own] @ schedules.T)[place_of][:, schedule_of[later]]
        a = (failures[rows] @ schedules.T)[:, schedule_of[later]]
        b = (schedules[own] @ failures[later].T)[place_of]
        ab = failures[rows] @ failures[later].T
        is_family = (a >= minimum) & (b >= minimum) & (runs.name[rows, None] != runs.name[None, later])
        is_family &= np.tri(*a.shape, dtype=np.bool_) == 0
        first, second = np.nonzero(is_family & (ab * n > a * b))
        counts = (matrix[first, second].astype(np.int64) for matrix in (n, a, b, ab))
        places = runs.place[first + start], runs.place[second + start]
        yield Pairs(*places, *counts), int(is_family.sum())


def _schedules(ran: Flags) -> tuple[Matrix, Ints]:
    """The distinct rows, and which of them each row is."""
    _, places, schedule_of = np.unique(
        np.packbits(ran, axis=1), axis=0, return_index=True, return_inverse=True
    )
    return ran[places].astype(np.float32), schedule_of.ravel().astype(np.int64)


def _point_chances(pairs: Pairs) -> Floats:
    """Chance of this very number of common failures, at most p: logarithms of factorials are looked up."""
    log_factorial = gammaln(np.arange(int(pairs.n.max(initial=0)) + 1) + 1.0)
    n, a, b, ab = pairs.n, pairs.a, pairs.b, pairs.ab
    of_margins = (log_factorial[kind] for kind in (a, b, n - a, n - b))
    of_cells = (log_factorial[kind] for kind in (ab, a - ab, b - ab, n - a - b + ab, n))
    found: Floats = np.exp(sum(of_margins) - sum(of_cells))
    return found
