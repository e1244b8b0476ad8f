"""Durations: quantiles with their intervals, log-bucket histograms, and whether something became slower.

What belongs here: the formulas of statistics.md 3 on plain numbers, in milliseconds. What does not: which
attempts count (sql/), cuts of series (duration_cuts.py), and minimum evidence, which is judged by the metric
that calls them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, mannwhitneyu, norm

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Sequence[int] | Floats

LOG_GAMMA: Final = math.log(1.01 / 0.99)
"""Width of a bucket on the scale of ln(ms): estimates are at most 1 % off (Masson et al. 2019)."""
_EXACT_PAIRS: Final = 2_000
"""Pairs up to which Mann-Whitney is exact, where no values are tied."""
_EXACT_RANKS: Final = 1_000_000
"""Pairs up to which the interval's rank comes from the exact distribution,"""
_EXACT_SIZE: Final = 150
"""and values of the smaller side: beyond, its terms cancel, and the normal rank is within 2 of it."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A value at rank ceil(q·n), and the order statistics that hold the quantile; null: unbounded there."""

    value: float | None
    low: float | None
    high: float | None
    rank_low: int | None
    rank_high: int | None


@dataclass(frozen=True, slots=True)
class Shift:
    """Current over baseline; null where one is empty. `superiority`: how often a current one took longer."""

    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    superiority: float | None


def quantile_interval(values: Numbers, q: float, level: float = 0.95) -> Quantile:
    """Inverse-CDF quantile of the values, and its interval by order statistics (statistics.md 3.1).

    Ranks BinomPPF(α/2; n, q) and BinomPPF(1 − α/2; n, q) + 1, from 1; a rank of 0 or above n is unbounded.
    The same as scipy.stats.quantile_test(...).confidence_interval.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    n = len(ordered)
    if n == 0:
        return Quantile(None, None, None, None, None)
    (rank_low,), (rank_high,) = interval_ranks(np.array([n]), q, level)
    return Quantile(
        value=float(ordered[_rank(n, q) - 1]),
        low=float(ordered[rank_low - 1]) if rank_low >= 1 else None,
        high=float(ordered[rank_high - 1]) if rank_high <= n else None,
        rank_low=int(rank_low) if rank_low >= 1 else None,
        rank_high=int(rank_high) if rank_high <= n else None,
    )


def quantile(values: Numbers, q: float) -> float | None:
    """The value at rank ceil(q·n): inverse CDF, without an interval; null for no values."""
    ordered = np.sort(np.asarray(values, np.float64))
    return float(ordered[_rank(len(ordered), q) - 1]) if len(ordered) else None


def interval_ranks(
    n: npt.NDArray[np.int64], q: float, level: float = 0.95
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Low and high rank, from 1, for many n at once; 0 or above n where that side is unbounded."""
    tail = (1 - level) / 2
    low, high = binom.ppf(tail, n, q), binom.ppf(1 - tail, n, q) + 1
    return low.astype(np.int64), high.astype(np.int64)


def histogram(values_ms: Iterable[float]) -> dict[int, int]:
    """How many values lie in each log bucket, rising: ceil(ln ms / ln(1.01/0.99)), below 1 ms as 1 ms.

    Histograms merge by adding up counts: exact, in any order (statistics.md 3.2).
    """
    counts = Counter(math.ceil(math.log(max(value, 1.0)) / LOG_GAMMA) for value in values_ms)
    return dict(sorted(counts.items()))


def histogram_quantile(buckets: Mapping[int, int], q: float) -> float | None:
    """Quantile in ms, at most 1 % off: the first bucket at which ceil(q·N) values are reached."""
    total = sum(buckets.values())
    if total == 0:
        return None
    reached, rank = 0, _rank(total, q)
    for bucket, count in sorted(buckets.items()):
        reached += count
        if reached >= rank:
            return bucket_value(bucket)
    raise ValueError(f"A quantile lies between 0 and 1, {q} does not.")


def bucket_value(bucket: int) -> float:
    """The estimate for values of a bucket: 2 g^b / (g + 1) with g = 1.01 / 0.99."""
    return 2 * math.exp(bucket * LOG_GAMMA) / (math.exp(LOG_GAMMA) + 1)


def _rank(n: int, q: float) -> int:
    """ceil(q·n), from 1, which a product a little above a whole number does not raise."""
    return max(1, math.ceil(round(q * n, 9)))


def shift(baseline: Numbers, current: Numbers, level: float = 0.95) -> Shift:
    """How many times as long the current durations are as the baseline's (statistics.md 3.3).

    Hodges and Lehmann (1963) on ln(ms): the median of all ln c − ln b; interval of Moses from the Wilcoxon
    distribution; Mann-Whitney's two-sided p, exact up to 2,000 pairs without ties, else normal with
    continuity correction. Below 1 ms counts as 1 ms.
    """
    return shift_many([(np.asarray(baseline, np.float64), np.asarray(current, np.float64))], level)[0]


def shift_many(pairs: Sequence[tuple[Floats, Floats]], level: float = 0.95) -> list[Shift]:
    """`shift` of many pairs (baseline, current), in their order; those of like sizes together."""
    found = [Shift(None, None, None, None, None)] * len(pairs)
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, (baseline, current) in enumerate(pairs):
        if len(baseline) and len(current):
            alike[len(baseline), len(current)].append(index)
    for indices in alike.values():
        before, now = (
            np.log(np.maximum(np.array([pairs[index][side] for index in indices]), 1.0)) for side in (0, 1)
        )
        for index, one in zip(indices, _shifts(before, now, level), strict=True):
            found[index] = one
    return found


def _shifts(before: Floats, now: Floats, level: float) -> list[Shift]:
    """A shift per row; both on the scale of ln(ms)."""
    count = before.shape[1] * now.shape[1]
    c = max(1, wilcoxon_rank((1 - level) / 2, now.shape[1], before.shape[1]))
    differences = np.sort((now[:, :, None] - before[:, None, :]).reshape(len(now), count), axis=1)
    ends = np.exp(differences[:, [c - 1, count - c]])
    middle = np.exp(np.median(differences, axis=1))
    u, p = _mann_whitney(now, before)
    columns = (middle, ends[:, 0], ends[:, 1], p, u / count)
    return [Shift(*map(float, row)) for row in zip(*columns, strict=True)]


def _mann_whitney(now: Floats, before: Floats) -> tuple[Floats, Floats]:
    """U and two-sided p of each row."""
    together = np.sort(np.hstack([now, before]), axis=1)
    is_tied = (np.diff(together, axis=1) == 0).any(axis=1)
    is_exact = ~is_tied & (now.shape[1] * before.shape[1] <= _EXACT_PAIRS)
    u, p = np.full(len(now), now.shape[1] * before.shape[1] / 2), np.ones(len(now))
    # all tied: nothing speaks for a shift, and the variance is 0
    for rows, method in ((is_exact, "exact"), (~is_exact & (together[:, 0] < together[:, -1]), "asymptotic")):
        if rows.any():
            tested = mannwhitneyu(now[rows], before[rows], method=method, axis=1)
            u[rows], p[rows] = tested.statistic, tested.pvalue
    return u, p


@lru_cache(maxsize=1_024)
def wilcoxon_rank(tail: float, m: int, n: int) -> int:
    """Least w at which P(W ≤ w) ≥ tail, W the Wilcoxon rank-sum statistic of m and n values, from 0.

    Its distribution is that of a Gaussian binomial coefficient; normal where there are very many values.
    """
    if _is_large(m, n):
        return max(0, math.ceil(m * n / 2 + float(norm.ppf(tail)) * _spread(m, n) - 0.5))
    return int(np.searchsorted(np.cumsum(_wilcoxon_weights(min(m, n), max(m, n))), tail * (1 - 1e-12)))


def rank_sum_p(u: float, m: int, n: int) -> float:
    """Two-sided p of Mann-Whitney's U as if no values were tied: a few ties within a side hardly move it.

    With ties the normal approximation calls 9 values that all lie above 13 others p = 0.0001; it is 4e-6.
    """
    least = math.floor(min(u, m * n - u))
    if _is_large(m, n):
        return min(1.0, 2 * float(norm.cdf((least + 0.5 - m * n / 2) / _spread(m, n))))
    return min(1.0, 2 * float(np.sum(_wilcoxon_weights(min(m, n), max(m, n))[: least + 1])))


def _is_large(m: int, n: int) -> bool:
    return m * n > _EXACT_RANKS or min(m, n) > _EXACT_SIZE


def _spread(m: int, n: int) -> float:
    return math.sqrt(m * n * (m + n + 1) / 12)


@lru_cache(maxsize=256)
def _wilcoxon_weights(m: int, n: int) -> Floats:
    """P(W = w), w from 0 to m·n: coefficients of the product of (1 − x^(n+i)) / (1 − x^i), i from 1 to m."""
    weights = np.zeros(m * n + 1)
    weights[0] = 1.0
    for i in range(1, m + 1):
        raised = n + i
        if raised < len(weights):
            weights[raised:] -= weights[:-raised].copy()
        for start in range(min(i, len(weights))):
            np.cumsum(weights[start::i], out=weights[start::i])
        weights /= raised / i  # each step multiplies the sum of all by (n + i) / i
    return weights
