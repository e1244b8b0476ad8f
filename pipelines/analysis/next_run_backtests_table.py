"""The table ana_next_run_backtests: how well the runs of the last four weeks would have been predicted.

What belongs here: which runs are learnt from and which predicted, one row per project and reference. What
does not: the forecasts (next_run.py), skill (backtests.py), scores (forecasts.py).
"""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.backtests import Bootstrap, skill
from pipelines.analysis.forecasts import score_binary
from pipelines.analysis.next_run import failure_probability, history_probability, known, learn
from pipelines.analysis.run_sequences import ProjectRuns, by_project
from warehouse.policy import Parameters

Floats: TypeAlias = npt.NDArray[np.float64]

REFERENCES: Final = ("history", "last_outcome")
_COUNTS: Final = ("test_count", "run_count", "tested_day_count", "prediction_count", "failed_count")
_SCORES: Final = ("brier", "reference_brier", "log_score", "skill", "skill_low", "skill_high")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(("project", "reference"), pl.String()),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        **dict.fromkeys(_SCORES, pl.Float64()),
    }
)


def next_run_backtests(sequences: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per project and reference; sequences: the runs of each test in the order of time."""
    rows = [row for runs in by_project(sequences) for row in _rows(runs, parameters)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows(runs: ProjectRuns, parameters: Parameters) -> Iterator[dict[str, Any]]:
    is_late = runs.age_days < parameters.forecast_tested_days
    starts = np.cumsum(runs.histories.lengths) - runs.histories.lengths
    is_tested = is_late.copy()
    is_tested[starts] = False
    ages, came = runs.age_days[is_tested], runs.histories.is_failed[is_tested].astype(np.float64)
    counts = {
        "test_count": runs.tests.height,
        "run_count": len(runs.age_days),
        "tested_day_count": len(np.unique(ages)),
        "prediction_count": len(ages),
        "failed_count": int(came.sum()),
    }
    is_enough = (
        counts["prediction_count"] >= parameters.forecast_prediction_minimum
        and counts["tested_day_count"] >= parameters.forecast_tested_day_minimum
    )
    scores = _scores(runs, is_late, is_tested, parameters) if is_enough else {}
    for reference in REFERENCES:
        own = {"project": runs.project, "reference": reference}
        yield dict.fromkeys(_SCHEMA.names()) | own | counts | scores.get(reference, {})


def _scores(
    runs: ProjectRuns,
    is_late: npt.NDArray[np.bool_],
    is_tested: npt.NDArray[np.bool_],
    parameters: Parameters,
) -> dict[str, dict[str, Any]]:
    """The columns of each reference; what tests share is of the runs that are not late."""
    common = learn(runs.histories, ~is_late)
    before = known(runs.histories, parameters.forecast_half_life_run_count, is_tested)
    chance = failure_probability(before, common)
    references = (history_probability(before, common), before.last.astype(np.float64))
    came = runs.histories.is_failed[is_tested].astype(np.float64)
    days = parameters.forecast_tested_days - 1 - runs.age_days[is_tested]
    bootstrap = Bootstrap(parameters.forecast_block_days, parameters.forecast_resample_count)

    def by_day(probability: Floats) -> Floats:
        squares = (probability - came) ** 2
        summed = np.bincount(days, squares, minlength=parameters.forecast_tested_days)
        return np.asarray(summed, np.float64)

    told = {}
    for name, other in zip(REFERENCES, references, strict=True):
        gained = skill(by_day(chance), by_day(other), bootstrap)
        told[name] = {
            "brier": float(np.mean((chance - came) ** 2)),
            "reference_brier": float(np.mean((other - came) ** 2)),
            "log_score": score_binary(chance, came, other).log_score,
            "skill": gained.value,
            "skill_low": gained.low,
            "skill_high": gained.high,
        }
    return told
