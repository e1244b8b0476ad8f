"""How probable it is that one change breaks a test: learnt from all tests of a project.

What belongs here: the hazard of statistics.md 1.5 with a prior of its own project. What does not: what a
change and a break are (sql/analysis) and breaks per change of suites and features (break_rates.py).

(breaks + ½) / (changes + 1) says of a test that never broke in 50 changes that one in a hundred breaks it,
and of a thousand such tests that ten are broken by the next change. Where the project's tests together say
how rare breaks are, that takes the place of the 1.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.analysis.break_rates import RatePrior, fit_rate_prior
from pipelines.analysis.segments import Floats

HALF_A_BREAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Hazards:
    """Breaks per change of each test, and the prior behind them: gamma, or pooled where none was accepted."""

    per_test: Floats
    prior: RatePrior
    method: str


def break_hazards(breaks: Floats, changes: Floats) -> Hazards:
    """Posterior mean of breaks per change of each test, below 1: (breaks + shape) / (changes + rate).

    The gamma is fitted to all tests; where they are too few, or broke too seldom, its shape is ½ and its mean
    the breaks of all tests over their changes, with half a break in one change more.
    """
    order = np.lexsort((changes, breaks))  # the fit ends elsewhere, in the fifth digit, in another one
    fitted = fit_rate_prior(breaks[order], changes[order])
    prior = fitted if fitted.accepted else _pooled(float(breaks.sum()), float(changes.sum()))
    hazard = np.minimum((breaks + prior.shape) / (changes + prior.rate), HALF_A_BREAK)
    return Hazards(hazard, prior, "gamma" if fitted.accepted else "pooled")


def _pooled(breaks: float, changes: float) -> RatePrior:
    mean = (breaks + HALF_A_BREAK) / (changes + 1)
    return RatePrior(HALF_A_BREAK, HALF_A_BREAK / mean, accepted=False)
