"""How long breaks last, where some still do: the Kaplan-Meier median.

What belongs here: the estimate of statistics.md 7.1 on plain numbers. What does not: what a break is
(sql/analysis/ana_breaks.sql).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight


@dataclass(frozen=True, slots=True)
class MedianTime:
    """The median and its interval, in the unit given; null where the curve does not come down so far."""

    value: float | None
    low: float | None
    high: float | None


def median_time(times: Sequence[float], is_over: Sequence[bool], level: float = 0.95) -> MedianTime:
    """When half are over, of times some of which were cut off by the end of the watch.

    `is_over`: ended at that time; else it lasted at least so long. Kaplan and Meier (1958); interval by
    inverting the sign test (Brookmeyer and Crowley 1982), log-log scale. Never the mean of those that ended:
    it leaves the longest out.
    """
    if not any(is_over):
        return MedianTime(None, None, None)
    curve = SurvfuncRight(list(times), [int(over) for over in is_over])
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is 1 or 0
        low, high = curve.quantile_ci(0.5, alpha=1 - level, method="cloglog")
    return MedianTime(_reached(curve.quantile(0.5)), _reached(low), _reached(high))


def _reached(value: float) -> float | None:
    return float(value) if isfinite(value) else None
