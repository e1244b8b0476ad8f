"""The table ana_pass_rate_backtests: how good forecasts of the last four weeks would have been, by scope.

What belongs here: origins, the pairs of forecast and day, one row per scope and reference. What does not: the
forecasters (pass_rate_forecasts.py), skill and widening (backtests.py), scores (forecasts.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import norm

from pipelines.analysis.backtests import Bootstrap, conformal_factor, skill
from pipelines.analysis.daily_series import SCOPE, DailySeries, daily_series
from pipelines.analysis.forecasts import crps_many, score
from pipelines.analysis.pass_rate_forecasts import Forecasts, last_weekday, mean_so_far, smoothed
from warehouse.policy import Parameters

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

_REFERENCES: Final = {"seasonal_naive": last_weekday, "history_mean": mean_so_far}
_COUNTS: Final = (
    *("day_count", "run_count", "widened_day_count", "tested_day_count"),
    *("origin_count", "prediction_count"),
)
_SCORES: Final = (
    *("crps", "reference_crps", "pinball_p10", "pinball_p50", "pinball_p90"),
    *("skill", "skill_low", "skill_high", "coverage", "conformal_factor", "interval_reach"),
)
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys((*SCOPE, "project", "reference"), pl.String()),
        **dict.fromkeys(_COUNTS, pl.Int64()),
        **dict.fromkeys(_SCORES, pl.Float64()),
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of which each is forecast from every day before it, from the day before the first on."""

    origins: range

    @classmethod
    def ending(cls, last_day: int, day_count: int) -> "Span":
        return cls(range(max(0, last_day - day_count), last_day))

    def values(self, series: Floats, horizon_days: int) -> Floats:
        """The series by origin, horizon and column; NaN beyond the last day of the span."""
        days = self.days(horizon_days)
        is_within = days <= self.origins.stop
        return np.where(is_within[:, :, None], series[np.where(is_within, days, 0)], np.nan)

    def days(self, horizon_days: int) -> Ints:
        """The day that is forecast from each origin at each horizon, as a row of the series."""
        return np.asarray(np.array(self.origins)[:, None] + 1 + np.arange(horizon_days), np.int64)

    def by_day(self, scores: Floats) -> Floats:
        """Sums of what stands by origin and horizon, by the day that was forecast; none beyond the span."""
        places = self.days(scores.shape[1]) - self.origins.start - 1
        is_within = places < len(self.origins)
        sums = np.bincount(places[is_within], scores[is_within], minlength=len(self.origins))
        return np.asarray(sums, np.float64)


def pass_rate_backtests(days: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope and reference; days: executions and passes of each scope and day."""
    rows = [row for series in daily_series(days, parameters) for row in _rows(series, parameters)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _rows(series: DailySeries, parameters: Parameters) -> Iterator[dict[str, Any]]:
    tested_days, last_day = parameters.forecast_tested_days, len(series.logits) - 1
    counts = _counts(series, tested_days, parameters.forecast_widening_days)
    enough = (counts["day_count"] >= parameters.forecast_day_minimum) & (
        np.minimum(counts["widened_day_count"], counts["tested_day_count"])
        >= parameters.forecast_tested_day_minimum
    )
    has_spans = last_day >= 2 * tested_days
    tests = _Tests.of(series.logits[:, enough], parameters) if has_spans and enough.any() else None
    places = np.cumsum(enough) - 1
    for column, scope in enumerate(series.scopes):
        counted = {name: int(values[column]) for name, values in counts.items()}
        for reference in _REFERENCES:
            told = tests.scores(int(places[column]), reference) if tests and enough[column] else {}
            yield dict.fromkeys(_SCHEMA.names()) | scope | {"reference": reference} | counted | told


def _counts(series: DailySeries, tested_days: int, widening_days: int) -> dict[str, Ints]:
    has_value = series.has_value
    return {
        "day_count": has_value.sum(axis=0),
        "run_count": series.run_counts.sum(axis=0),
        "widened_day_count": has_value[-tested_days - widening_days : -tested_days].sum(axis=0),
        "tested_day_count": has_value[-tested_days:].sum(axis=0),
    }


@dataclass(frozen=True, slots=True)
class _Tests:
    """Forecasts of both spans for some scopes, with the references of the tested one."""

    span: Span
    values: Floats
    forecasts: Forecasts
    references: dict[str, Forecasts]
    factors: list[float | None]
    parameters: Parameters

    @classmethod
    def of(cls, series: Floats, parameters: Parameters) -> "_Tests":
        horizon, tested_days = parameters.forecast_horizon_days, parameters.forecast_tested_days
        last_day = len(series) - 1
        widening = Span.ending(last_day - tested_days, parameters.forecast_widening_days)
        tested = Span.ending(last_day, tested_days)
        origins = [*widening.origins, *tested.origins]
        found = smoothed(series, origins, horizon).forecasts
        before, after = (
            Forecasts(found.mean[part], found.sd[part])
            for part in (slice(len(widening.origins)), slice(len(widening.origins), None))
        )
        references = {name: make(series, tested.origins, horizon) for name, make in _REFERENCES.items()}
        factors = _factors(widening.values(series, horizon), before, parameters.forecast_interval_level)
        return cls(tested, tested.values(series, horizon), after, references, factors, parameters)

    def scores(self, column: int, reference: str) -> dict[str, Any]:
        """The columns of one scope and reference; none where the interval cannot be widened."""
        factor, level = self.factors[column], self.parameters.forecast_interval_level
        if factor is None:
            return {}
        naive = self.references[reference]
        y, mu, sd, naive_mu, naive_sd = (
            part[:, :, column]
            for part in (self.values, self.forecasts.mean, self.forecasts.sd * factor, naive.mean, naive.sd)
        )
        some = np.isfinite(y) & np.isfinite(mu) & np.isfinite(sd) & np.isfinite(naive_mu + naive_sd)
        found = score(y[some], mu[some], sd[some], naive_mu[some], naive_sd[some], level)
        bootstrap = Bootstrap(self.parameters.forecast_block_days, self.parameters.forecast_resample_count)
        gained = skill(
            self.span.by_day(_crps(y, mu, sd, some)),
            self.span.by_day(_crps(y, naive_mu, naive_sd, some)),
            bootstrap,
        )
        return {
            "origin_count": int(some.any(axis=1).sum()),
            "prediction_count": int(some.sum()),
            "crps": found.crps,
            "reference_crps": found.crps_naive,
            **{f"pinball_p{round(q * 100)}": loss for q, loss in found.pinball.items()},
            "skill": gained.value,
            "skill_low": gained.low,
            "skill_high": gained.high,
            "coverage": found.coverage,
            "conformal_factor": factor,
            "interval_reach": factor * float(norm.ppf((1 + level) / 2)),
        }


def _factors(values: Floats, forecasts: Forecasts, level: float) -> list[float | None]:
    """By what each scope's standard deviation is multiplied."""
    errors = values - forecasts.mean
    some = np.isfinite(errors) & np.isfinite(forecasts.sd)
    return [
        conformal_factor(errors[:, :, column][mask], forecasts.sd[:, :, column][mask], level)
        for column, mask in enumerate(np.moveaxis(some, 2, 0))
    ]


def _crps(y: Floats, mu: Floats, sd: Floats, some: npt.NDArray[np.bool_]) -> Floats:
    scores = np.zeros(y.shape)
    scores[some] = crps_many(y[some], mu[some], sd[some])
    return scores
