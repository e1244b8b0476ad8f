"""The status grid, tests × nights, as SVG: one path per outcome (a Vega-Lite heatmap took half a second).

What belongs here: drawing the grid. What does not: which tests it shows (sections/stability.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from pipelines.reports import formats
from pipelines.reports.palette import LIGHT
from pipelines.reports.sections.stability import GridRow, StatusGrid
from pipelines.reports.svg import FONT, Ticks, document, px, safe
from pipelines.reports.text import shorten_middle, visible

CELL_WIDTH: Final = 9
CELL_HEIGHT: Final = 12
GAP: Final = 1
ROW_HEIGHT: Final = CELL_HEIGHT + GAP
HEAD_HEIGHT: Final = 20

_LABEL_WIDTH: Final = 330
_LABEL_LENGTH: Final = 56
_GLYPHS: Final = {
    "fail": ("M{x1} {y1}L{x2} {y2}M{x1} {y2}L{x2} {y1}", "cell-glyph"),
    "error": ("M{cx} {top}V{bar}M{cx} {dot}V{end}", "cell-glyph"),
    "flaky": ("M{x1} {cy}q1.25 -3 2.5 0t2.5 0", "cell-glyph-dark"),
    "skip": ("M{x1} {cy}H{x2}", "cell-glyph"),
}
_PIECE_ROWS: Final = 5


def status_grid(grid: StatusGrid) -> str:
    """Tests × nights: one path per outcome, and the outcome's glyph in every cell that is no pass."""
    return _grid_document(grid, 0, HEAD_HEIGHT, [*_grid_head(grid, 0), *_grid_cells(grid, 0, HEAD_HEIGHT)])


def printed_grid(grid: StatusGrid) -> list[str]:
    """The same with labels, in pieces of five rows that a page may break between; the first has the days."""
    pieces = []
    for start in range(0, len(grid.rows), _PIECE_ROWS):
        piece = replace(grid, rows=grid.rows[start : start + _PIECE_ROWS])
        top = 0 if start else HEAD_HEIGHT
        body = [] if start else list(_grid_head(grid, _LABEL_WIDTH))
        body += _grid_cells(piece, _LABEL_WIDTH, top)
        body += [_grid_label(row, top + place * ROW_HEIGHT) for place, row in enumerate(piece.rows)]
        pieces.append(_grid_document(piece, _LABEL_WIDTH, top, body))
    return pieces


def grid_label(row: GridRow, length: int) -> str:
    """Test and variant, both shortened in the middle; the variant takes two fifths at most."""
    variant = shorten_middle(visible(row.variant), length * 2 // 5)
    return f"{shorten_middle(visible(row.test), length - len(variant) - 3)} · {variant}"


def _grid_document(grid: StatusGrid, left: float, top: float, body: Iterable[str]) -> str:
    width = left + len(grid.nights) * (CELL_WIDTH + GAP)
    height = top + len(grid.rows) * ROW_HEIGHT
    description = (
        f"{len(grid.rows)} tests by {len(grid.nights)} nights. Empty pale cell: passed; x failed; ! error; "
        "~ both outcomes in one night or a pass on retry; - not run; no cell: no execution."
    )
    return document(width, height, "Outcome of the least stable tests by night", description, body)


def _grid_head(grid: StatusGrid, left: float) -> Iterator[str]:
    if not grid.nights:
        return
    ticks = frozenset(Ticks.of(grid.nights[0], grid.nights[-1], 10).days)
    for place, day in enumerate(grid.nights):
        x = left + place * (CELL_WIDTH + GAP)
        if day in ticks:
            is_last = x + 34 > left + len(grid.nights) * (CELL_WIDTH + GAP)
            anchor = ' text-anchor="end"' if is_last else ""
            yield (
                f'<text x="{px(x + (CELL_WIDTH if is_last else 0))}" y="11" {FONT} font-size="10" '
                f'fill="{LIGHT["muted"]}"{anchor}>{formats.day(day)}</text>'
            )
        if day in grid.storms:
            yield (
                f'<path d="M{px(x)} 19h{CELL_WIDTH}l-{CELL_WIDTH / 2} -6z" fill="{LIGHT["error"]}">'
                f"<title>{day}: infra storm</title></path>"
            )


def _grid_cells(grid: StatusGrid, left: float, top: float) -> Iterator[str]:
    columns = {day: left + place * (CELL_WIDTH + GAP) for place, day in enumerate(grid.nights)}
    cells: dict[str, list[tuple[float, float]]] = {}
    for place, row in enumerate(grid.rows):
        y = top + place * ROW_HEIGHT
        for day, outcome in sorted(row.cells.items()):
            if day in columns:
                cells.setdefault(outcome, []).append((columns[day], y))
    for outcome in sorted(cells):
        boxes = "".join(
            f"M{px(x)} {px(y)}h{CELL_WIDTH}v{CELL_HEIGHT}h-{CELL_WIDTH}z" for x, y in cells[outcome]
        )
        yield f'<path d="{boxes}" fill="{LIGHT[f"cell-{outcome}"]}"/>'
        if outcome in _GLYPHS:
            shape, colour = _GLYPHS[outcome]
            marks = "".join(_glyph(shape, x, y) for x, y in cells[outcome])
            yield f'<path d="{marks}" fill="none" stroke="{LIGHT[colour]}" stroke-width="1.4"/>'


def _glyph(shape: str, x: float, y: float) -> str:
    places = {
        "x1": x + 2,
        "x2": x + CELL_WIDTH - 2,
        "y1": y + 3.5,
        "y2": y + CELL_HEIGHT - 3.5,
        "cx": x + CELL_WIDTH / 2,
        "cy": y + CELL_HEIGHT / 2,
        "top": y + 2.5,
        "bar": y + 7,
        "dot": y + 8.3,
        "end": y + 9.8,
    }
    return shape.format(**{name: px(value) for name, value in places.items()})


def _grid_label(row: GridRow, top: float) -> str:
    return (
        f'<text x="{_LABEL_WIDTH - 6}" y="{px(top + 9.5)}" {FONT} font-size="10" fill="{LIGHT["ink"]}" '
        f'text-anchor="end">{safe(grid_label(row, _LABEL_LENGTH))}</text>'
    )
