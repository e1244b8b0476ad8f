"""How often changes break something: a rate per component, learnt from all of them where there are many.

What belongs here: the gamma-Poisson model of breaks per change (statistics.md 7.2). What does not: what a
component and a change are (sql/analysis/ana_break_rates.sql), and gaps of coverage.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import gamma, nbinom

Floats: TypeAlias = npt.NDArray[np.float64]

FEWEST_COMPONENTS: Final = 10
FEWEST_BREAKS: Final = 10
JEFFREYS: Final = (0.5, 1.0)
"""Half a break in one change more than were seen: the hazard of statistics.md 1.5."""
_EDGE: Final = 12.0
"""Bound of ln shape and ln rate: beyond e^12 components differ by nothing that could be seen."""


@dataclass(frozen=True, slots=True)
class RatePrior:
    """Gamma(shape, rate) of breaks per change; accepted where components are many enough to learn it."""

    shape: float
    rate: float
    accepted: bool


def fit_rate_prior(breaks: Floats, changes: Floats) -> RatePrior:
    """The gamma under which so many breaks in so many changes of each component are most likely.

    Negative-binomial likelihood over ln shape and ln rate (L-BFGS-B). Accepted: converged within the bounds,
    at least 10 components with changes and 10 breaks; else half a break in one change (statistics.md 1.5).
    """
    seen = changes > 0
    k, n = breaks[seen], changes[seen]
    if len(k) < FEWEST_COMPONENTS or k.sum() < FEWEST_BREAKS:
        return RatePrior(*JEFFREYS, accepted=False)

    def loss(point: Floats) -> float:
        shape, rate = np.exp(point)
        return -float(nbinom.logpmf(k, shape, rate / (rate + n)).sum())

    start = np.log([1.0, n.sum() / k.sum()])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-_EDGE, _EDGE)] * 2)
    shape, rate = np.exp(found.x)
    return RatePrior(float(shape), float(rate), bool(found.success and np.abs(found.x).max() < _EDGE))


def rate_posteriors(
    breaks: Floats, changes: Floats, prior: RatePrior, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Mean, low and high of each component's breaks per change: Gamma(shape + breaks, rate + changes)."""
    shape, rate = (prior.shape, prior.rate) if prior.accepted else JEFFREYS
    a, b = breaks + shape, changes + rate
    tail = (1 - level) / 2
    return a / b, gamma.ppf(tail, a, scale=1 / b), gamma.ppf(1 - tail, a, scale=1 / b)
