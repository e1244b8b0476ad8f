"""Charts with axes: Vega-Lite specifications, rendered to SVG without a browser.

What belongs here: one function per chart, from facts to a specification; rendering, cached by specification.
What does not: small pictures (svg.py). Charts hold no title: the page has it.

Specifications are plain dictionaries: building the same ones with Altair took 150-350 ms a chart, more than
rendering them. Altair checks them against the schema in the tests.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import vl_convert

from pipelines.reports import formats
from pipelines.reports.palette import LIGHT
from pipelines.reports.sections.pass_rates import NightlyRate, PassRates, usual_rate
from pipelines.reports.svg import Ticks, named_identifiers, safe
from pipelines.reports.text import FONTS

Spec: TypeAlias = dict[str, Any]

WIDE: Final = 1000
NARROW: Final = 330
PRINTED: Final = 680

_VEGA_LITE: Final = "6.4"
_AXIS: Final = {
    "labelFont": "Inter",
    "labelFontSize": 11,
    "labelColor": LIGHT["muted"],
    "titleFont": "Inter",
    "titleFontSize": 11,
    "titleFontWeight": 400,
    "titleColor": LIGHT["muted"],
    "gridColor": LIGHT["line"],
    "domain": False,
    "tickColor": LIGHT["line"],
    "labelFlush": False,
    "labelOverlap": False,
}
_CONFIG: Final = {
    "font": "Inter",
    "background": "transparent",
    "view": {"stroke": None},
    "axis": _AXIS,
    "axisY": {"minExtent": 38},  # the titles of both parts stand below each other, clear of the numbers
    "legend": {
        "labelFont": "Inter",
        "labelFontSize": 11,
        "labelColor": LIGHT["muted"],
        "symbolType": "square",
        "symbolSize": 90,
    },
}
_OUTCOMES: Final = (
    ("Passed", "pass"),
    ("Unverified", "cell-pass"),
    ("Failed", "fail"),
    ("Error or timed out", "error"),
    ("Not run", "skip"),
    ("No outcome yet", "line"),
)
_WIDE_TICKS, _NARROW_TICKS = 10, 4
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Days:
    """What the parts of one chart share: its days, and how wide they are drawn."""

    first: date
    last: date
    width: int

    def axis(self, *, with_labels: bool) -> Spec:
        """Days as instants in UTC: the machine's time zone plays no part."""
        ticks = Ticks.of(self.first, self.last, _WIDE_TICKS if self.width > NARROW else _NARROW_TICKS)
        day = timedelta(days=1)
        return {
            "field": "day",
            "type": "temporal",
            "scale": {
                "type": "utc",
                "domain": [_noon(self.first - day), _noon(self.last + day)],
                "nice": False,
                # bars would get a margin at both ends that points do not get: same days, not the same place
                "padding": 0,
            },
            "axis": {
                "title": "night" if with_labels else None,
                "values": [_noon(tick) for tick in ticks.days],
                "labelExpr": "utcFormat(datum.value, '%-d %b')",
                "labels": with_labels,
                "ticks": with_labels,
                "grid": True,
            },
        }


def nightly_chart(rates: PassRates, last: date, width: int) -> str:
    """Pass rate with its band above, what ran below, on the same days."""
    description = (
        f"{len(rates.nights)} nights from {rates.nights[0].date} to {rates.nights[-1].date}: final pass rate "
        "with its 95% interval, and executions by outcome. The numbers are in the table below the chart."
    )
    specification = nightly_specification(rates, last, width)
    return render(specification, f"nightly-{width}", "Final pass rate by night", description)


def nightly_specification(rates: PassRates, last: date, width: int) -> Spec:
    """The chart of `nightly_chart` as Vega-Lite."""
    days = Days(rates.nights[0].date, last, width - 70)
    is_printed = width == PRINTED  # a low chart leaves less of a page empty when it moves to the next
    size = {"width": days.width}
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{_VEGA_LITE}.json",
        "config": _CONFIG,
        "spacing": 10,
        "vconcat": [
            {**_rate_layers(rates, days), **size, "height": 125 if is_printed else 190},
            {**_outcome_bars(rates.nights, days), **size, "height": 72 if is_printed else 110},
        ],
    }


def render(specification: Spec, key: str, title: str, description: str) -> str:
    """The chart as SVG, with ids of its own, title and description; no style attribute (the page forbids)."""
    svg = _rendered(json.dumps(specification, sort_keys=True))
    svg = re.sub(r'\s(?:style|class|xmlns:xlink|version|aria-\w+|role|tabindex)="[^"]*"', "", svg)
    start = svg.index("<svg") + len("<svg")
    end = svg.index(">", start) + 1
    head = f"<title>{safe(title)}</title><desc>{safe(description)}</desc>"
    return named_identifiers(f'<svg role="img"{svg[start:end]}{head}{svg[end:]}', key)


@lru_cache(maxsize=64)
def _rendered(specification: str) -> str:
    _register_fonts()
    return str(vl_convert.vegalite_to_svg(specification, vl_version=_VEGA_LITE))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def _rate_layers(rates: PassRates, days: Days) -> Spec:
    """Line and band join nights next to each other on which the same suites ran; a dash is what is usual."""
    rows = list(_rate_rows(rates))
    floor = floor_of(
        [min(value for value in (row["low"], row["usual"], row["rate"]) if value is not None) for row in rows]
    )
    y = _rate_axis(floor)
    x = days.axis(with_labels=False)
    colour = LIGHT["pass"]
    band = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    line = {"x": x, "y": {**y, "field": "rate"}, "detail": {"field": "run"}}
    fill = {"condition": {"test": "datum.few", "value": LIGHT["card"]}, "value": colour}
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {
                    "type": "tick",
                    "color": LIGHT["skip"],
                    "thickness": 2,
                    "size": 11,
                    "orient": "horizontal",
                },
                "encoding": {"x": x, "y": {**y, "field": "usual"}},
            },
            {
                "mark": {"type": "area", "color": colour, "opacity": 0.22},
                "encoding": {"x": x, **band, "detail": {"field": "run"}},
            },
            {
                "mark": {"type": "rule", "color": colour, "opacity": 0.45, "strokeWidth": 2},
                "encoding": {"x": x, **band},
            },
            {"mark": {"type": "line", "color": colour, "strokeWidth": 1.6}, "encoding": line},
            {
                "mark": {"type": "point", "size": 30, "stroke": colour, "strokeWidth": 1.2, "opacity": 1},
                "encoding": {"x": x, "y": {**y, "field": "rate"}, "fill": fill},
            },
        ],
    }


def _rate_rows(rates: PassRates) -> Iterator[Spec]:
    """Decided nights; `run` changes where a night is missing or other suites ran."""
    run = 0
    before: NightlyRate | None = None
    suites_before: frozenset[str] = frozenset()
    for rate in rates.nights:
        if rate.rate is None:
            continue
        suites = rates.suites_of(rate.date)
        is_next = before is not None and rate.date - before.date == timedelta(days=1)
        run += not (is_next and suites == suites_before)
        before, suites_before = rate, suites
        yield {
            "day": _noon(rate.date),
            "rate": rate.rate,
            "low": rate.low,
            "high": rate.high,
            "usual": usual_rate(rates.suites.values(), rate.date),
            "few": rate.decided_count < formats.FEW,
            "run": run,
        }


def _rate_axis(floor: float) -> Spec:
    step = 0.1 if floor >= _HALF else 0.2
    steps = int((1 - floor) / step + 1e-9)
    return {
        "type": "quantitative",
        "scale": {"domain": [floor, 1], "nice": False, "clamp": True},
        "axis": {
            "title": "final pass rate",
            "format": ".0%",
            "values": [round(1 - number * step, 2) for number in range(steps + 1)],
        },
    }


def _outcome_bars(nights: Sequence[NightlyRate], days: Days) -> Spec:
    rows = [
        {"day": _noon(rate.date), "outcome": name, "count": value, "order": order}
        for rate in nights
        for order, ((name, _), value) in enumerate(zip(_OUTCOMES, _outcome_counts(rate), strict=True))
        if value
    ]
    shown = [(name, colour) for name, colour in _OUTCOMES if any(row["outcome"] == name for row in rows)]
    span = (days.last - days.first).days + 1
    return {
        "data": {"values": rows},
        "mark": {"type": "bar", "size": max(3, min(14, int(days.width / span * 0.7)))},
        "encoding": {
            "x": days.axis(with_labels=True),
            "y": {
                "field": "count",
                "type": "quantitative",
                "title": "executions",
                "axis": {"format": "~s", "tickCount": 4},
            },
            "color": {
                "field": "outcome",
                "type": "nominal",
                "scale": {
                    "domain": [name for name, _ in shown],
                    "range": [LIGHT[colour] for _, colour in shown],
                },
                "legend": {"title": None, "orient": "bottom", "columns": 6 if days.width > NARROW else 3},
            },
            "order": {"field": "order", "type": "quantitative"},
        },
    }


def _outcome_counts(rate: NightlyRate) -> tuple[int, ...]:
    return (
        rate.passed_count,
        rate.unverified_count,
        rate.failed_count,
        rate.broken_count,
        rate.not_run_count,
        rate.unknown_count + rate.in_flight_count,
    )


def floor_of(lows: Sequence[float]) -> float:
    """The lowest rate an axis shows: the tenth below the lowest value, and a tenth at least."""
    lowest = min(lows, default=0.9)
    return min(0.9, max(0.0, int(lowest * 10) / 10))


def _noon(day: date) -> int:
    """Milliseconds of a day's noon in UTC since 1970."""
    return ((day - date(1970, 1, 1)).days * 24 + 12) * 3_600_000
