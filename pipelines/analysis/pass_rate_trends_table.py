"""The table ana_pass_rate_trends: every daily series tested for a trend.

What belongs here: series out of days, one row out of each. What does not: the formula (trends.py), and what
counts as improving or declining (sql/metrics/met_pass_rate_trend.sql).
"""

from dataclasses import asdict, fields
from typing import Any, Final

import polars as pl

from pipelines.analysis.trends import Trend, trend
from warehouse.policy import Parameters

_SERIES: Final = ("scope_type", "scope_key", "rate_name")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_SERIES, pl.String()),
        "project": pl.String(),
        "first_date": pl.Date(),
        "last_date": pl.Date(),
        "window_days": pl.Int64(),
        "day_count": pl.Int64(),
        "run_count": pl.Int64(),
        **{field.name: pl.Float64() for field in fields(Trend)},
    }
)


def pass_rate_trends(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per series; days: its points, each with date, runs and rate."""
    del parameters
    series = days.sort(*_SERIES, "bucket_date").partition_by(_SERIES, maintain_order=True)
    return pl.DataFrame([_row(points) for points in series], schema=_SCHEMA, orient="row")


def _row(points: pl.DataFrame) -> dict[str, Any]:
    dates = points["bucket_date"].to_list()
    found = trend(points["standardised_pass_rate"].to_list(), dates)
    return {
        **points.select(*_SERIES, "project").row(0, named=True),
        "first_date": dates[0],
        "last_date": dates[-1],
        "window_days": (dates[-1] - dates[0]).days + 1,
        "day_count": len(dates),
        "run_count": points["run_count"].sum(),
        **asdict(found),
    }
