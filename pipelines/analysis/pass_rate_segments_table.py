"""The table ana_pass_rate_segments: the daily series of all scopes, cut where their level changes.

What belongs here: sequences out of days, segments into rows. What does not: the formula (segments.py), and
the segments of single tests (segments_table.py).
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

from pipelines.analysis.control_charts import laney
from pipelines.analysis.segments import Floats, Segmentation, segment_all
from warehouse.policy import Parameters

_SERIES: Final = ("scope_type", "scope_key", "rate_name")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_SERIES, pl.String()),
        "segment_number": pl.Int64(),
        "first_date": pl.Date(),
        "last_date": pl.Date(),
        "day_count": pl.Int64(),
        "run_count": pl.Int64(),
        "passed_count": pl.Int64(),
        "standardised_pass_rate": pl.Float64(),
        "design_effect": pl.Float64(),
        "cut_log_bayes_factor": pl.Float64(),
        "cut_low_date": pl.Date(),
        "cut_high_date": pl.Date(),
        "cut_probability": pl.Float64(),
    }
)


def pass_rate_segments(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per segment of each series; days: those with runs, `failed` their standardised failures."""
    series = days.sort(*_SERIES, "bucket_date").partition_by(_SERIES, maintain_order=True)
    effects = [_design_effect(part) for part in series]
    weighed = [_weighed(part, effect) for part, effect in zip(series, effects, strict=True)]
    failed, total = [part[0] for part in weighed], [part[1] for part in weighed]
    found = segment_all(failed, total, parameters.segment_cut_prior) if series else []
    rows = [
        row
        for part, effect, result in zip(series, effects, found, strict=True)
        for row in _rows(part, effect, result)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _design_effect(days: pl.DataFrame) -> float:
    return laney(days["failed"].to_numpy(), days["run_count"].to_numpy()).sigma_z ** 2


def _weighed(days: pl.DataFrame, effect: float) -> tuple[Floats, Floats]:
    """Failures and runs of each day that independent runs would be worth, at least one run."""
    runs = days["run_count"].to_numpy()
    total = np.maximum(1.0, runs / effect)
    return days["failed"].to_numpy() / runs * total, total


def _rows(days: pl.DataFrame, effect: float, result: Segmentation) -> Iterator[tuple[Any, ...]]:
    series, dates = days.row(0)[: len(_SERIES)], days["bucket_date"]
    for number, (part, cut) in enumerate(zip(result.segments, (None, *result.cuts), strict=True), start=1):
        inside = days[part.start : part.end]
        runs, failed = int(inside["run_count"].sum()), float(inside["failed"].sum())
        span = (number, dates[part.start], dates[part.end - 1], inside.height)
        counts = (runs, inside["passed_count"].sum(), 1 - failed / runs, effect)
        cut_columns = (
            (cut.log_bayes_factor, dates[cut.low], dates[cut.high], cut.probability) if cut else (None,) * 4
        )
        yield (*series, *span, *counts, *cut_columns)
