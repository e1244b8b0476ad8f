"""The table ana_capacity: how long executions of each scope waited, as quantiles with intervals.

What belongs here: quantiles out of waits. What does not: the formula (durations.py), and what runs at once
(sql/analysis/ana_concurrency_levels.sql).
"""

from typing import Any, Final

import polars as pl

from pipelines.analysis.durations import quantile_interval
from warehouse.policy import Parameters

_COUNTS: Final = ("execution_count", "timed_count", "placed_count", "worker_count", "queued_count")
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95}
_SCHEMA: Final = pl.Schema(
    {
        "scope_type": pl.String(),
        "scope_key": pl.String(),
        **dict.fromkeys((*_COUNTS, "queue_sum_ms", "queue_max_ms"), pl.Int64()),
        **{f"queue_{name}{end}_ms": pl.Int64() for name in _QUANTILES for end in ("", "_low", "_high")},
    }
)


def capacity(scopes: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope; scopes: counts, and the waits in ascending order."""
    del parameters
    ordered = scopes.sort("scope_type", "scope_key")
    waits = [pl.Series([], dtype=pl.Int64) if times is None else times for times in ordered["queue_times_ms"]]
    rows = [
        {**row, **_quantiles(times)}
        for row, times in zip(ordered.drop("queue_times_ms").to_dicts(), waits, strict=True)
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _quantiles(times: pl.Series) -> dict[str, Any]:
    """The longest wait, and quantiles with both ends; a quantile with an open end is not told."""
    told: dict[str, Any] = {"queue_max_ms": times.max()}
    for name, share in _QUANTILES.items():
        found = quantile_interval(times.to_numpy(), share)
        is_bounded = found.low is not None and found.high is not None
        ends = {"": found.value, "_low": found.low, "_high": found.high}
        told |= {f"queue_{name}{end}_ms": value if is_bounded else None for end, value in ends.items()}
    return told
