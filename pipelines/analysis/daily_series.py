"""Days with counts as series of pass rates side by side, in parts of so many that memory stays small.

What belongs here: rows into columns of one calendar. What does not: forecasting them
(pass_rate_forecasts.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.pass_rate_forecasts import logit_of_counts
from warehouse.policy import Parameters

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

SCOPE: Final = ("scope_type", "scope_key")
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Scopes side by side; a row is a day, the last one that of as_of; NaN where too few ran."""

    scopes: list[dict[str, Any]]
    logits: Floats
    run_counts: Ints

    @property
    def has_value(self) -> npt.NDArray[np.bool_]:
        """Which days of which scopes have a value."""
        return ~np.isnan(self.logits)


def daily_series(days: pl.DataFrame, parameters: Parameters) -> Iterator[DailySeries]:
    """All scopes by name, some at a time."""
    scopes = days.select(*SCOPE, "project").unique().sort(SCOPE)
    for begin in range(0, scopes.height, _AT_ONCE):
        part = scopes[begin : begin + _AT_ONCE].with_row_index("column")
        yield _side_by_side(part, days.join(part.select(*SCOPE, "column"), on=SCOPE), parameters)


def _side_by_side(scopes: pl.DataFrame, days: pl.DataFrame, parameters: Parameters) -> DailySeries:
    rows = parameters.forecast_days - 1 - days["age_days"].to_numpy()
    columns = days["column"].to_numpy()
    runs, passed = (np.zeros((parameters.forecast_days, scopes.height), np.int64) for _ in range(2))
    runs[rows, columns] = days["run_count"].to_numpy()
    passed[rows, columns] = days["passed_count"].to_numpy()
    is_missing = runs < parameters.trend_run_minimum
    logits = np.where(is_missing, np.nan, logit_of_counts(passed, runs))
    return DailySeries(scopes.drop("column").to_dicts(), logits, np.where(is_missing, 0, runs))
