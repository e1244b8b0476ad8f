"""Pictures of where time and machines go: tests, steps, resources, workers.

What belongs here: a few made-up executions, and the sums that the metrics make of them. What does not: marks
and axes (drawing.py), how long single tests take (of_durations.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from math import log
from typing import Any, Final

import numpy as np
import polars as pl

from docs.metric_pictures.drawing import Point, Scale, box, dot, interval, line, picture, text, x_axis, y_axis
from pipelines.analysis.intervals import benjamini_hochberg
from pipelines.analysis.step_times_table import step_times
from pipelines.reports import formats
from warehouse.policy import default_parameters

_MINUTES: Final = {
    "exports report": (310, 14, 6),
    "pays by card": (140, 61, 22),
    "sends mail": (55, 4, 0),
    "logs in": (28, 1, 2),
    "shares link": (12, 0, 0),
    "opens menu": (5, 0, 0),
}
"""Of four weeks: all, those of executions that failed, those of attempts after the first."""


def time_use() -> str:
    """Time of tests, the longest first, with what of it went into failures and retries."""
    rows = sorted(_MINUTES.items(), key=lambda row: -row[1][0])
    total = sum(minutes for _, (minutes, *_) in rows)
    reached = accumulate(minutes for _, (minutes, *_) in rows)
    x, top, step = Scale(0, 320, 130, 450), 40.0, 26.0
    bottom = top + step * len(rows)
    body = [
        *x_axis(x, (top - 8, bottom), {v: f"{v} min" for v in range(0, 321, 80)}, "time that executions ran"),
        text((20, 20), "test", colour="ink", weight=600),
        text((530, 20), "of all time", "end", "ink", 600),
        text((620, 20), "added up", "end", "ink", 600),
    ]
    for place, ((name, minutes), sum_) in enumerate(zip(rows, reached, strict=True)):
        y = top + step * place
        body += [text((20, y + 12), name, colour="ink"), *_time_bar(minutes, x, y)]
        body += [text((530, y + 12), formats.percent(minutes[0] / total), "end")]
        body += [text((620, y + 12), formats.percent(sum_ / total), "end")]
    named = {"pass": "passed", "fail": "then failed executions", "flaky": "then retries"}
    for place, (colour, words) in enumerate(named.items()):
        at = 130 + 150 * place
        body += [box((at, bottom + 42), (10, 10), colour), text((at + 16, bottom + 51), words)]
    return picture(
        bottom + 62,
        "How long each test ran in four weeks, longest first",
        f"{rows[0][0]}: {formats.percent(rows[0][1][0] / total)} of all time. Of the time of {rows[1][0]} "
        f"{formats.percent(rows[1][1][1] / rows[1][1][0])} went into executions that failed.",
        body,
    )


def _time_bar(minutes: tuple[int, int, int], x: Scale, y: float) -> Iterator[str]:
    all_, failed, retried = minutes
    yield box((x(0), y), (x(all_) - x(0), 16), "pass")
    yield box((x(all_ - failed - retried), y), (x(failed) - x(0), 16), "fail")
    yield box((x(all_ - retried), y), (x(retried) - x(0), 16), "flaky")


def step_shares() -> str:
    """Steps of a suite by their time, and which of them take longer than before."""
    found = _steps()
    q_values = benjamini_hochberg(found["p"].to_list())
    total = found["duration_sum_ms"].sum()
    top, step = 40.0, 32.0
    bottom = top + step * found.height
    share, ratio = Scale(0, 0.6, 110, 270), Scale(log(0.8), log(1.8), 330, 470)
    body = [
        *x_axis(
            share, (top - 10, bottom), {v / 5: f"{20 * v}%" for v in range(4)}, "share of the suite's time"
        ),
        *x_axis(
            ratio, (top - 10, bottom), {log(v): f"{v:g}×" for v in (0.8, 1, 1.3, 1.7)}, "as long as before"
        ),
        text((20, 20), "step", colour="ink", weight=600),
        text((486, 20), "verdict", colour="ink", weight=600),
    ]
    verdicts = []
    for place, (row, q) in enumerate(zip(found.iter_rows(named=True), q_values, strict=True)):
        y, verdict = top + 8 + step * place, _step_verdict(row, q)
        verdicts.append(f"{row['step_name']}: {verdict}")
        part, colour = row["duration_sum_ms"] / total, "fail" if verdict == "slower" else "skip"
        body += [
            text((20, y + 4), row["step_name"], colour="ink", weight=600),
            box((share(0), y - 7), (share(part) - share(0), 14), "pass"),
            text((share(part) + 6, y + 4), formats.percent(part)),
            interval(ratio, y, (log(row["ratio_low"]), log(row["ratio_high"])), colour),
            dot((ratio(log(row["ratio"])), y), "ink", radius=3),
            text((486, y), verdict, colour="fail" if verdict == "slower" else "ink", weight=600),
            text(
                (486, y + 14),
                f"{formats.signed((row['ratio'] - 1) * row['basis_p50_ms'])} ms, q {formats.probability(q)}",
            ),
        ]
    return picture(
        bottom + 42, "Steps of a suite, by their time and against before", "; ".join(verdicts), body
    )


def _steps() -> pl.DataFrame:
    """28 days of basis and 7 of the sample; medians in ms, steps a day."""
    random = np.random.default_rng(6)
    steps = {"log in": (900, 1_240, 400), "open cart": (2_600, 2_600, 60), "pay": (3_000, 2_980, 90)}
    rows = [
        {
            "step_name": name,
            "bucket_date": date(2026, 11, 1) + timedelta(days=day),
            "is_sample": day >= 28,
            "passed_p50_ms": (now if day >= 28 else before) * random.lognormal(0, 0.045),
            "step_count": count,
            "timed_count": count,
            "failing_count": 0,
            "duration_sum_ms": count * (now if day >= 28 else before),
        }
        for name, (before, now, count) in steps.items()
        for day in range(35)
    ]
    days = pl.DataFrame(rows).with_columns(
        project=pl.lit("shop"), suite_key=pl.lit("checkout"), step_type=pl.lit("action")
    )
    return step_times(days, default_parameters()).sort("duration_sum_ms", descending=True)


def _step_verdict(row: Mapping[str, Any], q: float) -> str:
    """As met_step_time says it of steps with enough days."""
    policy = default_parameters()
    most, shift_ms = policy.duration_smallest_ratio, (row["ratio"] - 1) * row["basis_p50_ms"]
    is_proved = q <= policy.duration_false_discovery_level
    if is_proved and row["ratio_low"] > most and shift_ms >= policy.step_smallest_shift_ms:
        return "slower"
    return "unchanged" if row["ratio_low"] >= 1 / most and row["ratio_high"] <= most else "insufficient"


def weighed_use() -> str:
    """Two executions as areas of time × processor use, and both means."""
    uses = ((54, 10.0), (6, 90.0))
    total = sum(minutes for minutes, _ in uses)
    weighed = sum(minutes * percent for minutes, percent in uses) / total
    plain = sum(percent for _, percent in uses) / len(uses)
    x, y = Scale(0, total, 62, 440), Scale(0, 100, 186, 34)
    body = [
        *x_axis(
            x, (34, 186), {v: f"{v} min" for v in range(0, total + 1, 10)}, "run time, one after the other"
        ),
        *y_axis(y, (62, 440), {v: f"{v}%" for v in range(0, 101, 25)}, "processor"),
        box((x(0), y(10)), (x(54) - x(0) - 1, y(0) - y(10)), "pass"),
        box((x(54), y(90)), (x(60) - x(54), y(0) - y(90)), "pass"),
        text((x(27), y(28)), "54 min at 10%", "middle", "ink"),
        text((x(54) - 8, y(84)), "6 min at 90%", "end", "ink"),
        line([(x.start, y(weighed)), (x.end, y(weighed))], "ink", 2),
        line([(x.start, y(plain)), (x.end, y(plain))], "skip", 1.6, "5 4"),
        text((452, y(weighed) + 1), f"{weighed:.0f}%: weighed with time", colour="ink", weight=600),
        text((452, y(weighed) + 16), "what the metric says"),
        text((452, y(plain) + 4), f"{plain:.0f}%: each execution as one"),
    ]
    return picture(
        226,
        "Processor use of a long and a short execution, and two means of it",
        f"Weighed with time the mean is {weighed:.0f}%; were executions alike, it would be {plain:.0f}%.",
        body,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """An execution on a worker, in minutes."""

    worker: int
    start: int
    end: int


def capacity() -> str:
    """What ran on which worker, and how many executions ran at once."""
    runs = [
        _Run(*numbers)
        for numbers in (
            (0, 0, 22),
            (1, 0, 12),
            (2, 4, 7),
            (0, 22, 40),
            (1, 14, 33),
            (0, 60, 84),
            (1, 62, 78),
            (1, 80, 100),
        )
    ]
    workers, span = 3, max(run.end for run in runs)
    levels = _levels(runs)
    active = sum(minutes for level, minutes in levels if level)
    p95 = _p95(levels, active)
    busy = sum(run.end - run.start for run in runs)
    x, y = Scale(0, span, 80, 470), Scale(0, 4, 236, 150)
    body = [
        *x_axis(x, (24, 236), {v: str(v) for v in range(0, span + 1, 20)}, "minutes"),
        *(text((70, 44 + 28 * worker), f"worker {worker + 1}", "end", "ink") for worker in range(workers)),
        *(box((x(r.start), 32 + 28 * r.worker), (x(r.end) - x(r.start) - 1.5, 18), "pass") for r in runs),
        *y_axis(y, (80, 470), {v: str(v) for v in range(5)}, "executions at once"),
        line(_staircase(levels, x, y), "ink", 2),
        line([(80, y(p95)), (470, y(p95))], "fail", 1.6, "5 4"),
        text((480, y(p95) + 4), f"{p95} or fewer in 95% of", colour="fail", weight=600),
        text((480, y(p95) + 18), "the time with any", colour="fail", weight=600),
        text((480, 44), f"{busy} min busy of {workers} × {span}", colour="ink", weight=600),
        text((480, 60), f"utilisation {busy / (workers * span):.0%}"),
        text((480, 76), f"headroom {1 - p95 / workers:.0%}"),
    ]
    return picture(
        280,
        "What ran on three workers, and how many executions ran at once",
        f"{p95} executions or fewer ran at once in 95% of the {active} minutes in which anything ran; "
        f"the most were {max(level for level, _ in levels)}.",
        body,
    )


def _levels(runs: Sequence[_Run]) -> list[tuple[int, int]]:
    """How many ran at once and for how long, in the order of time."""
    moments = sorted({0, *(run.start for run in runs), *(run.end for run in runs)})
    return [
        (sum(run.start <= start < run.end for run in runs), end - start) for start, end in pairwise(moments)
    ]


def _p95(levels: Sequence[tuple[int, int]], active: int) -> int:
    """As met_capacity has it: idle time does not count."""
    return next(
        most
        for most in range(1, len(levels))
        if sum(minutes for level, minutes in levels if 0 < level <= most) * 100 >= active * 95
    )


def _staircase(levels: Sequence[tuple[int, int]], x: Scale, y: Scale) -> list[Point | None]:
    ends = list(accumulate((minutes for _, minutes in levels), initial=0))
    steps = zip(levels, ends, ends[1:], strict=False)
    return [point for (level, _), start, end in steps for point in ((x(start), y(level)), (x(end), y(level)))]
