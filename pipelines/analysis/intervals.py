"""Intervals of rates and differences, exact tests, control of false discoveries.

What belongs here: formulas of statistics.md 1.6, 2.1 and 2.2 on plain numbers, and on arrays where a metric
needs many. What does not: minimum evidence, which is judged by the metric that calls them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, binom, false_discovery_control, hypergeom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Sequence[int] | Floats | npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends, included; null where there is none."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ZTest:
    """A normal statistic and its two-sided p-value; null where the variance is 0 or a side is empty."""

    z: float | None
    p: float | None


@dataclass(frozen=True, slots=True)
class ClusteredRate:
    """A rate whose executions come in invocations; null where nothing was decided."""

    rate: float | None
    deff: float | None
    n_eff: float | None
    low: float | None
    high: float | None


def wilson(k: float, n: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of k successes among n, which need not be whole; no interval for n = 0.

    Wilson (1927); statistics.md 2.1. Exactly 0 at k = 0 and 1 at k = n.
    """
    if n <= 0:
        return Interval(None, None)
    low, high = wilson_many([k], [n], level)
    return Interval(float(low[0]), float(high[0]))


def wilson_many(k: Numbers, n: Numbers, level: float = 0.95) -> tuple[Floats, Floats]:
    """`wilson` of arrays of one length: all low ends, all high ends; NaN for n = 0."""
    successes, total = np.asarray(k, np.float64), np.asarray(n, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = proportion_confint(successes, total, alpha=1 - level, method="wilson")
    some = total > 0
    return np.where(some & (successes == 0), 0.0, low), np.where(some & (successes == total), 1.0, high)


def jeffreys(x: float, s: float, level: float = 0.95) -> Interval:
    """Equal-tailed interval of Beta(x+½, s+½) after x hits and s misses: the raw quantiles.

    What is shown has 0 for x = 0 and 1 for s = 0 (Brown, Cai and DasGupta 2001; statistics.md 1.3).
    """
    low, high = jeffreys_frame([x], [s], level)
    return Interval(float(low[0]), float(high[0]))


def jeffreys_frame(x: Numbers, s: Numbers, level: float = 0.95) -> tuple[Floats, Floats]:
    """`jeffreys` of arrays of one length: all low ends, all high ends."""
    tail = (1 - level) / 2
    a, b = np.asarray(x, np.float64) + 0.5, np.asarray(s, np.float64) + 0.5
    return beta.ppf(tail, a, b), beta.ppf(1 - tail, a, b)


def clopper_pearson(k: int, n: int, level: float = 0.95) -> Interval:
    """Clopper and Pearson's exact interval (1934) of k successes among n; no interval for n = 0."""
    if n <= 0:
        return Interval(None, None)
    low, high = proportion_confint(k, n, alpha=1 - level, method="beta")
    return Interval(float(low), float(high))


def newcombe(k1: float, n1: float, k2: float, n2: float, level: float = 0.95) -> Interval:
    """Newcombe's (1998) method 10 for k1/n1 − k2/n2; none where a side is empty (statistics.md 2.2)."""
    if n1 <= 0 or n2 <= 0:
        return Interval(None, None)
    low, high = confint_proportions_2indep(
        k1, n1, k2, n2, method="newcomb", compare="diff", alpha=1 - level, correction=False
    )
    return Interval(float(low), float(high))


def fisher_worse(sample_failed: int, sample_passed: int, basis_failed: int, basis_passed: int) -> float:
    """One-sided Fisher: chance of as many failures in the sample, were it no worse than the basis.

    P(X ≥ sample_failed), X hypergeometric given both margins; 1 for an empty side (statistics.md 2.1, 2.2).
    """
    counts = (sample_failed, sample_passed, basis_failed, basis_passed)
    return float(fishers_worse(*(np.array([count]) for count in counts))[0])


def fishers_worse(
    sample_failed: Numbers, sample_passed: Numbers, basis_failed: Numbers, basis_passed: Numbers
) -> Floats:
    """`fisher_worse` of arrays."""
    a, b, c, d = (
        np.asarray(counts, np.int64) for counts in (sample_failed, sample_passed, basis_failed, basis_passed)
    )
    p = hypergeom.sf(a - 1, a + b + c + d, a + c, a + b)
    return np.where((a + b == 0) | (c + d == 0), 1.0, p)


def binomial_tail(x: int, n: int, phi0: float) -> float:
    """P(Bin(n, φ0) ≥ x): how surprising x flakes of n runs are at a flake rate of φ0 (statistics.md 1.6)."""
    return float(binomial_tails([x], [n], phi0)[0])


def binomial_tails(x: Numbers, n: Numbers, phi0: float) -> Floats:
    """`binomial_tail` of arrays."""
    return np.asarray(binom.sf(np.asarray(x, np.int64) - 1, n, phi0), np.float64)


def benjamini_hochberg(p: Numbers) -> Floats:
    """q-values in the order of the p-values of one family (Benjamini and Hochberg 1995; statistics.md 1.6).

    None for none. A NaN, or what is no chance, is a ValueError: what was not tested is not in the family.
    """
    return _adjusted(p, "bh")


def benjamini_yekutieli(p: Numbers) -> Floats:
    """`benjamini_hochberg` under any dependence (Benjamini and Yekutieli 2001; statistics.md 1.6)."""
    return _adjusted(p, "by")


def pooled_z(k1: float, n1: float, k2: float, n2: float) -> ZTest:
    """z of k1/n1 − k2/n2 with the pooled variance, two-sided (statistics.md 2.2)."""
    if min(n1, n2) <= 0 or k1 + k2 in (0, n1 + n2):
        return ZTest(None, None)
    z, p = proportions_ztest([k1, k2], [n1, n2])
    return ZTest(float(z), float(p))


def clustered_rate(passed: Numbers, total: Numbers, level: float = 0.95) -> ClusteredRate:
    """Rate over invocations with its design effect: v = m/(m−1)·Σ(k − p·n)²/(Σn)², deff = v/[p(1−p)/Σn].

    One value per invocation in both; those with a total of 0 are no clusters. The interval is Wilson's with
    n_eff = Σn/max(1, deff). deff is 1 for a rate of 0 or 1; with one cluster it cannot be known, and there is
    no interval (statistics.md 2.1).
    """
    n = np.asarray(total, float)
    k, n = np.asarray(passed, float)[n > 0], n[n > 0]
    if len(n) == 0:
        return ClusteredRate(None, None, None, None, None)
    p = float(k.sum() / n.sum())
    if len(n) == 1:
        return ClusteredRate(p, None, None, None, None)
    spread = len(n) / (len(n) - 1) * float(((k - p * n) ** 2).sum()) / float(n.sum())
    deff = spread / (p * (1 - p)) if 0 < p < 1 else 1.0
    n_eff = float(n.sum()) / max(1.0, deff)
    interval = wilson(p * n_eff, n_eff, level) if 0 < p < 1 else wilson(round(p) * n_eff, n_eff, level)
    return ClusteredRate(p, deff, n_eff, interval.low, interval.high)


def _adjusted(p: Numbers, method: str) -> Floats:
    values = np.asarray(p, np.float64)
    return np.asarray(false_discovery_control(values, method=method)) if len(values) else values
