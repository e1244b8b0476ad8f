"""Pictures of durations: quantiles of many, tests that became slower, levels and their cuts.

What belongs here: small made-up durations with a fixed seed, and what our own functions make of them. What
does not: marks and axes (drawing.py), where the time of all tests goes (of_times.py).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import log
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from docs.metric_pictures.drawing import (
    Scale,
    box,
    day_axis,
    dot,
    interval,
    line,
    picture,
    text,
    x_axis,
    y_axis,
)
from pipelines.analysis.duration_changes_table import duration_changes
from pipelines.analysis.duration_quantiles_table import duration_quantiles
from pipelines.analysis.durations import LOG_GAMMA, histogram
from pipelines.analysis.intervals import benjamini_hochberg
from pipelines.reports import formats
from warehouse.policy import default_parameters

Floats: TypeAlias = npt.NDArray[np.float64]

_FIRST: Final = date(2026, 10, 1)
_WIDE: Final = 6
"""Log buckets of one column that is drawn."""


def quantiles() -> str:
    """Durations of a test's passes as columns of log buckets, with quantiles and intervals below."""
    random = np.random.default_rng(4)
    passed = np.concatenate([random.lognormal(log(2_000), 0.16, 520), random.lognormal(log(7_000), 0.2, 40)])
    found = _quantiles_of(passed)
    x = Scale(log(1_000), log(14_000), 62, 560)
    counts: dict[int, int] = {}
    for bucket, count in histogram(passed).items():
        counts[bucket // _WIDE] = counts.get(bucket // _WIDE, 0) + count
    width = x(x.low + _WIDE * LOG_GAMMA) - x(x.low)
    y = Scale(0, 10 * (1 + max(counts.values()) // 10), 176, 34)
    ticks = {log(1_000 * s): f"{s} s" for s in (1, 2, 3, 5, 8, 13)}
    body = [
        *y_axis(y, (62, 560), {v: str(v) for v in range(0, int(y.high) + 1, 40)}, "passed attempts"),
        *(
            box((x((_WIDE * place - 1) * LOG_GAMMA), y(count)), (width - 1, y(0) - y(count)), "pass")
            for place, count in counts.items()
        ),
        *x_axis(x, (176, 254), ticks, "duration"),
        *(
            part
            for number, name in enumerate(("p50", "p95", "p99"))
            for part in _quantile(found, name, number, x)
        ),
    ]
    return picture(
        294,
        "Durations of a test's passes, with three quantiles and their 95% intervals",
        "; ".join(f"{n}: {formats.duration(found[f'duration_{n}_ms'])}" for n in ("p50", "p95", "p99"))
        + f"; mean: {formats.duration(passed.mean())}.",
        body,
    )


def _quantiles_of(passed: Floats) -> dict[str, Any]:
    buckets = histogram(passed)
    rows = pl.DataFrame(
        {
            "bucket": list(buckets),
            "attempt_count": list(buckets.values()),
            "duration_sum_ms": 0,
            "duration_min_ms": passed.min(),
            "duration_max_ms": passed.max(),
        }
    ).with_columns(
        *(pl.lit("checkout").alias(name) for name in ("project", "suite_key", "environment")),
        pl.lit("pays by card").alias("test_key"),
        pl.lit("linux").alias("variant_key"),
        pl.lit("passed").alias("series"),
        period_days=28,
        is_timed_out=False,
    )
    return duration_quantiles(rows, default_parameters()).filter(scope_type="test").row(0, named=True)


def _quantile(found: Mapping[str, Any], name: str, number: int, x: Scale) -> Iterator[str]:
    value, low, high = (found[f"duration_{name}{end}_ms"] for end in ("", "_low", "_high"))
    row = 194.0 + 22 * number
    yield interval(x, row, (log(low), log(high)), "flaky")
    yield dot((x(log(value)), row), "ink")
    yield text((x(log(high)) + 8, row + 4), f"{name} {formats.duration(value)}", colour="ink", weight=600)


def shifts() -> str:
    """Last passes against those before them, of four tests each with another direction or reason."""
    random = np.random.default_rng(7)
    tests = {
        "pays by card": _passes(random, 4_000, 5_200),
        "logs in": _passes(random, 900, 1_000),
        "sends mail": _passes(random, 3_000, 3_000, 0.05),
        "shares link": _passes(random, 2_000, 4_000)[48:73],
    }
    found = duration_changes(_attempts(tests), default_parameters()).rows(named=True)
    judged = {row["test_key"]: row for row in found}
    q_values = _q_values(judged)
    x, top, step = Scale(log(0.7), log(2.4), 300, 480), 40.0, 40.0
    bottom = top + step * len(tests)
    ticks = {log(v): f"{v:g}×" for v in (0.7, 1, 1.5, 2)}
    most = log(default_parameters().duration_smallest_ratio)
    body = [
        box((x(-most), top - 12), (x(most) - x(-most), bottom - top + 12), "none"),
        *x_axis(x, (top - 12, bottom), ticks, "how many times as long"),
        text((20, 20), "test", colour="ink", weight=600),
        text((286, 20), "median before → now (passes)", "end", "ink", 600),
        text((492, 20), "direction", colour="ink", weight=600),
    ]
    for place, name in enumerate(tests):
        body += _compared(judged[name], q_values.get(name), x, top + 10 + step * place)
    return picture(
        bottom + 42,
        "Durations of four tests, their last 20 passes against the 60 before them",
        "; ".join(f"{name}: {_direction(judged[name], q_values.get(name))}" for name in tests),
        body,
    )


def _passes(random: np.random.Generator, before_ms: float, now_ms: float, spread: float = 0.12) -> Floats:
    return np.concatenate(
        [random.lognormal(log(before_ms), spread, 60), random.lognormal(log(now_ms), spread, 20)]
    )


def _attempts(tests: Mapping[str, Floats], passes_a_day: int = 1) -> pl.DataFrame:
    """One pass after the other, so many a day."""
    rows = [
        (name, _FIRST + timedelta(days=place // passes_a_day), place, round(duration))
        for name, durations in tests.items()
        for place, duration in enumerate(durations)
    ]
    frame = pl.DataFrame(rows, schema=["test_key", "bucket_date", "place", "duration_ms"], orient="row")
    start = datetime.combine(_FIRST, time(), UTC)
    return frame.with_columns(
        (pl.lit(start) + pl.duration(hours=pl.col("place"))).alias("triggered_at"),
        variant_key=pl.lit("linux"),
        project=pl.lit("shop"),
        suite_key=pl.lit("checkout"),
        is_timed_out=False,
        execution_key=pl.format("execution {}", pl.col("place")),
        attempt_number=1,
    )


def _q_values(judged: Mapping[str, dict[str, Any]]) -> dict[str, float]:
    """Of the tests with enough passes, as met_duration_shift has it."""
    policy = default_parameters()
    enough = [
        name
        for name, row in judged.items()
        if row["current_count"] >= policy.duration_current_minimum
        and row["baseline_count"] >= policy.duration_baseline_minimum
    ]
    return dict(zip(enough, benjamini_hochberg([judged[name]["p"] for name in enough]), strict=True))


def _direction(row: Mapping[str, Any], q: float | None) -> str:
    """As met_duration_shift says it."""
    policy = default_parameters()
    most, shift_ms = policy.duration_smallest_ratio, (row["ratio"] - 1) * row["baseline_p50_ms"]
    if q is None:
        return "insufficient"
    if q <= policy.duration_false_discovery_level and abs(shift_ms) >= policy.duration_smallest_shift_ms:
        if row["ratio_low"] > most:
            return "slower"
        if row["ratio_high"] < 1 / most:
            return "faster"
    return "unchanged" if row["ratio_low"] >= 1 / most and row["ratio_high"] <= most else "insufficient"


def _compared(row: Mapping[str, Any], q: float | None, x: Scale, y: float) -> Iterator[str]:
    before, now = (formats.duration(row[f"{side}_p50_ms"]) for side in ("baseline", "current"))
    direction = _direction(row, q)
    yield text((20, y + 4), row["test_key"], colour="ink", weight=600)
    yield text((286, y + 4), f"{before} → {now} ({row['baseline_count']}, {row['current_count']})", "end")
    yield interval(
        x, y, (log(row["ratio_low"]), log(row["ratio_high"])), "fail" if direction == "slower" else "skip"
    )
    yield dot((x(log(row["ratio"])), y), "ink", is_hollow=q is None)
    yield text((492, y), direction, colour="fail" if direction == "slower" else "ink", weight=600)
    shift_ms = (row["ratio"] - 1) * row["baseline_p50_ms"]
    words = "too few passes" if q is None else f"{formats.signed(shift_ms)} ms, q {formats.probability(q)}"
    yield text((492, y + 14), words)


def cuts() -> str:
    """Daily medians of a test on three levels, with the day of each cut."""
    random = np.random.default_rng(11)
    levels = np.repeat([2_900.0, 4_200.0, 3_300.0], [81, 72, 63])
    passes = levels * random.lognormal(0, 0.08, len(levels))
    passes[30:33] = 4_700  # one slow day
    found = duration_changes(_attempts({"pays by card": passes}, 3), default_parameters()).row(0, named=True)
    dates = [_FIRST + timedelta(days=day) for day in range(len(levels) // 3)]
    x, y = Scale(0, len(dates) - 1, 62, 620), Scale(2_000, 5_000, 206, 60)
    medians = np.median(passes.reshape(-1, 3), axis=1)
    ticks = {s * 1_000.0: f"{s} s" for s in range(2, 6)}
    body = [
        *y_axis(y, (62, 620), ticks, "median duration of the day's passes"),
        *day_axis(x, (60, 206), dates),
        *(dot((x(day), y(value)), "pass", is_hollow=True, radius=2.6) for day, value in enumerate(medians)),
        *(part for place, level in enumerate(found["levels"]) for part in _level(level, place, x, y)),
    ]
    return picture(
        254,
        "Daily medians of one test's durations, cut where their level changed",
        f"{len(found['levels'])} levels: "
        + ", ".join(formats.duration(level["p50_ms"]) for level in found["levels"])
        + ".",
        body,
    )


def _level(level: Mapping[str, Any], place: int, x: Scale, y: Scale) -> Iterator[str]:
    half = (x(1) - x(0)) / 2
    first, last = ((level[name] - _FIRST).days for name in ("first_date", "last_date"))
    start, end = x(first) - half, x(last) + half
    yield line([(start, y(level["p50_ms"])), (end, y(level["p50_ms"]))], "ink", 2.4)
    yield text(((start + end) / 2, 198), formats.duration(level["p50_ms"]), "middle", "ink", 600)
    if place:
        ratio, low, high = (level[name] for name in ("ratio", "ratio_low", "ratio_high"))
        yield line([(start, 42), (start, 206)], "fail" if ratio > 1 else "pass", 1.4, "4 3")
        words = f"{formats.day(level['first_date'])}: {'slower' if ratio > 1 else 'faster'}"
        yield text((start, 20), words, "middle", "fail" if ratio > 1 else "pass", 600)
        yield text((start, 35), f"{ratio:.2f}× (95%: {low:.2f} to {high:.2f})", "middle")
