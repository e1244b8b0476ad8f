"""Daily pass rates of the next days: a level and weekdays that move, beside two simpler forecasts.

What belongs here: the forecasters of statistics.md 4.2 for many series at once, from every origin asked for.
What does not: how good they were (backtests.py), and days into series and back (the *_table.py modules).

A series is a column: one value a day, NaN where there is none. Level and weekdays are those of ETS(A,N,A)
with a period of 7: an error e of a day moves the level by alpha·e and the weekday by gamma·e. Both begin as
running means, so that nothing need be fitted: the two gains are those of a grid that erred least up to the
origin (docs/adr/0010).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

WEEK: Final = 7
LEVEL_GAINS: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
WEEKDAY_GAINS: Final = (None, 0.0, 0.1, 0.3)
"""Grids of alpha and gamma; 0: a running mean of all days; None: days of the week are alike."""
RECENT_ERRORS: Final = 35
"""Errors of which the spread is taken."""
WEEKDAY_DOUBT: Final = 1.0
"""Days on which a weekday is taken to have been like the others before any was seen."""
_FIRST_ERRORS: Final = 14
"""Errors that are no measure yet, as the level is still being learnt; as many more make a spread."""


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Normal forecasts by origin, horizon (from one day ahead) and series; NaN where there is none."""

    mean: Floats
    sd: Floats


@dataclass(frozen=True, slots=True)
class Smoothed:
    """Those of level and weekdays, with the gains chosen at each origin and series; days alike: NaN."""

    forecasts: Forecasts
    level_gain: Floats
    weekday_gain: Floats


def logit_of_counts(passed: npt.ArrayLike, total: npt.ArrayLike) -> Floats:
    """ln((k + ½) / (n − k + ½)): no day of only passes or only failures is infinite (statistics.md 4.2)."""
    k, n = np.asarray(passed, np.float64), np.asarray(total, np.float64)
    return np.asarray(np.log((k + 0.5) / (n - k + 0.5)), np.float64)


def smoothed(series: Floats, origins: Sequence[int], horizon_days: int) -> Smoothed:
    """Level and weekdays, forecast from each origin: a row of the series, which it knows up to itself.

    Variance h days ahead: s²[1 + Σ_{j<h} (alpha + gamma·1[j mod 7 = 0])²], s of the last 35 one-step errors.
    """
    grid = np.array([(a, g) for a in LEVEL_GAINS for g in WEEKDAY_GAINS], np.float64)
    errors, states = _walk(series, grid, origins)
    spread = _spread(grid, horizon_days)
    count = _count_before(errors[:, :, 0])
    measured = np.where(count[:, :, None] < _FIRST_ERRORS, np.nan, errors)
    squares = np.cumsum(np.nan_to_num(measured) ** 2, axis=0)
    means, sds, gains = [], [], []
    columns = np.arange(series.shape[1])
    for origin, (level, weekdays) in zip(origins, states, strict=True):
        best = squares[origin].argmin(axis=1)
        ahead = (origin + 1 + np.arange(horizon_days)) % WEEK
        means.append(level[columns, best] + weekdays[:, columns, best][ahead])
        sigma = recent_spread(measured[: origin + 1, columns, best])
        is_known = count[origin] + ~np.isnan(series[origin]) >= 2 * _FIRST_ERRORS
        sds.append(np.where(is_known, sigma, np.nan) * spread[best].T)
        gains.append(grid[best])
    chosen = np.array(gains)
    forecasts = Forecasts(np.array(means), np.array(sds))
    return Smoothed(forecasts, level_gain=chosen[:, :, 0], weekday_gain=chosen[:, :, 1])


def last_weekday(series: Floats, origins: Sequence[int], horizon_days: int) -> Forecasts:
    """Seasonal naive: the value of the last same weekday.

    sd: of the last 35 differences to it; a week further ahead, to the one before it.
    """
    values, differences = _weekday_values(series, -(-horizon_days // WEEK))
    means, sds = [], []
    for origin in origins:
        ahead = origin + 1 + np.arange(horizon_days)
        means.append(values[origin][ahead % WEEK])
        by_week = np.array([recent_spread(weeks[: origin + 1]) for weeks in differences])
        sds.append(by_week[np.arange(horizon_days) // WEEK])
    return Forecasts(np.array(means), np.array(sds))


def mean_so_far(series: Floats, origins: Sequence[int], horizon_days: int) -> Forecasts:
    """The mean of all days up to the origin, with their sd."""
    is_there = ~np.isnan(series)
    # from the first value on: what never changes has an sd of 0, not one of rounding
    first = np.where(is_there.any(axis=0), series[is_there.argmax(axis=0), np.arange(series.shape[1])], 0.0)
    filled = np.where(is_there, series - first, 0.0)
    count = np.cumsum(is_there, axis=0).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.cumsum(filled, axis=0) / count
        squares = np.cumsum(filled**2, axis=0) - count * mean**2
        sd = np.sqrt(np.maximum(squares, 0.0) / (count - 1) * (1 + 1 / count))
    shape = (len(origins), horizon_days, series.shape[1])
    rows = list(origins)
    return Forecasts(*(np.broadcast_to(part[rows][:, None], shape).copy() for part in (mean + first, sd)))


def recent_spread(errors: Floats) -> Floats:
    """Root of the mean square of the last 35 errors of each column; NaN where there is none."""
    is_there = ~np.isnan(errors)
    total = np.cumsum(is_there, axis=0)
    is_recent = is_there & (total > total[-1] - RECENT_ERRORS)
    # running sums add in the order of days, whatever stands in the other columns
    squares = np.cumsum(np.where(is_recent, errors, 0.0) ** 2, axis=0)[-1]
    number = is_recent.sum(axis=0)
    mean = np.divide(squares, number, out=np.full(number.shape, np.nan), where=number > 0)
    return np.asarray(np.sqrt(mean), np.float64)


def _walk(series: Floats, grid: Floats, origins: Sequence[int]) -> tuple[Floats, list[tuple[Floats, Floats]]]:
    """One-step errors of each day, series and pair of gains; level and weekdays at the origins."""
    days, columns = series.shape
    level = np.zeros((columns, len(grid)))
    weekdays = np.zeros((WEEK, columns, len(grid)))
    seen, seen_weekday = np.zeros((columns, 1)), np.zeros((WEEK, columns, 1))
    alpha, is_seasonal = grid[:, 0], ~np.isnan(grid[:, 1])
    gamma = np.where(is_seasonal, grid[:, 1], 0.0)
    errors = np.empty((days, columns, len(grid)))
    at: dict[int, tuple[Floats, Floats]] = {}
    wanted = set(origins)
    for day in range(days):
        weekday = day % WEEK
        is_there = ~np.isnan(series[day])[:, None]
        error = series[day][:, None] - level - weekdays[weekday]
        errors[day] = error
        moved = np.where(is_there, error, 0.0)
        level_gain = np.maximum(alpha, 1 / (seen + 1))
        weekday_gain = np.maximum(gamma, 1 / (seen_weekday[weekday] + 1 + WEEKDAY_DOUBT))
        level += level_gain * moved
        weekdays[weekday] += np.minimum(weekday_gain, 1 - level_gain) * is_seasonal * moved
        seen += is_there
        seen_weekday[weekday] += is_there
        if day in wanted:
            at[day] = level.copy(), weekdays.copy()
    return errors, [at[origin] for origin in origins]


def _spread(grid: Floats, horizon_days: int) -> Floats:
    """Standard deviations h days ahead, over that of one-step errors, of each pair of gains."""
    alpha, gamma = grid[:, :1], np.nan_to_num(grid[:, 1:])
    steps = np.arange(1, horizon_days)
    added = np.cumsum((alpha + gamma * (steps % WEEK == 0)) ** 2, axis=1)
    return np.asarray(np.sqrt(1 + np.column_stack([np.zeros(len(grid)), added])), np.float64)


def _count_before(values: Floats) -> Ints:
    """How many values each column has before each row."""
    is_there = ~np.isnan(values)
    return np.asarray(np.cumsum(is_there, axis=0) - is_there, np.int64)


def _weekday_values(series: Floats, weeks: int) -> tuple[Floats, Floats]:
    """The last value of each weekday as each day knows it; differences of each day to the ones before."""
    days, columns = series.shape
    last = np.full((weeks, WEEK, columns), np.nan)
    values, differences = np.empty((days, WEEK, columns)), np.empty((weeks, days, columns))
    for day in range(days):
        weekday, value = day % WEEK, series[day]
        differences[:, day] = value - last[:, weekday]
        older = np.concatenate([value[None], last[:-1, weekday]])
        last[:, weekday] = np.where(np.isnan(value), last[:, weekday], older)
        values[day] = last[0]
    return values, differences
