"""Which tests broke together: breaks are known by windows, and two breaks are common where these overlap.

What belongs here: pairs counted by the windows of their breaks. What does not: what is made of the counts
(co_failures.py) and where the windows come from (segments.py).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.sparse import coo_array, csr_array, triu

from pipelines.analysis.co_failures import Ints, Pairs, joined, no_pairs

BLOCK: Final = 256
"""Tests compared with all others at a time: all may have broken at one commit."""


@dataclass(frozen=True)
class Breaks:
    """Windows one by one, each with the place of its test; and what is said of each test once."""

    test: Ints
    low: Ints
    high: Ints
    name: Ints
    """Two tests of one name are no pair."""
    width: Ints
    """Positions in the widest window of the test."""
    position_count: Ints
    """Positions in its history."""

    @cached_property
    def counts(self) -> Ints:
        """Breaks of each test."""
        return np.bincount(self.test, minlength=len(self.name)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Pairs with a common break, as far as they are told, and how many there are in all."""

    pairs: Pairs
    pair_count: int


def overlapping_pairs(breaks: Breaks, minimum: int, most: int) -> Overlaps:
    """All pairs of which each has `minimum` breaks, and of the others the `most` with most in common.

    ab: breaks that overlap one of the other test, of whichever test has fewer such. n: as many slots as two
    of their widest windows, side by side, find room in the shorter history; so often they could have missed.
    """
    is_in, has_partner = _incidence(breaks)
    partners_of = has_partner.T.tocsr()
    tested, others, pair_count = [no_pairs()], no_pairs(), 0
    for start in range(0, len(breaks.name), BLOCK):
        rows = slice(start, start + BLOCK)
        common = (is_in[rows] @ has_partner).minimum(partners_of[rows] @ is_in.T)
        block = triu(common, start + 1, format="coo")
        first, second, ab = (np.asarray(part, np.int64) for part in (*block.coords, block.data))
        is_pair = (breaks.name[first + start] != breaks.name[second]) & (ab > 0)
        pairs = _pairs(breaks, first[is_pair] + start, second[is_pair], ab[is_pair])
        pair_count += len(pairs.ab)
        is_tested = np.minimum(pairs.a, pairs.b) >= minimum
        tested.append(pairs.where(is_tested))
        others = _strongest(others, pairs.where(~is_tested), most)
    return Overlaps(joined([*tested, others]), pair_count)


def count_tested_pairs(breaks: Breaks, minimum: int) -> int:
    """Pairs of which each has as many breaks, whether or not one is common."""
    names = breaks.name[breaks.counts >= minimum]
    same = np.unique(names, return_counts=True)[1]
    return int((len(names) * (len(names) - 1) - (same * (same - 1)).sum()) // 2)


def latest_overlap(breaks: Breaks, first: int, second: int) -> tuple[int, int] | None:
    """Where both windows of their latest common break lie; none where they have none."""
    of_first, of_second = breaks.test == first, breaks.test == second
    low = np.maximum(breaks.low[of_first][:, None], breaks.low[of_second][None, :]).ravel()
    high = np.minimum(breaks.high[of_first][:, None], breaks.high[of_second][None, :]).ravel()
    common = sorted(zip(low[low <= high].tolist(), high[low <= high].tolist(), strict=True))
    return common[-1] if common else None


def _incidence(breaks: Breaks) -> tuple[csr_array, csr_array]:
    """Tests × windows: whose they are. Windows × tests: which tests have a break that overlaps."""
    windows, window_of = np.unique(np.stack([breaks.low, breaks.high], axis=1), axis=0, return_inverse=True)
    ones, shape = np.ones(len(breaks.test), np.int32), (len(breaks.name), len(windows))
    is_in = coo_array((ones, (breaks.test, window_of.ravel())), shape=shape).tocsr()
    # in the order of low ends, a window meets itself and all behind it up to its own high end
    own = np.arange(len(windows))
    length = np.searchsorted(windows[:, 0], windows[:, 1], side="right") - own
    rows = np.repeat(own, length)
    columns = rows + np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
    behind = coo_array((np.ones(len(rows), np.int32), (rows, columns)), shape=(len(windows),) * 2)
    has_partner = ((behind + behind.T).tocsr() @ is_in.T).tocsr()
    has_partner.data[:] = 1
    return is_in, has_partner


def _pairs(breaks: Breaks, first: Ints, second: Ints, ab: Ints) -> Pairs:
    positions, width = breaks.position_count, breaks.width
    slots = np.minimum(positions[first], positions[second]) // (width[first] + width[second] - 1)
    a, b = breaks.counts[first], breaks.counts[second]
    return Pairs(first, second, np.maximum(slots, np.maximum(a, b)), a, b, ab)


def _strongest(kept: Pairs, more: Pairs, most: int) -> Pairs:
    """The most of both, strongest first; of equal ones those that are kept, whose tests come first."""
    if len(kept.ab) == most:
        weakest = kept.ab[-1], kept.jaccard[-1]
        is_equal = more.ab == weakest[0]
        more = more.where((more.ab > weakest[0]) | (is_equal & (more.jaccard > weakest[1])))
    both = joined([kept, more])
    return both.where(np.lexsort((both.second, both.first, -both.jaccard, -both.ab))[:most])
