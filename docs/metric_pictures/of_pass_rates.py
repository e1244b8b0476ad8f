"""Pictures of what is said of pass rates over time: trend, control chart, levels.

What belongs here: small series with a fixed seed, and what our own functions make of them. What does not:
marks and axes (drawing.py), the mix of tests (of_mixes.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from inspect import signature
from typing import Any, Final

import numpy as np
import polars as pl

from docs.metric_pictures.drawing import (
    Point,
    Scale,
    area,
    box,
    day_axis,
    diamond,
    dot,
    line,
    picture,
    text,
    y_axis,
)
from pipelines.analysis.control_charts import ewma
from pipelines.analysis.pass_rate_control_table import pass_rate_control
from pipelines.analysis.pass_rate_segments_table import pass_rate_segments
from pipelines.analysis.trends import WEEK, Trend, trend
from pipelines.reports import formats
from warehouse.policy import default_parameters

_FIRST: Final = date(2026, 10, 1)
_SCOPE: Final = {"scope_type": "suite", "scope_key": "checkout", "rate_name": "final_pass_rate"}
_LEFT, _RIGHT = 62.0, 500.0


def trend_of_rate() -> str:
    """Daily rates of sixty days, Sen's line with its band, and the verdict."""
    days, runs = default_parameters().trend_days, 400
    random = np.random.default_rng(5)
    rates = random.binomial(runs, np.linspace(0.972, 0.944, days)) / runs
    dates = _dates(days)
    kept = [place for place, day in enumerate(dates) if day.weekday() != WEEK - 1]
    found = trend([rates[place] for place in kept], [dates[place] for place in kept])
    slope, low, high = (float(value or 0.0) for value in (found.slope, found.slope_low, found.slope_high))
    middle = float(np.median(kept))
    level = float(found.intercept or 0.0) + slope * middle
    x, y = Scale(0, days - 1, _LEFT, _RIGHT), Scale(0.9, 1, 190, 34)
    places = (0.0, middle, days - 1.0)

    def edge(pick: Callable[[float, float], float]) -> list[Point]:
        return [(x(at), y(level + pick(low * (at - middle), high * (at - middle)))) for at in places]

    body = [
        *_axes(x, y, dates, "pass rate, standardised"),
        area(edge(max), edge(min), "pass"),
        line([(x(at), y(level + slope * (at - middle))) for at in places], "pass", 2),
        *(dot((x(place), y(rates[place])), "pass", is_hollow=True, radius=2.6) for place in kept),
        *_verdict(found, days, y(level)),
    ]
    return picture(
        238,
        "A pass rate over sixty days with Sen's line and its band",
        f"{len(kept)} days; the line falls by {-700 * slope:.2f} percentage points a week: "
        f"{_direction(found, days)}.",
        body,
    )


def _direction(found: Trend, days: int) -> str:
    """As met_pass_rate_trend says it of a series that is its own family."""
    policy = default_parameters()
    slope, low, high = (float(value or 0.0) for value in (found.slope, found.slope_low, found.slope_high))
    p = 1.0 if found.p is None else found.p
    is_proved = p <= policy.trend_false_discovery_level and (low > 0 or high < 0)
    if is_proved and abs(slope) * days >= policy.trend_smallest_change:
        return "improving" if slope > 0 else "declining"
    is_flat = max(-low, high) * days <= policy.trend_smallest_change
    return "flat" if is_flat else "insufficient"


def _verdict(found: Trend, days: int, y: float) -> Iterator[str]:
    slopes = (found.slope_low, found.slope, found.slope_high)
    low, slope, high = (f"{700 * (value or 0.0):+.2f}".replace("-", "−") for value in slopes)
    yield text((_RIGHT + 14, y), _direction(found, days), colour="ink", weight=600)
    yield text((_RIGHT + 14, y + 16), f"{slope} pp a week")
    yield text((_RIGHT + 14, y + 32), f"95%: {low} to {high}")
    yield text((_RIGHT + 14, y + 48), f"p {formats.probability(found.p)}")


def control_chart() -> str:
    """Failure rates of a frozen baseline and of the days judged by it, with limits; their moving average."""
    policy = default_parameters()
    baseline, current, runs = policy.control_baseline_days, policy.control_current_days, 200
    random = np.random.default_rng(8)
    chances = np.clip(random.normal(0.05, 0.008, baseline + current), 0.01, 1)
    chances[baseline:] += 0.028
    chances[baseline + 2] = 0.19
    days = pl.DataFrame(
        {
            **_SCOPE,
            "bucket_date": _dates(baseline + current),
            "run_count": np.full(baseline + current, runs),
            "failed_count": random.binomial(runs, chances),
            "is_baseline": np.arange(baseline + current) < baseline,
        }
    )
    found = pass_rate_control(days, policy)
    dates = found["bucket_date"].to_list()
    x = Scale(0, len(dates) - 1, _LEFT, _RIGHT)
    edge = (x(baseline - 1) + x(baseline)) / 2
    body = [
        *day_axis(x, (34, 290), dates),
        *_limits(found, x, Scale(0, 0.25, 170, 34)),
        *_averages(found, x, Scale(-4, 8, 290, 220)),
        line([(edge, 24), (edge, 290)], "ink", 1, "3 3"),
        text((edge - 6, 30), f"baseline: {baseline} days", "end", "ink"),
        text((edge + 6, 30), f"judged: {current} days", colour="ink"),
    ]
    signals = found.filter(pl.col("is_signal"))["bucket_date"].to_list()
    return picture(
        340,
        "Failure rates on a control chart",
        f"{baseline} days of baseline and {current} days judged by it. Beyond the limits: "
        f"{', '.join(map(str, signals))}; the moving average has signals on "
        f"{int(found['is_ewma_signal'].sum())} days.",
        body,
    )


def _limits(found: pl.DataFrame, x: Scale, y: Scale) -> Iterator[str]:
    """The upper panel: rates, centre and limits."""
    yield from y_axis(
        y, (_LEFT, _RIGHT), {tick / 20: f"{tick / 20:.0%}" for tick in range(6)}, "failure rate"
    )
    for name, dash in (("low", ""), ("centre", "5 4"), ("high", "")):
        yield line([(x(place), y(value)) for place, value in enumerate(found[name])], "skip", 1.4, dash)
    for words, name in (("limit", "low"), ("centre", "centre"), ("limit", "high")):
        value = found[name][-1]
        yield text((_RIGHT + 8, y(value) + 4), f"{words} {formats.percent(value)}")
    rates = found["failure_rate"].to_list()
    yield line([(x(place), y(rate)) for place, rate in enumerate(rates)], "pass", 1.2)
    for place, (rate, is_signal) in enumerate(zip(rates, found["is_signal"], strict=True)):
        yield from _mark((x(place), y(rate)), is_signal=is_signal)


def _averages(found: pl.DataFrame, x: Scale, y: Scale) -> Iterator[str]:
    """The lower panel: the moving average of the days that are judged."""
    limit = signature(ewma).parameters["limit"].default
    yield from y_axis(
        y, (_LEFT, _RIGHT), {tick: str(tick) for tick in (0, 4, 8)}, "moving average, in standard deviations"
    )
    for end in (-limit, limit):
        yield line([(_LEFT, y(end)), (_RIGHT, y(end))], "skip", 1.4)
    yield text((_RIGHT + 8, y(limit) + 4), f"limit ±{limit}")
    rows = list(enumerate(zip(found["ewma"], found["is_ewma_signal"], strict=True)))
    yield line(
        [(x(place), y(value)) if value is not None else None for place, (value, _) in rows], "pass", 1.2
    )
    for place, (value, is_signal) in rows:
        if value is not None:
            yield from _mark((x(place), y(value)), is_signal=is_signal)


def _mark(place: Point, *, is_signal: bool) -> Iterator[str]:
    yield diamond(place, "fail") if is_signal else dot(place, "pass", radius=2.6)


def levels() -> str:
    """Daily rates, the levels between their cuts, and the days between which each cut lies."""
    days, runs = 60, 180
    random = np.random.default_rng(3)
    chances = np.repeat([0.025, 0.085, 0.03], [26, 16, 18])
    failed = random.binomial(runs, chances)
    series = pl.DataFrame(
        {
            **_SCOPE,
            "bucket_date": _dates(days),
            "run_count": np.full(days, runs),
            "passed_count": runs - failed,
            "failed": failed.astype(float),
        }
    )
    found = pass_rate_segments(series, default_parameters())
    x, y = Scale(0, days - 1, _LEFT, 620), Scale(0.85, 1, 206, 60)
    half = (x(1) - x(0)) / 2
    body = [
        *(part for row in found.iter_rows(named=True) for part in _window(row, x, half)),
        *_axes(x, y, series["bucket_date"].to_list(), "pass rate, standardised"),
        *(
            dot((x(place), y(1 - k / runs)), "pass", is_hollow=True, radius=2.6)
            for place, k in enumerate(failed)
        ),
        *(part for row in found.iter_rows(named=True) for part in _level(row, x, y, half)),
    ]
    return picture(
        254,
        "A pass rate cut where its level changed",
        f"{found.height} levels: "
        + ", ".join(formats.percent(rate) for rate in found["standardised_pass_rate"])
        + ".",
        body,
    )


def _window(row: dict[str, Any], x: Scale, half: float) -> Iterator[str]:
    """The days between which the cut that begins a level lies with 99 %."""
    if row["cut_low_date"] is None:
        return
    low, high = (_place(row[name]) for name in ("cut_low_date", "cut_high_date"))
    start, end = x(low) - half, x(high) + half
    yield box((start, 38), (end - start, 168), "none")
    first, last = (formats.day(row[name]) for name in ("cut_low_date", "cut_high_date"))
    words = first if first == last else f"{first} to {last}"
    yield text(((start + end) / 2, 18), "cut, with 99%", "middle")
    yield text(((start + end) / 2, 32), words, "middle", "ink", 600)


def _level(row: dict[str, Any], x: Scale, y: Scale, half: float) -> Iterator[str]:
    start, end = x(_place(row["first_date"])) - half, x(_place(row["last_date"])) + half
    height = y(row["standardised_pass_rate"])
    yield line([(start, height), (end, height)], "ink", 2.4)
    words = formats.percent(row["standardised_pass_rate"])
    yield text(((start + end) / 2, y.start - 8), words, "middle", "ink", 600)


def _dates(days: int) -> list[date]:
    return [_FIRST + timedelta(days=place) for place in range(days)]


def _place(day: date) -> int:
    return (day - _FIRST).days


def _axes(x: Scale, y: Scale, dates: Sequence[date], title: str) -> Iterable[str]:
    ticks = np.arange(round(100 * y.low), round(100 * y.high) + 1, 5 if y.high - y.low > 0.1 else 2)
    yield from y_axis(y, (x.start, x.end), {tick / 100: f"{tick}%" for tick in ticks}, title)
    yield from day_axis(x, (y.end, y.start), dates)
