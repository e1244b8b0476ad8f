"""The table ana_next_run_forecasts: the chance that the next run of each test fails.

What belongs here: forecasts into columns. What does not: the forecast (next_run.py), and whether it is shown
(sql/metrics).
"""

from typing import Final

import numpy as np
import polars as pl

from pipelines.analysis.next_run import (
    STATES,
    failure_probability,
    known,
    learn,
    probability_interval,
)
from pipelines.analysis.run_sequences import KEYS, ProjectRuns, by_project
from warehouse.policy import Parameters

_COUNTS: Final = ("last_age_days", "run_count", "failed_count", "state_run_count", "state_failed_count")
_RATES: Final = (
    *("failure_probability", "failure_probability_low", "failure_probability_high"),
    *("state_failed_rate", "state_strength"),
)
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys((*KEYS, "project", "last_outcome"), pl.String()),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        **dict.fromkeys(_RATES, pl.Float64()),
    }
)


def next_run_forecasts(sequences: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per test × variant; sequences: the runs of each in the order of time."""
    half_life = parameters.forecast_half_life_run_count
    return pl.concat([_SCHEMA.to_frame(), *(_rows(runs, half_life) for runs in by_project(sequences))])


def _rows(runs: ProjectRuns, half_life_runs: int) -> pl.DataFrame:
    histories = runs.histories
    common = learn(histories, np.ones(len(histories.is_failed), np.bool_))
    now = known(histories, half_life_runs)
    low, high = probability_interval(now, common)
    states = (common.after_pass, common.after_failure)
    columns = {
        "project": [runs.project] * runs.tests.height,
        "last_outcome": [STATES[state] for state in now.last],
        "last_age_days": runs.age_days[histories.lengths.cumsum() - 1],
        "run_count": now.earlier_total,
        "failed_count": now.earlier_failures,
        "state_run_count": now.total,
        "state_failed_count": now.failures,
        "failure_probability": failure_probability(now, common),
        "failure_probability_low": low,
        "failure_probability_high": high,
        "state_failed_rate": [states[state].rate for state in now.last],
        "state_strength": [states[state].strength for state in now.last],
    }
    return runs.tests.with_columns(
        pl.Series(name, values).cast(_SCHEMA[name]) for name, values in columns.items()
    )
