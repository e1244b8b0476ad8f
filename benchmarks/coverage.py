"""How often an interval holds the rate that it is about, beside the 95 % that it says.

What belongs here: intervals of a rate, of a clustered rate and of a difference. What does not: those of the
place of a cut (latency.py).

One rate and one difference have few possible counts: all are enumerated, none drawn, and coverage swings
around 95 % since counts are whole. Limits: 2 points off the exact values of statistics.md 10. Of what is off
95 % itself it promises nothing; those limits are what was measured and room for another seed. A design effect
is estimated from the few builds that it is about, so over ten of them 95 % are 89 %.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import binom

from benchmarks.figures import Figure
from pipelines.analysis.flakiness import JEFFREYS
from pipelines.analysis.flakiness_table import _with_rates
from pipelines.analysis.intervals import (
    ClusteredRate,
    Interval,
    clustered_rate,
    newcombe,
    wilson_many,
)

Floats: TypeAlias = npt.NDArray[np.float64]

SEED: Final = 5
DRAWS: Final = 4_000
TESTS: Final = 100
LEVEL: Final = 0.95
RATE: Final = 0.95
"""Pass rate of the clustered runs."""

EXACT: Final = {
    (0.01, 50): (0.986183, 0.910565),
    (0.01, 200): (0.983977, 0.948254),
    (0.05, 50): (0.885279, 0.962224),
    (0.05, 200): (0.949754, 0.967152),
    (0.20, 50): (0.950701, 0.950701),
    (0.20, 200): (0.948151, 0.958498),
}
"""By rate and runs: exact coverage of Jeffreys' interval as it is shown, and of Wilson's."""

CLUSTERED: Final = ((10, 0.01, 4.0), (10, 0.05, 7.5), (30, 0.01, 2.0), (30, 0.05, 3.0))
"""Builds, correlation of two tests of one build, and points that coverage may be off; the rate is 95 %."""

DIFFERENCES: Final = (((0.95, 30), (0.95, 7)), ((0.95, 30), (0.65, 7)), ((0.95, 150), (0.90, 35)))
"""Pass rate and runs of basis and sample, of a test that runs once or five times a day."""


def coverage() -> Iterator[Figure]:
    """Points of coverage off the exact values, or off 95 %; of clustered rates beside Wilson's interval."""
    for place, (name, ends) in enumerate({"Jeffreys'": _jeffreys, "Wilson's": _wilson}.items()):
        off = max(abs(_exact(rate, n, *ends(n)) - exact[place]) for (rate, n), exact in EXACT.items())
        yield Figure(f"coverage of {name} interval, off the exact one, 6 points", 100 * off, "points", 2.0)
    rng = np.random.default_rng(SEED)
    for builds, correlation, limit in CLUSTERED:
        ours, plain = _clustered(rng, builds, correlation)
        named = f"{builds} builds, correlation {correlation}"
        yield Figure(f"clustered interval off 95 %, {named}", _off(ours), "points", limit)
        yield Figure(f"Wilson's interval off 95 %, {named}", _off(plain), "points", limit, "ours at most")
    for basis, sample in DIFFERENCES:
        named = " to ".join(f"{rate:.0%} of {n}" for rate, n in (basis, sample))
        yield Figure(f"Newcombe's interval off 95 %, {named}", _off(_newcombe(basis, sample)), "points", 3.0)


def _off(covered: float) -> float:
    return 100 * abs(covered - LEVEL)


def _jeffreys(n: int) -> tuple[Floats, Floats]:
    """Both ends for 0 to n flakes of n runs, as the table shows them: 0 and 1 at the edges."""
    x = pl.Series("flake_count", range(n + 1))
    rows = pl.DataFrame([x, (n - x).alias("pass_count")]).with_columns(
        pl.col("flake_count").alias("flake_weight"),
        pl.col("pass_count").alias("pass_weight"),
        hard_fail_count=0,
        prior_alpha=JEFFREYS[0],
        prior_beta=JEFFREYS[1],
    )
    shown = _with_rates(rows, 0.01)
    return shown["index_low"].to_numpy(), shown["index_high"].to_numpy()


def _wilson(n: int) -> tuple[Floats, Floats]:
    return wilson_many(np.arange(n + 1), np.full(n + 1, n))


def _holds(interval: Interval | ClusteredRate, value: float) -> bool:
    """No interval holds nothing."""
    return interval.low is not None and interval.high is not None and interval.low <= value <= interval.high


def _exact(rate: float, n: int, low: Floats, high: Floats) -> float:
    """Chance of a count whose interval holds the rate."""
    chances = binom.pmf(np.arange(n + 1), n, rate)
    return float(chances[(low <= rate) & (rate <= high)].sum())


def _clustered(rng: np.random.Generator, builds: int, correlation: float) -> tuple[float, float]:
    """Share of drawn histories whose interval holds the rate: ours, and Wilson's as if runs were independent.

    Each build has a pass rate of its own, of a beta distribution: counts are beta-binomial.
    """
    size = 1 / correlation - 1
    rates = rng.beta(RATE * size, (1 - RATE) * size, (DRAWS, builds))
    passed = rng.binomial(TESTS, rates)
    total = np.full(builds, TESTS)
    ours = [_holds(clustered_rate(row, total), RATE) for row in passed]
    low, high = wilson_many(passed.sum(axis=1), np.full(DRAWS, builds * TESTS))
    return sum(ours) / DRAWS, float(((low <= RATE) & (high >= RATE)).mean())


def _newcombe(basis: tuple[float, int], sample: tuple[float, int]) -> float:
    """Chance of two counts whose interval holds the difference."""
    (rate1, n1), (rate2, n2) = basis, sample
    chances = np.outer(binom.pmf(np.arange(n1 + 1), n1, rate1), binom.pmf(np.arange(n2 + 1), n2, rate2))
    return sum(
        float(chance)
        for (k1, k2), chance in np.ndenumerate(chances)
        if _holds(newcombe(k1, n1, k2, n2), rate1 - rate2)
    )
