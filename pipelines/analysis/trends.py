"""Trends over days: Mann-Kendall with its corrections, Sen's slope.

What belongs here: the tests of statistics.md 2.4 on one series. What does not: control charts
(control_charts.py, whose functions are here as well by name) and what counts as declining (sql/metrics).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pymannkendall
from scipy.stats import kruskal, theilslopes

from pipelines.analysis.control_charts import Ewma, LaneyChart, ewma, laney

__all__ = ["Ewma", "LaneyChart", "Trend", "ewma", "laney", "trend"]

Floats: TypeAlias = npt.NDArray[np.float64]

WEEK: Final = 7
_WEEKDAY_LEVEL: Final = 0.05
_SEASON_DAYS: Final = 6 * WEEK
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Trend:
    """Null where not computed. Slopes are per day, but `slope_seasonal` is per period.

    `s`, `var_s`, `z`, `tau`, `p_mk`: Mann-Kendall, two-sided, ties corrected. `p_weekday`: Kruskal-Wallis
    over days of the week. `*_seasonal`: seasonal Mann-Kendall. `p_hamed_rao`: variance corrected for
    autocorrelation. `p`: the larger of p_hamed_rao and that of the test that fits the series. `slope`: Sen's,
    with its 95 % interval; `intercept`: of the line, at the first day.
    """

    s: float | None = None
    var_s: float | None = None
    z: float | None = None
    tau: float | None = None
    p_mk: float | None = None
    p_weekday: float | None = None
    s_seasonal: float | None = None
    z_seasonal: float | None = None
    p_seasonal: float | None = None
    slope_seasonal: float | None = None
    p_hamed_rao: float | None = None
    p: float | None = None
    slope: float | None = None
    slope_low: float | None = None
    slope_high: float | None = None
    intercept: float | None = None


def trend(y: Sequence[float | None], dates: Sequence[date] | None = None, period: int | None = None) -> Trend:
    """Whether a daily series rises or falls, and how fast (statistics.md 2.4).

    `dates`: the day of each value, in any order; days between that have none are gaps, as are values that are
    null or NaN. Without dates the values are of successive days. The seasonal test with a period of 7 is
    taken where weekdays differ (p < 0.05) over at least six weeks; `period` asks for one whatever they do. Of
    three values or more; a series without change has z 0 and p 1.

    p is the larger of two, since negative autocorrelation makes Hamed and Rao's (1998) variance too small.
    """
    series = _by_day(y, dates)
    places = np.flatnonzero(~np.isnan(series))
    values = series[places]
    if len(values) < _FEWEST:
        return Trend()
    if (values == values[0]).all():
        level = float(values[0])
        return Trend(
            0.0, 0.0, 0.0, 0.0, 1.0, p=1.0, slope=0.0, slope_low=0.0, slope_high=0.0, intercept=level
        )
    plain = pymannkendall.original_test(values)
    first = 0 if dates is None else min(dates).weekday()
    p_weekday = _p_weekday(values, (places + first) % WEEK)
    has_seasons = p_weekday is not None and p_weekday < _WEEKDAY_LEVEL and len(series) >= _SEASON_DAYS
    season = period or (WEEK if has_seasons else None)
    is_repeated = season is not None and np.bincount(places % season).max() > 1
    seasonal = pymannkendall.seasonal_test(series, period=season) if is_repeated else None
    p_hamed_rao = _p_hamed_rao(values)
    fitting = plain.p if seasonal is None else seasonal.p
    slope, intercept, low, high = theilslopes(values, places)
    return Trend(
        s=float(plain.s),
        var_s=float(plain.var_s),
        z=float(plain.z),
        tau=float(plain.Tau),
        p_mk=float(plain.p),
        p_weekday=p_weekday,
        s_seasonal=float(seasonal.s) if seasonal else None,
        z_seasonal=float(seasonal.z) if seasonal else None,
        p_seasonal=float(seasonal.p) if seasonal else None,
        slope_seasonal=float(seasonal.slope) if seasonal else None,
        p_hamed_rao=p_hamed_rao,
        p=float(fitting) if p_hamed_rao is None else max(float(fitting), p_hamed_rao),
        slope=float(slope),
        slope_low=float(low),
        slope_high=float(high),
        intercept=float(intercept),
    )


def _by_day(y: Sequence[float | None], dates: Sequence[date] | None) -> Floats:
    """The values at their places in the calendar, NaN where a day has none."""
    values = np.array([np.nan if value is None else value for value in y], np.float64)
    if dates is not None and len(dates) != len(values):
        raise ValueError(f"{len(values)} values of {len(dates)} days")
    if dates is None or not len(values):
        return values
    numbers = np.array([day.toordinal() for day in dates])
    if len(np.unique(numbers)) != len(numbers):
        raise ValueError("a day has two values")
    series = np.full(numbers.max() - numbers.min() + 1, np.nan)
    series[numbers - numbers.min()] = values
    return series


def _p_weekday(values: Floats, weekdays: npt.NDArray[np.int64]) -> float | None:
    groups = [values[weekdays == day] for day in np.unique(weekdays)]
    return float(kruskal(*groups).pvalue) if len(groups) > 1 else None


def _p_hamed_rao(values: Floats) -> float | None:
    """Null where the corrected variance is not above 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = pymannkendall.hamed_rao_modification_test(values)
    return float(found.p) if found.var_s > 0 else None
