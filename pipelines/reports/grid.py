"""The status grid, tests × nights, as SVG: one path per outcome (a Vega-Lite heatmap took half a second).

What belongs here: drawing the grid, a head and one picture per row, so that pages break between rows and
repeat the head. What does not: which tests it shows (sections/stability.py), page breaks (the templates).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from pipelines.reports import formats
from pipelines.reports.palette import LIGHT
from pipelines.reports.sections.stability import GridRow, StatusGrid
from pipelines.reports.svg import FONT, Ticks, document, px
from pipelines.reports.text import printable, shorten_middle, visible

CELL_WIDTH: Final = 9
CELL_HEIGHT: Final = 12
PITCH: Final = 10.0
"""From one night to the next."""
HEAD_HEIGHT: Final = 20

LEGEND: Final = (
    ("pass", "", "passed"),
    ("fail", "x", "failed or timed out"),
    ("error", "!", "error"),
    ("flaky", "~", "passed and failed in one night, or passed on retry"),
    ("skip", "-", "not run"),
    ("none", "", "no cell: no execution"),
)
STORM_LEGEND: Final = ("storm", "▲", "infra storm that night: shown, but counted for no test")

_WORDS: Final = {key: meaning for key, _, meaning in LEGEND}
_GLYPHS: Final = {
    "fail": ("M{x1} {y1}L{x2} {y2}M{x1} {y2}L{x2} {y1}", "cell-glyph"),
    "error": ("M{cx} {top}V{bar}M{cx} {dot}V{end}", "cell-glyph"),
    "flaky": ("M{x1} {cy}q1.25 -3 2.5 0t2.5 0", "cell-glyph-dark"),
    "skip": ("M{x1} {cy}H{x2}", "cell-glyph"),
}
_TITLE_LENGTH: Final = 90
_MOST_TICKS: Final = 10
_TICK_WIDTH: Final = 34

# A4 between margins of 16 mm, in CSS pixels; names in a mono face of 7 pt (DejaVu Sans Mono: 0.602 em).
_PRINTED_LINE: Final = 672.0
_PRINTED_CELLS: Final = 350.0
_PRINTED_PITCH: Final = 8.0
_PRINTED_CHARACTER: Final = 7 * 0.602 / 0.75
_PRINTED_GUTTER: Final = 10.0


def grid_row(row: GridRow, nights: Sequence[date]) -> str:
    """One test's nights: one path per outcome, and the outcome's glyph in every cell that is no pass."""
    return document(
        _columns(len(nights)) * PITCH,
        CELL_HEIGHT,
        grid_label(row, _TITLE_LENGTH),
        row_words(row, nights),
        _cells(row, nights),
    )


def grid_head(grid: StatusGrid, pitch: float = PITCH) -> str:
    """The days above the rows, and a triangle at each infra storm; `pitch` as wide as the rows are shown."""
    days = (
        f"{len(grid.nights)} nights from {grid.nights[0]} to {grid.nights[-1]}" if grid.nights else "No night"
    )
    storms = f"; infra storm on {', '.join(map(str, sorted(grid.storms)))}" if grid.storms else ""
    width = _columns(len(grid.nights)) * pitch
    return document(width, HEAD_HEIGHT, "Nights", f"{days}{storms}.", _head(grid, pitch))


def printed_pitch(night_count: int) -> float:
    """How far apart nights are on paper, where names of 7 points stand beside them."""
    return min(_PRINTED_PITCH, round(_PRINTED_CELLS / max(night_count, 1), 2))


def printed_width(night_count: int) -> float:
    """How wide head and rows are on paper, in CSS pixels."""
    return _columns(night_count) * printed_pitch(night_count)


def printed_label(row: GridRow, night_count: int) -> str:
    """The name as it fits beside the nights on paper, without any character that the PDF has no glyph for."""
    left = _PRINTED_LINE - _PRINTED_GUTTER - printed_width(night_count)
    return grid_label(row, int(left / _PRINTED_CHARACTER), printable)


def grid_label(row: GridRow, length: int, shown: Callable[[str], str] = visible) -> str:
    """Test and variant, both shortened in the middle; the variant takes two fifths at most."""
    variant = shorten_middle(shown(row.variant), length * 2 // 5)
    return f"{shorten_middle(shown(row.test), length - len(variant) - 3)} · {variant}"


def row_words(row: GridRow, nights: Sequence[date]) -> str:
    """What a row shows, in words."""
    shown = frozenset(nights)
    counts = Counter(outcome for day, outcome in row.cells.items() if day in shown)
    found = [f"{counts[key]} {meaning}" for key, meaning in _WORDS.items() if counts[key]]
    return f"{formats.plural(sum(counts.values()), 'night')}: {'; '.join(found)}."


def _head(grid: StatusGrid, pitch: float) -> Iterator[str]:
    if not grid.nights:
        return
    yield from _day_names(grid.nights, pitch)
    width = pitch - 1
    for place, day in enumerate(grid.nights):
        x = place * pitch
        if day in grid.storms:
            yield (
                f'<path d="M{px(x)} 19h{px(width)}l-{px(width / 2)} -6z" fill="{LIGHT["error"]}">'
                f"<title>{day}: infra storm</title></path>"
            )


def _day_names(nights: Sequence[date], pitch: float) -> Iterator[str]:
    """The newest first: an older one that would touch it goes without."""
    end = _columns(len(nights)) * pitch
    for day in reversed(Ticks.of(nights[0], nights[-1], _MOST_TICKS).days):
        x = min((day - nights[0]).days * pitch, _columns(len(nights)) * pitch - _TICK_WIDTH)
        if x + _TICK_WIDTH <= end:
            end = x
            yield (
                f'<text x="{px(x)}" y="11" {FONT} font-size="10" fill="{LIGHT["muted"]}">'
                f"{formats.day(day)}</text>"
            )


def _columns(night_count: int) -> int:
    """Few nights leave room for the name of a day."""
    return max(night_count, 5)


def _cells(row: GridRow, nights: Sequence[date]) -> Iterator[str]:
    columns = {day: place * PITCH for place, day in enumerate(nights)}
    cells: dict[str, list[float]] = {}
    for day, outcome in sorted(row.cells.items()):
        if day in columns:
            cells.setdefault(outcome, []).append(columns[day])
    for outcome in sorted(cells):
        boxes = "".join(f"M{px(x)} 0h{CELL_WIDTH}v{CELL_HEIGHT}h-{CELL_WIDTH}z" for x in cells[outcome])
        yield f'<path d="{boxes}" fill="{LIGHT[f"cell-{outcome}"]}"/>'
        if outcome in _GLYPHS:
            shape, colour = _GLYPHS[outcome]
            marks = "".join(_glyph(shape, x) for x in cells[outcome])
            yield f'<path d="{marks}" fill="none" stroke="{LIGHT[colour]}" stroke-width="1.4"/>'


def _glyph(shape: str, x: float) -> str:
    places = {
        "x1": x + 2,
        "x2": x + CELL_WIDTH - 2,
        "y1": 3.5,
        "y2": CELL_HEIGHT - 3.5,
        "cx": x + CELL_WIDTH / 2,
        "cy": CELL_HEIGHT / 2,
        "top": 2.5,
        "bar": 7.0,
        "dot": 8.3,
        "end": 9.8,
    }
    return shape.format(**{name: px(value) for name, value in places.items()})
