"""The table ana_step_times: what each step of a suite costs, and whether its daily medians moved.

What belongs here: sums and comparisons out of days. What does not: the formula (durations.py), and what
counts as slower (sql/metrics/met_step_time.sql).
"""

from dataclasses import astuple
from typing import Final

import polars as pl

from pipelines.analysis.durations import quantile, shift_many
from warehouse.policy import Parameters

_STEP: Final = ("project", "suite_key", "step_name", "step_type")
_SUMS: Final = ("step_count", "timed_count", "failing_count", "duration_sum_ms")
_COMPARED: Final = pl.Schema(
    {
        "sample_day_count": pl.Int64(),
        "basis_day_count": pl.Int64(),
        **dict.fromkeys(
            ("sample_p50_ms", "basis_p50_ms", "ratio", "ratio_low", "ratio_high", "p"), pl.Float64()
        ),
    }
)
_SCHEMA: Final = pl.Schema(
    {**dict.fromkeys(_STEP, pl.String()), **dict.fromkeys(_SUMS, pl.Int64()), **_COMPARED}
)


def step_times(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per step; days: those with steps, each with its sums and the median of its passed steps."""
    del parameters
    median, is_sample = pl.col("passed_p50_ms").cast(pl.Float64), pl.col("is_sample")
    steps = (
        days.sort(*_STEP, "bucket_date")
        .group_by(_STEP, maintain_order=True)
        .agg(
            pl.col(_SUMS).sum(),
            median.filter(is_sample).drop_nulls().alias("sample"),
            median.filter(~is_sample).drop_nulls().alias("basis"),
        )
    )
    samples, bases = ([values.to_numpy() for values in steps[name]] for name in ("sample", "basis"))
    rows = [
        (len(sample), len(basis), quantile(sample, 0.5), quantile(basis, 0.5), *astuple(found)[:4])
        for sample, basis, found in zip(
            samples, bases, shift_many(list(zip(bases, samples, strict=True))), strict=True
        )
    ]
    compared = pl.DataFrame(rows, schema=_COMPARED, orient="row")
    return (
        steps.select(*_STEP, *_SUMS)
        .hstack(compared)
        .select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
    )
