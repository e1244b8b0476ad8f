"""The table ana_duration_changes: levels of each test's durations, and whether its last passes took longer.

What belongs here: passes into series and samples, results into columns. What does not: the formulas
(durations.py, duration_cuts.py), and what counts as slower (sql/metrics/met_duration_shift.sql).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.duration_cuts import DurationCut, duration_cuts
from pipelines.analysis.durations import Floats, Shift, quantile, shift_many
from warehouse.policy import Parameters

Integers: TypeAlias = npt.NDArray[np.int64]

_LEVEL: Final = pl.Struct(
    {
        "first_date": pl.Date,
        "last_date": pl.Date,
        "point_count": pl.Int64,
        "p50_ms": pl.Float64,
        "ratio": pl.Float64,
        "ratio_low": pl.Float64,
        "ratio_high": pl.Float64,
        "p": pl.Float64,
    }
)
_TEST: Final = ("test_key", "variant_key")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys((*_TEST, "project", "suite_key", "point_kind"), pl.String()),
        "point_count": pl.Int64(),
        "levels": pl.List(_LEVEL),
        "first_passed_date": pl.Date(),
        "last_passed_date": pl.Date(),
        "passed_count": pl.Int64(),
        "baseline_kind": pl.String(),
        "baseline_count": pl.Int64(),
        "current_count": pl.Int64(),
        "current_from_date": pl.Date(),
        **dict.fromkeys(
            ("baseline_p50_ms", "current_p50_ms", "ratio", "ratio_low", "ratio_high", "p", "superiority"),
            pl.Float64(),
        ),
        "timed_out_count": pl.Int64(),
        "censored_share": pl.Float64(),
    }
)


_EPOCH: Final = date(1970, 1, 1)
_CURRENT: Final = 20
_BASELINE: Final = 60
"""Passes that are compared (statistics.md 3.3)."""
_POINT_PASSES: Final = 3
"""Passes of a day that make it a point where most days have so many (statistics.md 3.4)."""


@dataclass(frozen=True, slots=True)
class _Passes:
    """The passes of one test × variant in time order, days counted from 1970; days of its timeouts."""

    days: Integers
    durations: Floats
    timed_out_days: Integers


@dataclass(frozen=True, slots=True)
class _Series:
    """Days and their medians."""

    kind: str
    days: Integers
    medians: Floats


@dataclass(frozen=True, slots=True)
class _Window:
    """What is compared; `start`: the first current pass."""

    kind: str
    baseline: Floats
    start: int


def duration_changes(attempts: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per test × variant with a pass; attempts: its passes and timeouts."""
    # never by duration: of passes of one moment the longest would all be the last ones
    ordered = attempts.sort(*_TEST, "triggered_at", "execution_key", "attempt_number")
    tests = ordered.group_by(_TEST, maintain_order=True).agg(
        pl.len().alias("attempt_count"), pl.col("project").last(), pl.col("suite_key").last()
    )
    named = zip(
        tests.drop("attempt_count").iter_rows(), _passes(ordered, tests["attempt_count"]), strict=True
    )
    kept = [(names, passes) for names, passes in named if len(passes.days)]
    series = [_series(passes) for _, passes in kept]
    cuts = [
        duration_cuts(one.medians, parameters.duration_cut_ratio, parameters.duration_cut_p_level)
        for one in series
    ]
    windows = [
        _window(passes, one, its_cuts, parameters.duration_current_minimum)
        for (_, passes), one, its_cuts in zip(kept, series, cuts, strict=True)
    ]
    shifts = shift_many(
        [
            (window.baseline, one.durations[window.start :])
            for (_, one), window in zip(kept, windows, strict=True)
        ]
    )
    rows = [
        (*names, *_history(passes, one, its_cuts), *_comparison(passes, window, found))
        for (names, passes), one, its_cuts, window, found in zip(
            kept, series, cuts, windows, shifts, strict=True
        )
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _passes(ordered: pl.DataFrame, sizes: pl.Series) -> Iterator[_Passes]:
    """Those of each test × variant, in the order of the rows."""
    days = ordered["bucket_date"].to_physical().to_numpy().astype(np.int64)
    durations = ordered["duration_ms"].cast(pl.Float64).to_numpy()
    is_timed_out = ordered["is_timed_out"].to_numpy()
    ends = np.cumsum(sizes.to_numpy())
    for start, end in zip((0, *ends), ends, strict=False):
        timed_out = is_timed_out[start:end]
        yield _Passes(
            days[start:end][~timed_out], durations[start:end][~timed_out], days[start:end][timed_out]
        )


def _series(passes: _Passes) -> _Series:
    """Daily medians, by inverse CDF; of days with three passes where those are half of all or more."""
    order = np.lexsort((passes.durations, passes.days))
    days, starts, counts = np.unique(passes.days[order], return_index=True, return_counts=True)
    medians = passes.durations[order][starts + (counts + 1) // 2 - 1]
    is_point = counts >= _POINT_PASSES
    if 2 * is_point.sum() >= len(days):
        return _Series("days_of_three", days[is_point], medians[is_point])
    return _Series("all_days", days, medians)


def _window(passes: _Passes, series: _Series, cuts: list[DurationCut], least_current: int) -> _Window:
    """The last passes and those before them, or before the newest level that began within both."""
    count = len(passes.days)
    for found in reversed(cuts):
        # days may not rise with time where a zone's day differs from the order of triggers
        cut = int(np.argmax(passes.days >= series.days[found.position]))
        if least_current <= count - cut < _CURRENT + _BASELINE:
            start = max(cut, count - _CURRENT)
            return _Window("before_cut", passes.durations[max(0, cut - _BASELINE) : cut], start)
    start = max(0, count - _CURRENT)
    return _Window("before_window", passes.durations[max(0, start - _BASELINE) : start], start)


def _history(passes: _Passes, series: _Series, cuts: list[DurationCut]) -> tuple[Any, ...]:
    """From point_kind to passed_count."""
    edges = [0, *(cut.position for cut in cuts), len(series.days)]
    levels = [
        _level(series, start, end, cut)
        for start, end, cut in zip(edges, edges[1:], (None, *cuts), strict=False)
    ]
    first, last = (_date(day) for day in (passes.days.min(), passes.days.max()))
    return series.kind, len(series.days), levels, first, last, len(passes.days)


def _level(series: _Series, start: int, end: int, cut: DurationCut | None) -> dict[str, Any] | None:
    if start == end:
        return None
    found = cut.shift if cut else Shift(None, None, None, None, None)
    return {
        "first_date": _date(series.days[start]),
        "last_date": _date(series.days[end - 1]),
        "point_count": end - start,
        "p50_ms": quantile(series.medians[start:end], 0.5),
        "ratio": found.ratio,
        "ratio_low": found.low,
        "ratio_high": found.high,
        "p": found.p,
    }


def _comparison(passes: _Passes, window: _Window, found: Shift) -> tuple[Any, ...]:
    """From baseline_kind to censored_share."""
    current = passes.durations[window.start :]
    from_day = passes.days[window.start]
    timed_out = int((passes.timed_out_days >= from_day).sum())
    return (
        window.kind,
        len(window.baseline),
        len(current),
        _date(from_day),
        quantile(window.baseline, 0.5),
        quantile(current, 0.5),
        found.ratio,
        found.low,
        found.high,
        found.p,
        found.superiority,
        timed_out,
        timed_out / (timed_out + len(current)),
    )


def _date(day: np.int64) -> date:
    return _EPOCH + timedelta(days=int(day))
