"""The table ana_duration_quantiles: histograms merged over scopes and periods, and their quantiles.

What belongs here: adding up counts, ranks into buckets. What does not: the formulas (durations.py), and which
attempts count (sql/analysis/ana_duration_quantiles.sql).
"""

from typing import Final

import numpy as np
import polars as pl

from pipelines.analysis.durations import LOG_GAMMA, interval_ranks
from warehouse.policy import Parameters

_SCOPES: Final = {
    "all": pl.lit("all"),
    "project": pl.col("project"),
    "suite": pl.col("suite_key"),
    "environment": pl.col("environment"),
    "test": pl.col("test_key"),
}
_PERIODS: Final = (1, 7, 28)
_QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_ENDS: Final = ("low", "value", "high")
_SCOPE: Final = ("scope_type", "scope_key", "variant_key", "period_days")
_GRAIN: Final = (*_SCOPE, "series")
_SUMS: Final = (
    pl.col("attempt_count").sum(),
    pl.col("duration_sum_ms").sum(),
    pl.col("duration_min_ms").min(),
    pl.col("duration_max_ms").max(),
)


def duration_quantiles(buckets: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope, period and series; buckets: attempts per test, newest period and log bucket."""
    del parameters
    merged = pl.concat(_merged(buckets, scope_type, days) for scope_type in _SCOPES for days in _PERIODS)
    timed = (
        merged.filter(pl.col("bucket").is_not_null())
        .group_by(*_GRAIN, "bucket")
        .agg(_SUMS)
        .sort(*_GRAIN, "bucket")
    )
    rows = timed.group_by(_GRAIN, maintain_order=True).agg(_SUMS)
    for name, q in _QUANTILES.items():
        rows = rows.with_columns(_buckets_at(rows, timed, name, q)).with_columns(_edges(name))
    untimed = _untimed(merged)
    return (
        pl.concat([rows, untimed.join(rows, on=_GRAIN, how="anti").select(_GRAIN)], how="diagonal")
        .drop(f"{name}_{end}" for name in _QUANTILES for end in _ENDS)
        .join(untimed, on=_GRAIN, how="left")
        .with_columns(pl.col("attempt_count", "duration_sum_ms", "untimed_count").fill_null(0))
        .join(_timed_out(merged), on=_SCOPE, how="left")
        .with_columns(
            # of neither there is no share
            censored_share=(
                pl.col("timed_out_count") / (pl.col("timed_out_count") + pl.col("passed_count"))
            ).fill_nan(None)
        )
        .drop("passed_count")
    )


def _merged(buckets: pl.DataFrame, scope_type: str, days: int) -> pl.DataFrame:
    """The histograms of a kind of scope over so many nights."""
    variant = pl.col("variant_key") if scope_type == "test" else pl.lit("")
    return (
        buckets.filter(pl.col("period_days") <= days)
        .group_by(
            pl.lit(scope_type).alias("scope_type"),
            _SCOPES[scope_type].alias("scope_key"),
            variant.alias("variant_key"),
            pl.lit(days, pl.Int32).alias("period_days"),
            "series",
            "is_timed_out",
            "bucket",
        )
        .agg(_SUMS)
    )


def _untimed(merged: pl.DataFrame) -> pl.DataFrame:
    """Attempts of which it is not known how long they ran, where there are any."""
    without = merged.filter(pl.col("bucket").is_null())
    return without.group_by(_GRAIN).agg(pl.col("attempt_count").sum().alias("untimed_count"))


def _timed_out(merged: pl.DataFrame) -> pl.DataFrame:
    """Attempts that ran out of time, whether or not it is known how long they ran, and those that passed."""
    count, passed = pl.col("attempt_count"), pl.col("series") == "passed"
    return merged.group_by(_SCOPE).agg(
        timed_out_count=count.filter(pl.col("is_timed_out")).sum(),
        passed_count=count.filter(passed).sum(),
    )


def _buckets_at(rows: pl.DataFrame, timed: pl.DataFrame, name: str, q: float) -> list[pl.Series]:
    """The buckets that hold a quantile and the ends of its interval; null where one end is unbounded.

    `timed`: buckets in order, one group after the other in the order of `rows`, so that counts of all groups
    add up to one rising series, in which a rank is looked up behind the groups before its own.
    """
    n = rows["attempt_count"].to_numpy()
    low, high = interval_ranks(n, q)
    is_bounded = (low >= 1) & (high <= n)
    reached = np.cumsum(timed["attempt_count"].to_numpy())
    before = np.cumsum(n) - n
    bucket = timed["bucket"].to_numpy()
    found = []
    for end, rank in zip(_ENDS, (low, np.ceil(np.round(q * n, 9)).astype(np.int64), high), strict=True):
        place = np.searchsorted(reached, before + np.where(is_bounded, rank, 1))
        found.append(pl.Series(f"{name}_{end}", bucket[place]).set(pl.Series(~is_bounded), None))
    return found


def _edges(name: str) -> list[pl.Expr]:
    """Buckets as durations: the estimate of one, the outer edges of the others, within what was measured.

    The estimate lies inside its bucket, which may reach beyond the least and the largest value.
    """
    low, value, high = (pl.col(f"{name}_{end}").cast(pl.Float64) for end in _ENDS)
    least, largest = pl.col("duration_min_ms"), pl.col("duration_max_ms")
    gamma = float(np.exp(LOG_GAMMA))
    return [
        (2 * (value * LOG_GAMMA).exp() / (gamma + 1)).clip(least, largest).alias(f"duration_{name}_ms"),
        pl.max_horizontal(((low - 1) * LOG_GAMMA).exp(), pl.when(low.is_not_null()).then(least)).alias(
            f"duration_{name}_low_ms"
        ),
        pl.min_horizontal((high * LOG_GAMMA).exp(), pl.when(high.is_not_null()).then(largest)).alias(
            f"duration_{name}_high_ms"
        ),
    ]
