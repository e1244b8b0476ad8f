"""The table ana_pass_rate_control: each scope's last days on a control chart of the days before them.

What belongs here: which chart fits a baseline, days out of it. What does not: the formulas
(control_charts.py, intervals.py).
"""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.control_charts import ewma, laney
from pipelines.analysis.intervals import fishers_worse
from warehouse.policy import Parameters

Columns: TypeAlias = dict[str, Any]
Counts: TypeAlias = npt.NDArray[np.int64]

_SERIES: Final = ("scope_type", "scope_key", "rate_name")
_THREE_SIGMAS: Final = 0.00135
"""Chance of a standard normal above 3: what a limit of Laney's chart is exceeded by."""
_MEASURES: Final = ("centre", "low", "high", "z", "sigma_z", "ewma", "fisher_p")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_SERIES, pl.String()),
        "bucket_date": pl.Date(),
        "run_count": pl.Int64(),
        "failed_count": pl.Int64(),
        "failure_rate": pl.Float64(),
        **dict.fromkeys(_MEASURES, pl.Float64()),
        "is_baseline": pl.Boolean(),
        "is_signal": pl.Boolean(),
        "is_ewma_signal": pl.Boolean(),
        "method": pl.String(),
    }
)


def pass_rate_control(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per day of each series; days: those with runs, with their counts and `is_baseline`."""
    series = days.sort(*_SERIES, "bucket_date").partition_by(_SERIES, maintain_order=True)
    charts = [_chart(part, parameters.control_day_minimum) for part in series]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *charts]).with_columns(pl.col(_MEASURES).fill_nan(None))


def _chart(days: pl.DataFrame, day_minimum: int) -> pl.DataFrame:
    failed, total = days["failed_count"].to_numpy(), days["run_count"].to_numpy()
    baseline = int(days["is_baseline"].sum())
    if baseline < day_minimum:
        judged: Columns = {"method": "insufficient"}
    elif min(failed[:baseline].sum(), (total - failed)[:baseline].sum()) < baseline:
        judged = _exact(failed, total, baseline)
    else:
        judged = _laney(failed, total, baseline)
    defaults = dict.fromkeys(_MEASURES, np.nan) | {"is_signal": False, "is_ewma_signal": False}
    columns = {"failure_rate": failed / total} | defaults | judged
    return days.with_columns(
        pl.Series(name, np.broadcast_to(values, len(total)), _SCHEMA[name])
        for name, values in columns.items()
    ).select(_SCHEMA.names())


def _laney(failed: Counts, total: Counts, baseline: int) -> Columns:
    """The moving average begins with the current days: those of the baseline are what they are judged by."""
    chart = laney(failed, total, baseline=baseline)
    average = ewma(chart.z[baseline:] / chart.sigma_z)
    places = np.arange(len(total))
    return {
        "centre": chart.centre,
        "low": chart.low,
        "high": chart.high,
        "z": chart.z,
        "sigma_z": chart.sigma_z,
        "ewma": np.append(np.full(baseline, np.nan), average.values),
        "is_signal": np.isin(places, chart.signals) & (places >= baseline),
        "is_ewma_signal": np.isin(places - baseline, average.signals),
        "method": "laney",
    }


def _exact(failed: Counts, total: Counts, baseline: int) -> Columns:
    """Each current day against the whole baseline: more failures alone are a signal."""
    before, all_before = failed[:baseline].sum(), total[:baseline].sum()
    p = fishers_worse(
        failed, total - failed, np.full_like(failed, before), np.full_like(failed, all_before - before)
    )
    p[:baseline] = np.nan
    return {
        "centre": before / all_before,
        "fisher_p": p,
        "is_signal": p < _THREE_SIGMAS,
        "method": "fisher",
    }
