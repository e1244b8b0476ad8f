"""Forecasts and how good they were: scores of a backtest, and how many of the next runs will pass.

What belongs here: the formulas of statistics.md 4.2 and 4.3 on plain numbers. What does not: the forecasters
and their rolling origins (the *_table.py modules), and whether a forecast is shown (sql/metrics).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import scoringrules
from scipy.stats import betabinom, norm

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Sequence[int] | Sequence[bool] | Floats

_QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Score:
    """Means over all origins; null where there is none. `skill`: 1 − crps / crps_naive, null if that is 0."""

    crps: float | None
    crps_naive: float | None
    skill: float | None
    pinball: dict[float, float | None]
    coverage: float | None
    """Share of the values within the central interval of the level, its ends included."""


@dataclass(frozen=True, slots=True)
class BinaryScore:
    """Means over all predictions; null where there is none. `log_score`: −ln of what came, in nats."""

    brier: float | None
    brier_skill: float | None
    log_score: float | None


@dataclass(frozen=True, slots=True)
class NextPasses:
    """Passes among the next runs: their mean, the central interval, and the chance that all pass."""

    mean: float
    low: int
    high: int
    p_all: float


def score(
    y: Numbers, mu: Numbers, sd: Numbers, naive_mu: Numbers, naive_sd: Numbers, level: float = 0.8
) -> Score:
    """Normal forecasts N(mu, sd) of the values y, beside those of a naive forecaster.

    CRPS in the unit of y (Gneiting and Raftery 2007), pinball loss at 0.1, 0.5 and 0.9 of the forecast
    (statistics.md 4.3). An sd of 0 is a forecast of one value: its CRPS is the absolute error.
    """
    values, mean, spread = (np.asarray(column, np.float64) for column in (y, mu, sd))
    if not len(values):
        return Score(None, None, None, dict.fromkeys(_QUANTILES), None)
    crps = float(crps_many(values, mean, spread).mean())
    crps_naive = float(crps_many(values, naive_mu, naive_sd).mean())
    reach = norm.ppf((1 + level) / 2) * spread
    return Score(
        crps=crps,
        crps_naive=crps_naive,
        skill=1 - crps / crps_naive if crps_naive else None,
        pinball={q: float(_pinball(values, mean + norm.ppf(q) * spread, q).mean()) for q in _QUANTILES},
        coverage=float(np.mean(np.abs(values - mean) <= reach)),
    )


def crps_many(y: Numbers, mu: Numbers, sd: Numbers) -> Floats:
    """CRPS of each normal forecast; the absolute error where sd is 0."""
    values, mean, spread = (np.asarray(column, np.float64) for column in (y, mu, sd))
    some = np.where(spread > 0, spread, 1.0)
    scored = np.asarray(scoringrules.crps_normal(values, mean, some), np.float64)
    return np.where(spread > 0, scored, np.abs(values - mean))


def _pinball(values: Floats, quantile: Floats, q: float) -> Floats:
    return np.asarray(scoringrules.quantile_score(values, quantile, q), np.float64)


def score_binary(p: Numbers, outcome: Numbers, reference: Numbers) -> BinaryScore:
    """Probabilities p of what happened (1) or not (0), beside the probabilities of a reference.

    Brier (1950); skill 1 − brier / brier of the reference, null where that is 0 (statistics.md 4.3).
    """
    chance, came, other = (np.asarray(column, np.float64) for column in (p, outcome, reference))
    if not len(chance):
        return BinaryScore(None, None, None)
    brier, against = float(np.mean((chance - came) ** 2)), float(np.mean((other - came) ** 2))
    with np.errstate(divide="ignore"):  # what was called impossible came: infinite
        log_score = float(np.mean(-np.log(np.where(came > 0, chance, 1 - chance))))
    return BinaryScore(brier, 1 - brier / against if against else None, log_score)


def next_passes(n: int, alpha: float, beta: float, level: float = 0.8) -> NextPasses:
    """Passes among the next n runs where the pass rate is Beta(alpha, beta): beta-binomial.

    statistics.md 4.2; the interval holds at least `level`, since passes are whole numbers.
    """
    passes = betabinom(n, alpha, beta)
    low, high = passes.ppf([(1 - level) / 2, (1 + level) / 2])
    return NextPasses(float(passes.mean()), int(low), int(high), float(passes.pmf(n)))
