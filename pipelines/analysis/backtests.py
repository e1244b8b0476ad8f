"""How good forecasts were: skill with its interval, and by how much an interval must be widened.

What belongs here: the contract of statistics.md 4.3 on sums by day. What does not: the scores themselves
(forecasts.py), the forecasters, and which forecast is shown (sql/metrics/met_forecast_backtest.sql).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

Floats: TypeAlias = npt.NDArray[np.float64]

SEED: Final = 20261201
"""Of the resamples: the same for all, so that a series alone gives what it gives among others."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Moving blocks of so many days that follow on each other, so many resamples."""

    block_days: int
    resample_count: int


@dataclass(frozen=True, slots=True)
class Skill:
    """1 − score / score of the reference, with its 95 % interval; null where the reference never erred."""

    value: float | None
    low: float | None
    high: float | None


def skill(score: Floats, reference: Floats, bootstrap: Bootstrap) -> Skill:
    """Skill of sums of scores by the day that was forecast, in the order of time (Künsch 1989).

    By the day and not by the origin: neighbouring origins forecast the same days, over twice a block, and one
    lucky day would count as many.

    A resample in which the reference never errs says nothing; the interval is null where all are so.
    """
    if not reference.sum() > 0:
        return Skill(None, None, None)
    times = _resamples(len(score), bootstrap.block_days, bootstrap.resample_count)
    against = times @ reference
    some = against > 0
    low, high = np.quantile(1 - (times @ score)[some] / against[some], [0.025, 0.975])
    return Skill(float(1 - score.sum() / reference.sum()), float(low), float(high))


def conformal_factor(errors: Floats, sd: Floats, level: float) -> float | None:
    """By what an sd is multiplied so that the central interval of the level held that share of the errors.

    The level's quantile of |e| / (z·sd) over the origins before those that are tested (split conformal;
    statistics.md 4.3). Where sd is 0 an error is infinitely far out, and none is within. Null without errors,
    or where the quantile is not finite.
    """
    if not len(errors):
        return None
    reach = norm.ppf((1 + level) / 2) * sd
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(errors == 0, 0.0, np.abs(errors) / reach)
    factor = float(np.quantile(far, level, method="inverted_cdf"))
    return factor if np.isfinite(factor) else None


@lru_cache(maxsize=8)
def _resamples(days: int, block: int, resamples: int) -> Floats:
    """How often each day is in each resample: blocks drawn evenly, the last one cut."""
    size = min(block, days)
    starts = np.random.default_rng(SEED).integers(0, days - size + 1, size=(resamples, -(-days // size)))
    drawn = (starts[:, :, None] + np.arange(size)).reshape(resamples, -1)[:, :days]
    times = np.zeros((resamples, days))
    np.add.at(times, (np.arange(resamples)[:, None], drawn), 1.0)
    return times
