"""The analyses that models under sql/analysis name in their headers: rows of a query in, rows of a table out.

What belongs here: the list. What does not: making rows (the *_table.py modules) and formulas. Each module is
imported when its model is built: SciPy takes longer to import than most commands take to run.
"""

from importlib import import_module
from types import MappingProxyType
from typing import Final

import polars as pl

from warehouse.build import Analyses, Analysis
from warehouse.policy import Parameters

_NAMES: Final = (
    "break_rates",
    "capacity",
    "co_failures",
    "duration_changes",
    "duration_quantiles",
    "failure_clusters",
    "flakiness",
    "mix_effects",
    "next_run_backtests",
    "next_run_forecasts",
    "pass_rate_backtests",
    "pass_rate_control",
    "pass_rate_forecasts",
    "pass_rate_segments",
    "pass_rate_trends",
    "patterns",
    "release_drivers",
    "release_scores",
    "repair_times",
    "segments",
    "step_times",
    "suite_flakiness",
)


def _analysis(name: str) -> Analysis:
    def run(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
        made: pl.DataFrame = getattr(import_module(f"pipelines.analysis.{name}_table"), name)(
            rows, parameters
        )
        return made

    return run


ANALYSES: Final[Analyses] = MappingProxyType({name: _analysis(name) for name in _NAMES})
"""By the name in the header; the function of that name in the module `<name>_table`."""
