"""The table ana_step_times: what each step of a suite costs, and whether its daily medians moved.

What belongs here: sums and comparisons out of days. What does not: the formula (durations.py), and what
counts as slower (sql/metrics/met_step_time.sql).
"""

from dataclasses import asdict
from typing import Any, Final

import polars as pl

from pipelines.analysis.durations import quantile, shift
from warehouse.policy import Parameters

_STEP: Final = ("project", "suite_key", "step_name", "step_type")
_SUMS: Final = ("step_count", "timed_count", "failing_count", "duration_sum_ms")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_STEP, pl.String()),
        **dict.fromkeys(_SUMS, pl.Int64()),
        "sample_day_count": pl.Int64(),
        "basis_day_count": pl.Int64(),
        "sample_p50_ms": pl.Float64(),
        "basis_p50_ms": pl.Float64(),
        "ratio": pl.Float64(),
        "ratio_low": pl.Float64(),
        "ratio_high": pl.Float64(),
        "p": pl.Float64(),
    }
)


def step_times(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per step; days: those with steps, each with its sums and the median of its passed steps."""
    del parameters
    parts = days.sort(*_STEP, "bucket_date").partition_by(_STEP, maintain_order=True)
    return pl.DataFrame([_row(part) for part in parts], schema=_SCHEMA, orient="row")


def _row(days: pl.DataFrame) -> dict[str, Any]:
    medians = days.filter(pl.col("passed_p50_ms").is_not_null())
    sample, basis = (
        medians.filter(pl.col("is_sample") == is_sample)["passed_p50_ms"].to_list()
        for is_sample in (True, False)
    )
    found = asdict(shift(basis, sample))
    return {
        **days.select(*_STEP).row(0, named=True),
        **days.select(*_SUMS).sum().row(0, named=True),
        "sample_day_count": len(sample),
        "basis_day_count": len(basis),
        "sample_p50_ms": quantile(sample, 0.5),
        "basis_p50_ms": quantile(basis, 0.5),
        "ratio": found["ratio"],
        "ratio_low": found["low"],
        "ratio_high": found["high"],
        "p": found["p"],
    }
