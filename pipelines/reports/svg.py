"""The parts of SVG drawings: the document, safe text, ids, days on an axis, lines that break; sparklines.

What belongs here: what several drawings need. What does not: the status grid (grid.py), suite panels
(panels.py), charts by Vega-Lite (charts.py).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from itertools import pairwise
from typing import Final

from pipelines.reports.palette import LIGHT
from pipelines.reports.text import drawable

FONT: Final = 'font-family="Inter"'
_SHORT_SERIES: Final = 2
_IDENTIFIER: Final = re.compile(r'\b(id="|url\(#|href="#)([^")]+)')


def document(width: float, height: float, title: str, description: str, body: Iterable[str]) -> str:
    """An SVG with its title and description, for people who do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {px(width)} {px(height)}" '
        f'width="{px(width)}" height="{px(height)}" role="img">'
        f"<title>{safe(title)}</title><desc>{safe(description)}</desc>{''.join(body)}</svg>"
    )


def safe(text: str) -> str:
    """Text that may stand inside an SVG, of glyphs that the shipped fonts have."""
    return escape(drawable(text))


def named_identifiers(svg: str, key: str) -> str:
    """The same SVG with every id as `<key>-n` in order of appearance: a renderer's numbers differ by run."""
    names: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        return found[1] + names.setdefault(found[2], f"{key}-{len(names) + 1}")

    return _IDENTIFIER.sub(renamed, svg)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Days that are named on an axis of days."""

    days: Sequence[date]

    @classmethod
    def of(cls, first: date, last: date, most: int) -> "Ticks":
        """Mondays, at most `most` of them; first days of months where the span is longer than ten weeks."""
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        weeks_shown = 10
        if len(span) > 7 * weeks_shown:
            days = [day for day in span if day.day == 1]
        else:
            days = [day for day in span if day.weekday() == 0] or span[:1]
        step = -(-len(days) // most)
        return cls(days[::-1][::step][::-1])


def sparkline(values: Sequence[float | None], description: str) -> str:
    """A line without axes that breaks where a value is missing; the last value is a dot."""
    width, height, margin = 200.0, 34.0, 4.0
    known = [value for value in values if value is not None]
    if len(known) < _SHORT_SERIES:
        return ""
    low, high = min(known), max(known)
    spread = (high - low) or 1.0
    step = (width - 2 * margin) / (len(values) - 1)
    points = [
        None
        if value is None
        else (margin + number * step, height - margin - (value - low) / spread * (height - 2 * margin))
        for number, value in enumerate(values)
    ]
    last = next(point for point in reversed(points) if point)
    body = [
        (
            f'<path d="{broken_line(points)}" fill="none" stroke="{LIGHT["pass"]}" stroke-width="1.5" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        ),
        f'<circle cx="{px(last[0])}" cy="{px(last[1])}" r="2.6" fill="{LIGHT["pass"]}"/>',
    ]
    return document(width, height, "Course over the last nights", description, body)


def broken_line(points: Sequence[tuple[float, float] | None]) -> str:
    """A path that starts anew after each missing point."""
    parts = []
    for before, point in pairwise([None, *points]):
        if point is not None:
            parts.append(f"{'L' if before else 'M'}{px(point[0])} {px(point[1])}")
    return "".join(parts)


def px(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
