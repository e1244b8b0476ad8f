"""Pictures of what was run and what was not, of repair, and of what flakes cost.

What belongs here: small made-up suites, and what our own functions and the sums of the metrics make of them.
What does not: marks and axes (drawing.py), pass rates (of_pass_rates.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from docs.metric_pictures.drawing import (
    Point,
    Scale,
    box,
    cells,
    dot,
    interval,
    line,
    picture,
    text,
    x_axis,
    y_axis,
)
from pipelines.analysis.break_rates import fit_rate_prior, rate_posteriors
from pipelines.analysis.intervals import wilson
from pipelines.analysis.repair_times import MedianTime, median_time
from pipelines.reports import formats

_STATES: Final = {
    "passing": "pass",
    "flaky": "flaky",
    "failing": "fail",
    "stale": "skip",
    "never executed": "line",
}
_SUITES: Final = {
    "checkout": (36, 2, 4, 3, 1),
    "login": (24, 0, 0, 0, 0),
    "export": (8, 0, 1, 16, 3),
    "mail": (5, 1, 0, 2, 10),
}
"""Tests in each state."""


def coverage() -> str:
    """The tests of suites by their state, and the share that was executed."""
    x, top, step = Scale(0, 50, 100, 420), 40.0, 30.0
    bottom = top + step * len(_SUITES)
    body = [
        *x_axis(x, (top - 8, bottom), {v: str(v) for v in range(0, 51, 10)}, "tests that should run"),
        text((20, 20), "suite", colour="ink", weight=600),
        text((520, 20), "executed", "end", "ink", 600),
        text((620, 20), "passing", "end", "ink", 600),
    ]
    for place, (name, counts) in enumerate(_SUITES.items()):
        y, start, total = top + step * place, 0, sum(counts)
        body.append(text((20, y + 14), name, colour="ink"))
        for count, (state, colour) in zip(counts, _STATES.items(), strict=True):
            if count:
                body += [box((x(start), y), (x(count) - x(0) - 1, 20), colour)]
            if count > 1:  # else it has no room
                body += [text((x(start + count / 2), y + 14), str(count), "middle", _on(state), 600)]
            start += count
        body += [text((520, y + 14), f"{sum(counts[:3])} of {total}: {sum(counts[:3]) / total:.0%}", "end")]
        body += [text((620, y + 14), f"{counts[0] / total:.0%}", "end")]
    at = 100.0
    for state, colour in _STATES.items():
        body += [box((at, bottom + 42), (10, 10), colour), text((at + 16, bottom + 51), state)]
        at += 36 + 6 * len(state)
    return picture(
        bottom + 62,
        "Tests of four suites by what is known of them now",
        "; ".join(f"{name}: {counts[0]} of {sum(counts)} pass" for name, counts in _SUITES.items()),
        body,
    )


def _on(state: str) -> str:
    """The colour of a number on a box."""
    return "ink" if state in ("stale", "never executed") else "card"


@dataclass(frozen=True, slots=True)
class _Component:
    """A component's breaks and changes; its tests, how many are unexecuted, and what these missed."""

    breaks: int
    changes: int
    tests: int
    unexecuted: int
    missed: int


def gaps() -> str:
    """Breaks to be expected where tests did not run, and what they are made of."""
    components = {
        "export": _Component(9, 300, 28, 19, 70),
        "mail": _Component(1, 280, 18, 12, 120),
        "checkout": _Component(30, 300, 46, 4, 55),
    }
    expected = _expected(components)
    x, top, step = Scale(0, 3, 110, 320), 40.0, 38.0
    bottom = top + step * len(components)
    body = [
        *x_axis(x, (top - 8, bottom), {v: str(v) for v in range(4)}, "expected undetected breaks"),
        text((20, 20), "suite", colour="ink", weight=600),
        text((340, 20), "what is expected, and of what", colour="ink", weight=600),
    ]
    for place, (name, (value, low, high)) in enumerate(expected.items()):
        one, y = components[name], top + 10 + step * place
        body += [
            text((20, y + 4), f"{place + 1}. {name}", colour="ink", weight=600),
            interval(x, y, (low, high), "fail"),
            dot((x(value), y), "ink"),
            text((340, y), f"{value:.1f} (95%: {low:.1f} to {high:.1f})", colour="ink", weight=600),
            text(
                (340, y + 15),
                f"{formats.plural(one.breaks, 'break')} in {one.changes} changes; {one.missed} missed, "
                f"{one.unexecuted} of {one.tests} tests",
            ),
        ]
    return picture(
        bottom + 42,
        "Suites whose tests did not run, by the breaks that may have gone unseen",
        "; ".join(f"{name}: {value:.1f} breaks expected" for name, (value, *_) in expected.items()),
        body,
    )


def _expected(components: Mapping[str, _Component]) -> dict[str, tuple[float, float, float]]:
    """As met_coverage_gaps has it, the largest first."""
    breaks = np.array([one.breaks for one in components.values()], np.float64)
    changes = np.array([one.changes for one in components.values()], np.float64)
    rates = np.array(rate_posteriors(breaks, changes, fit_rate_prior(breaks, changes)))
    weights = np.array([one.missed * one.unexecuted / one.tests for one in components.values()])
    found = dict(zip(components, (rates * weights).T.tolist(), strict=True))
    return {name: tuple(found[name]) for name in sorted(found, key=lambda name: -found[name][0])}


def repair() -> str:
    """Breaks by how long they lasted, some still open, and the curve whose half is the median."""
    hours = [5, 9, 14, 20, 26, 44, 60, 96, 30, 150, 190]
    is_over = [True] * 8 + [False] * 3
    found = median_time(hours, is_over)
    mended = sorted(hours[:8])
    x, top = Scale(0, 200, 110, 480), 32.0
    bottom = top + 11 * len(hours)
    y = Scale(0, 1, bottom + 116, bottom + 36)
    ticks = {float(v): f"{v} h" for v in range(0, 201, 40)}
    order = sorted(zip(hours, is_over, strict=True))
    body = [
        text((6, 18), f"{len(hours)} breaks, {is_over.count(False)} of them still open"),
        *y_axis(y, (x.start, x.end), {0.0: "0%", 0.5: "50%", 1.0: "100%"}, "still broken"),
        *x_axis(x, (top - 4, y(0)), ticks, "time since the break came in"),
        *(part for place, row in enumerate(order) for part in _break(row, top + 11 * place, x)),
        line(_survival(order, x, y), "ink", 2),
        *_median(found, x, y),
        text((490, y(0) - 20), f"of the {len(mended)} mended alone"),
        text((490, y(0) - 5), f"the mean is {sum(mended) / len(mended):.0f} h"),
    ]
    return picture(
        y(0) + 42,
        "How long breaks lasted, of which some still do, and the median",
        f"Half of all breaks are mended after {found.value:.0f} hours; the mean of those that are mended, "
        f"{sum(mended) / len(mended):.0f} hours, leaves the longest out.",
        body,
    )


def _break(row: tuple[int, bool], y: float, x: Scale) -> Iterator[str]:
    hours, is_over = row
    yield box((x(0), y), (x(hours) - x(0), 7), "pass" if is_over else "fail")
    if not is_over:
        yield text((x(hours) + 3, y + 8), "→ open", colour="fail")


def _survival(order: Sequence[tuple[int, bool]], x: Scale, y: Scale) -> list[Point | None]:
    """Kaplan and Meier's curve as steps."""
    share, points = 1.0, [(x(0), y(1.0))]
    for place, (hours, is_over) in enumerate(order):
        left = len(order) - place
        points.append((x(hours), y(share)))
        share *= 1 - 1 / left if is_over else 1
        points.append((x(hours), y(share)))
    return list(points)


def _median(found: MedianTime, x: Scale, y: Scale) -> Iterator[str]:
    value, low, high = found.value or 0.0, found.low or 0.0, found.high or x.high
    yield interval(x, y(0.5), (low, high), "flaky")
    yield dot((x(value), y(0.5)), "ink")
    yield text((490, y(0.5) - 22), f"median {value:.0f} h", colour="ink", weight=600)
    yield text((490, y(0.5) - 7), f"95%: {low:.0f} h to " + (f"{high:.0f} h" if found.high else "open"))


def flake_cost() -> str:
    """Failed pipelines by why they failed, and what those that flakes failed cost, from low to high."""
    proved, possible, genuine = 9, 6, 11
    minute_cost, hour_cost, look_minutes, busy_minutes, rerun_minutes = 0.02, 80.0, 20.0, 45.0, 210.0
    failed = proved + possible + genuine
    alarm = wilson(proved, failed)
    costs = [
        (rerun_minutes + n * busy_minutes) * minute_cost + n * look_minutes / 60 * hour_cost
        for n in (proved, proved + possible)
    ]
    y, pitch = 60.0, 22.0
    kinds = (
        ("flaky", proved, "flakes alone, proved"),
        ("none", possible, "may be flakes"),
        ("fail", genuine, "something is broken"),
    )
    body = [text((20, 22), f"{failed} pipelines failed in four weeks", colour="ink", weight=600)]
    start = 0
    for colour, count, words in kinds:
        corners = [(20 + pitch * (start + n), y - 20) for n in range(count)]
        if colour == "none":
            body += [part for corner in corners for part in _doubt(corner, pitch)]
        else:
            body += cells({colour: corners}, (pitch - 3, 22))
        body += [text((20 + pitch * start, y + 18), f"{count}: {words}", colour="ink")]
        start += count
    x = Scale(0, 600, 150, 480)
    hours = [n * look_minutes / 60 for n in (proved, proved + possible)]
    body += [
        *x_axis(x, (112, 176), {v: f"{v} EUR" for v in range(0, 601, 150)}, "what they cost"),
        text((20, 137), "cost_low, cost_high", colour="ink", weight=600),
        interval(x, 133, (costs[0], costs[1]), "flaky"),
        dot((x(costs[0]), 133), "ink"),
        dot((x(costs[1]), 133), "ink", is_hollow=True),
        text((x(costs[1]) + 10, 137), f"{costs[0]:.0f} to {costs[1]:.0f} EUR", colour="ink", weight=600),
        text((20, 162), f"{hours[0]:.0f} to {hours[1]:.0f} hours of looking", colour="ink"),
        text((490, 148), f"false alarms {proved / failed:.0%}"),
        text((490, 163), f"95%: {formats.interval(alarm.low, alarm.high)}"),
    ]
    return picture(
        222,
        "Failed pipelines by why they failed, and what false alarms cost",
        f"{proved} of {failed} pipelines failed by flakes alone, {possible} more may have: "
        f"{costs[0]:.0f} to {costs[1]:.0f} EUR.",
        body,
    )


def _doubt(corner: Point, pitch: float) -> Iterator[str]:
    """A pipeline that may have failed by flakes."""
    yield box(corner, (pitch - 3, 22), "line")
    yield text((corner[0] + pitch / 2 - 1.5, corner[1] + 15), "?", "middle", "ink", 600)
