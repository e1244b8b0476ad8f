"""The table ana_pass_rate_forecasts: pass rates of the next days, by scope.

What belongs here: forecasts into rows. What does not: the forecaster (pass_rate_forecasts.py), and whether a
forecast is shown (sql/metrics).
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis.daily_series import SCOPE, DailySeries, daily_series
from pipelines.analysis.pass_rate_forecasts import WEEK, smoothed
from warehouse.policy import Parameters

_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys((*SCOPE, "project"), pl.String()),
        **dict.fromkeys(("horizon_days", "day_count", "run_count", "expected_run_count"), pl.Int64()),
        **dict.fromkeys(("logit_mean", "logit_sd", "level_gain", "weekday_gain"), pl.Float64()),
    }
)


def pass_rate_forecasts(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope and day ahead; days: executions and passes of each scope and day."""
    rows = [row for series in daily_series(days, parameters) for row in _rows(series, parameters)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").with_columns(
        pl.col("weekday_gain").fill_nan(None)
    )


def _rows(series: DailySeries, parameters: Parameters) -> Iterator[dict[str, Any]]:
    horizon, last_day = parameters.forecast_horizon_days, len(series.logits) - 1
    found = smoothed(series.logits, [last_day], horizon)
    mean, sd = found.forecasts.mean[0], found.forecasts.sd[0]
    day_counts = series.has_value.sum(axis=0)
    for column in np.flatnonzero(day_counts >= parameters.forecast_day_minimum):
        recent = series.run_counts[-parameters.forecast_tested_days :, column]
        for ahead in range(horizon):
            alike = recent[::-1][WEEK - 1 - ahead % WEEK :: WEEK]
            if not alike.any():
                continue
            yield {
                **series.scopes[column],
                "horizon_days": ahead + 1,
                "day_count": int(day_counts[column]),
                "run_count": int(series.run_counts[:, column].sum()),
                "expected_run_count": int(alike[alike > 0][0]),
                "logit_mean": mean[ahead, column],
                "logit_sd": sd[ahead, column],
                "level_gain": found.level_gain[0, column],
                "weekday_gain": found.weekday_gain[0, column],
            }
