"""The picture of a pass rate that another mix of tests moved.

What belongs here: two tests, and what our own functions make of them. What does not: marks and axes
(drawing.py), pass rates over time (of_pass_rates.py).
"""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from docs.metric_pictures.drawing import (
    Scale,
    box,
    dot,
    line,
    picture,
    text,
    x_axis,
    y_axis,
)
from pipelines.analysis.intervals import newcombe
from pipelines.analysis.mix_effects_table import mix_effects
from pipelines.reports import formats
from warehouse.policy import default_parameters

_SCOPE: Final = {"scope_type": "suite", "scope_key": "checkout", "rate_name": "final_pass_rate"}


def mix_effect() -> str:
    """Two tests that both got worse, and a rate that rose because the easier one ran more often."""
    counts = {"quick check": (98, 100, 570, 600), "long journey": (320, 400, 74, 100)}
    names = ("basis_passed_count", "basis_run_count", "sample_passed_count", "sample_run_count")
    rows = [
        {**_SCOPE, "test_key": test, "variant_key": "linux", **dict(zip(names, numbers, strict=True))}
        for test, numbers in counts.items()
    ]
    invocations = {"basis_invocation_count": 30, "sample_invocation_count": 7, "dispersion": 1.0}
    tests = pl.DataFrame([row | invocations for row in rows])
    found = mix_effects(tests, default_parameters()).row(0, named=True)
    sides = [
        *((f"{name}", k_a / n_a, k_b / n_b, "skip") for name, (k_a, n_a, k_b, n_b) in counts.items()),
        ("crude rate", found["basis_pass_rate"], found["sample_pass_rate"], "flaky"),
        (
            "standardised rate",
            found["basis_standardised_pass_rate"],
            found["sample_standardised_pass_rate"],
            "pass",
        ),
    ]
    y = Scale(0.7, 1, 216, 40)
    body = [
        *y_axis(y, (62, 240), {tick / 10: f"{tick / 10:.0%}" for tick in range(7, 11)}, "pass rate"),
        *(part for side in sides for part in _slope(side, y)),
        text((90, 234), "30 days before", "middle"),
        text((212, 234), "last 7 days", "middle"),
        *_parts(found),
    ]
    return picture(
        250,
        "A pass rate that rose though all its tests got worse",
        f"Crude difference {_points(found['crude_difference'])}, standardised difference "
        f"{_points(found['standardised_difference'])}, mix effect {_points(found['mix_effect'])}.",
        body,
    )


def _slope(side: tuple[str, float, float, str], y: Scale) -> Iterator[str]:
    name, before, now, colour = side
    is_rate = colour != "skip"
    yield line([(90, y(before)), (212, y(now))], colour, 2.6 if is_rate else 1.4, "" if is_rate else "5 4")
    for x, value in ((90, before), (212, now)):
        yield dot((x, y(value)), colour, is_hollow=not is_rate)
    yield text(
        (222, y(now) + 4), f"{name} {formats.percent(now)}", colour="ink", weight=600 if is_rate else 400
    )


def _parts(found: dict[str, Any]) -> Iterator[str]:
    """The crude difference and what it is made of, as bars from 0."""
    scale = Scale(-0.15, 0.15, 410, 620)
    ticks = {-0.1: "−10 pp", 0: "0 pp", 0.1: "+10 pp"}
    yield from x_axis(scale, (190, 196), ticks, "difference of pass rates")
    sides = [(found[f"{s}_standardised_pass_rate"], found[f"{s}_n_eff"]) for s in ("sample", "basis")]
    ends = newcombe(sides[0][0] * sides[0][1], sides[0][1], sides[1][0] * sides[1][1], sides[1][1])
    bars = (
        ("crude difference", found["crude_difference"], "flaky"),
        ("standardised difference", found["standardised_difference"], "pass"),
        ("mix effect", found["mix_effect"], "skip"),
    )
    for number, (name, value, colour) in enumerate(bars):
        top = 62 + 48 * number
        left, right = sorted((scale(0), scale(value)))
        yield box((left, top), (right - left, 14), colour)
        yield line([(scale(0), top - 3), (scale(0), top + 17)], "ink")
        yield text((410, top - 7), f"{name} {_points(value)}", colour="ink")
        if number == 1:
            yield line([(scale(ends.low or 0), top + 7), (scale(ends.high or 0), top + 7)], "ink", 2)


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} pp".replace("-", formats.MINUS)
