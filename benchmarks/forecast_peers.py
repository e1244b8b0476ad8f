"""Forecasters of pass rates that ours is held against: statsmodels and the closed form of statistics.md 4.2.

What belongs here: peers that answer as ours does. What does not: what is measured (forecasts.py).
"""

import warnings
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from pipelines.analysis.pass_rate_forecasts import WEEK, Forecasts, recent_spread

Floats: TypeAlias = npt.NDArray[np.float64]


def statsmodels_ets(logits: Floats, origins: Sequence[int], horizon_days: int) -> Forecasts:
    """Fitted anew every week, smoothed with these parameters on the days between."""
    shape = (len(origins), horizon_days, logits.shape[1])
    mean, sd = np.empty(shape), np.empty(shape)
    for column in range(logits.shape[1]):
        parameters = None
        for place, origin in enumerate(origins):
            days = pd.Series(logits[: origin + 1, column])
            model = ETSModel(days, error="add", trend=None, seasonal="add", seasonal_periods=WEEK)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if place % WEEK == 0:
                    parameters = model.fit(disp=False).params
                found = model.smooth(parameters).get_prediction(start=origin + 1, end=origin + horizon_days)
            mean[place, :, column] = found.predicted_mean
            sd[place, :, column] = np.sqrt(found.forecast_variance)
    return Forecasts(mean, sd)


def closed_form(logits: Floats, origins: Sequence[int], horizon_days: int) -> Forecasts:
    """Offsets of weekdays and a level with a half life of a week; the spread of one step whatever ahead."""
    weight = 1 - 2 ** (-1 / WEEK)
    means, sds = [], []
    for origin in origins:
        days = logits[: origin + 1]
        offsets = np.array([days[weekday::WEEK].mean(axis=0) for weekday in range(WEEK)]) - days.mean(axis=0)
        rest = days - offsets[np.arange(len(days)) % WEEK]
        level, errors = rest[0], np.full(days.shape, np.nan)
        for day in range(1, len(days)):
            errors[day] = rest[day] - level
            level = level + weight * errors[day]
        means.append(level + offsets[(origin + 1 + np.arange(horizon_days)) % WEEK])
        sds.append(np.tile(recent_spread(errors), (horizon_days, 1)))
    return Forecasts(np.array(means), np.array(sds))
