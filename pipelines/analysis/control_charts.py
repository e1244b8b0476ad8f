"""Control charts of daily failure rates: which days are out of the ordinary.

What belongs here: Laney's p' chart and the EWMA chart of statistics.md 2.5, on one series. What does not: how
a baseline is chosen (sql/metrics).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Sequence[int] | Floats | npt.NDArray[np.int64]

_D2: Final = 1.128
"""Mean of |difference| of two standard normals."""
_MEDIAN: Final = 0.9538725524
"""Median of it: √2 · Φ⁻¹(0.75)."""
_SIGMAS: Final = 3.0


@dataclass(frozen=True, slots=True)
class LaneyChart:
    """Centre line and spread, z and limits of each day, and the days outside of them, from 0."""

    centre: float
    sigma_z: float
    z: Floats
    low: Floats
    high: Floats
    signals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ewma:
    """The moving average of each day over its standard deviation, and the days beyond the limit, from 0."""

    values: Floats
    signals: tuple[int, ...]


def laney(failed: Numbers, n: Numbers, robust: bool = True, baseline: int | None = None) -> LaneyChart:
    """Laney's (2002) p' chart: limits of a failure rate that varies more between days than chance within.

    z = (p − p̄)/√(p̄(1−p̄)/n); sigma_z = median|Δz|/0.9539, at least 1, or mean|Δz|/1.128 where not `robust`;
    limits p̄ ± 3·sigma_z·√(p̄(1−p̄)/n), within 0 and 1. p̄ and sigma_z are of the first `baseline` days, all by
    default.
    A day with n = 0 has NaN and no signal; where p̄ is 0 or 1, or nothing ran, no day has a z
    (statistics.md 2.5).
    """
    k, total = np.asarray(failed, np.float64), np.asarray(n, np.float64)
    end = len(k) if baseline is None else baseline
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = float(np.divide(k[:end].sum(), total[:end].sum()))
        spread = np.sqrt(centre * (1 - centre) / total)
        spread[total == 0] = np.nan
        z = (k / total - centre) / spread
        z[~np.isfinite(z)] = np.nan
    sigma_z = _sigma_z(z[:end], robust)
    width = _SIGMAS * sigma_z * spread
    signals = tuple(int(day) for day in np.flatnonzero(np.abs(z) > _SIGMAS * sigma_z))
    low, high = np.clip(centre - width, 0, 1), np.clip(centre + width, 0, 1)
    return LaneyChart(centre, sigma_z, z, low, high, signals)


def ewma(z: Numbers, weight: float = 0.2, limit: float = 2.7) -> Ewma:
    """Exponentially weighted moving average of z (already over sigma_z) from 0, in its standard deviations.

    The exact variance after t days is λ/(2−λ)·[1−(1−λ)^2t]. A day with NaN moves nothing, does not count and
    has NaN (Montgomery; statistics.md 2.5).
    """
    values = np.full(len(z), np.nan)
    average, seen = 0.0, 0
    for day, value in enumerate(z):
        if not np.isnan(value):
            average, seen = weight * value + (1 - weight) * average, seen + 1
            values[day] = average / np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * seen)))
    return Ewma(values, tuple(int(day) for day in np.flatnonzero(np.abs(values) > limit)))


def _sigma_z(z: Floats, robust: bool) -> float:
    """Spread of z by the differences of neighbours, days without z passed over; 1 of fewer than two."""
    moves = np.abs(np.diff(z[~np.isnan(z)]))
    if len(moves) == 0:
        return 1.0
    return max(1.0, float(np.median(moves)) / _MEDIAN) if robust else float(moves.mean()) / _D2
