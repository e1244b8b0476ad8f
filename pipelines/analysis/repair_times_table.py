"""The table ana_repair_times: the median time that breaks of a scope last.

What belongs here: breaks into one row per scope. What does not: the estimate (repair_times.py).
"""

from typing import Any, Final

import polars as pl

from pipelines.analysis.repair_times import median_time
from warehouse.policy import Parameters

_SCOPE: Final = ("scope_type", "scope_key")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_SCOPE, pl.String()),
        **dict.fromkeys(("break_count", "open_count", "test_count"), pl.Int64()),
        **dict.fromkeys(("repair_p50_hours", "repair_p50_low_hours", "repair_p50_high_hours"), pl.Float64()),
    }
)


def repair_times(breaks: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope; breaks: each with its hours, whether it is open, and the tests that broke."""
    del parameters
    parts = breaks.sort(*_SCOPE, "repair_hours", "is_open").partition_by(_SCOPE, maintain_order=True)
    return pl.DataFrame([_row(part) for part in parts], schema=_SCHEMA, orient="row")


def _row(breaks: pl.DataFrame) -> dict[str, Any]:
    is_open = breaks["is_open"]
    found = median_time(breaks["repair_hours"].to_list(), (~is_open).to_list())
    return {
        **breaks.select(*_SCOPE).row(0, named=True),
        "break_count": breaks.height,
        "open_count": is_open.sum(),
        "test_count": breaks["test_count"].sum(),
        "repair_p50_hours": found.value,
        "repair_p50_low_hours": found.low,
        "repair_p50_high_hours": found.high,
    }
