"""The pen of the pictures of docs/metrics.md: axes, marks and texts as SVG on a white page.

What belongs here: marks that several pictures need, none of them by colour alone. What does not: numbers, and
what a picture says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from pipelines.reports import formats
from pipelines.reports.palette import LIGHT
from pipelines.reports.svg import Ticks, broken_line, document, px, safe

Point: TypeAlias = tuple[float, float]

WIDTH: Final = 640
FONTS: Final = "Inter, system-ui, sans-serif"
"""A page that shows the file as an image gives it none of the shipped fonts."""
TEXT_SIZE: Final = 11
RESULTS: Final = (("pass", "passed"), ("flaky", "failed, then passed on retry"), ("fail", "failed"))
"""Entries of a legend."""

_OUTCOMES: Final = {"P": "pass", "F": "fail", "FP": "flaky"}

_GLYPHS: Final = {
    "fail": ("M-2.4 -2.4L2.4 2.4M-2.4 2.4L2.4 -2.4", "cell-glyph"),
    "flaky": ("M-2.5 0q1.25 -3 2.5 0t2.5 0", "cell-glyph-dark"),
    "pass": ("", "cell-glyph-dark"),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight axis: values from low to high lie between start and end; what is beyond lies on the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def picture(height: float, title: str, description: str, body: Iterable[str]) -> str:
    """The whole file: on white, since pages may be dark."""
    page = f'<rect width="{WIDTH}" height="{px(height)}" fill="{LIGHT["card"]}"/>'
    group = f'<g font-family="{FONTS}" font-size="{TEXT_SIZE}">{"".join(body)}</g>'
    return document(WIDTH, height, title, description, [page, group]) + "\n"


def text(place: Point, words: str, anchor: str = "start", colour: str = "muted", weight: int = 400) -> str:
    """Words whose base line begins, ends or has its middle at the place."""
    return (
        f'<text x="{px(place[0])}" y="{px(place[1])}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{LIGHT[colour]}">{safe(words)}</text>'
    )


def line(points: Sequence[Point | None], colour: str, width: float = 1, dash: str = "") -> str:
    """Through the points; it breaks where one is missing."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{broken_line(points)}" fill="none" stroke="{LIGHT[colour]}" '
        f'stroke-width="{px(width)}"{dashes}/>'
    )


def area(upper: Sequence[Point], lower: Sequence[Point], colour: str) -> str:
    """What lies between two lines, pale."""
    return f'<path d="{broken_line([*upper, *lower[::-1]])}Z" fill="{LIGHT[colour]}" fill-opacity="0.2"/>'


def box(place: Point, size: Point, colour: str) -> str:
    """A filled rectangle, by its upper left corner."""
    return (
        f'<rect x="{px(place[0])}" y="{px(place[1])}" width="{px(size[0])}" height="{px(size[1])}" '
        f'fill="{LIGHT[colour]}"/>'
    )


def dot(place: Point, colour: str, *, is_hollow: bool = False, radius: float = 4) -> str:
    """A point; hollow where it rests on little."""
    fill = LIGHT["card" if is_hollow else colour]
    return (
        f'<circle cx="{px(place[0])}" cy="{px(place[1])}" r="{px(radius)}" fill="{fill}" '
        f'stroke="{LIGHT[colour]}" stroke-width="1.6"/>'
    )


def diamond(place: Point, colour: str) -> str:
    """A mark that differs from a dot by its form."""
    return f'<path d="M{px(place[0])} {px(place[1] - 6)}l6 6l-6 6l-6 -6z" fill="{LIGHT[colour]}"/>'


def arrow_down(place: Point, colour: str) -> str:
    """A triangle whose tip is the place."""
    return f'<path d="M{px(place[0])} {px(place[1])}l-5 -8h10z" fill="{LIGHT[colour]}"/>'


def cells(places: Mapping[str, Sequence[Point]], size: Point) -> Iterable[str]:
    """Results as cells with a glyph each that is no pass; {outcome: upper left corners}."""
    width, height = size
    for outcome, corners in places.items():
        boxes = "".join(f"M{px(x)} {px(y)}h{px(width)}v{px(height)}h-{px(width)}z" for x, y in corners)
        yield f'<path d="{boxes}" fill="{LIGHT[f"cell-{outcome}"]}"/>'
        shape, colour = _GLYPHS[outcome]
        if shape:
            yield from (
                f'<path transform="translate({px(x + width / 2)} {px(y + height / 2)})" d="{shape}" '
                f'fill="none" stroke="{LIGHT[colour]}" stroke-width="1.4"/>'
                for x, y in corners
            )


def strip(results: Sequence[str], place: Point, pitch: Point) -> Iterable[str]:
    """Attempts ("P", "FP", "F") side by side from the place on; pitch: from one to the next, and height."""
    corners: dict[str, list[Point]] = defaultdict(list)
    for number, result in enumerate(results):
        corners[_OUTCOMES[result]].append((place[0] + number * pitch[0], place[1]))
    return cells(corners, (pitch[0] - 1.5, pitch[1]))


def legend(place: Point, entries: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Cells with their words, in a line; (outcome, words)."""
    x, y = place
    for outcome, words in entries:
        yield from cells({outcome: [(x, y - 9)]}, (10, 11))
        yield text((x + 15, y), words)
        x += 31 + 5.6 * len(words)


def x_axis(scale: Scale, edges: Point, ticks: Mapping[float, str], title: str) -> Iterable[str]:
    """Lines from top to bottom with their labels below, and the title below these."""
    top, bottom = edges
    for value, words in ticks.items():
        yield line([(scale(value), top), (scale(value), bottom)], "line")
        yield text((scale(value), bottom + 15), words, "middle")
    yield text(((scale.start + scale.end) / 2, bottom + 31), title, "middle")


def day_axis(scale: Scale, edges: Point, dates: Sequence[date]) -> Iterable[str]:
    """An axis of successive days, each at its place from 0; Mondays are named."""
    ticks = {float(dates.index(day)): formats.day(day) for day in Ticks.of(dates[0], dates[-1], 10).days}
    yield from x_axis(scale, edges, ticks, "day")


def y_axis(scale: Scale, edges: Point, ticks: Mapping[float, str], title: str) -> Iterable[str]:
    """Lines from left to right with their labels on the left, and the title above these."""
    left, right = edges
    for value, words in ticks.items():
        yield line([(left, scale(value)), (right, scale(value))], "line")
        yield text((left - 6, scale(value) + 4), words, "end")
    yield text((6, scale.end - 12), title)


def interval(scale: Scale, y: float, ends: Point, colour: str) -> str:
    """A bar from low to high."""
    return line([(scale(ends[0]), y), (scale(ends[1]), y)], colour, 4)
