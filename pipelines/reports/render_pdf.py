"""Lays a page out as PDF/UA-1 with Typst (self-checked: the writer's own check).

What belongs here: handing a page to Typst as data, with every text made printable. What does not: layout
(report.typ, sections.typ); no text of a release is ever part of a Typst source.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import typst

from pipelines.reports import formats
from pipelines.reports.text import FONTS, TEMPLATES, printable, soft_breaks
from pipelines.reports.views import Cell, Column, Page, Table

_DOCUMENT: Final = "report.typ"
_UNTOUCHED: Final = frozenset({"svg", "key", "tone", "kind", "freshness_tone"})
_DROPPED: Final = frozenset({"wide", "narrow", "head", "screen_label", "anchor"})
_BREAKABLE: Final = frozenset({"name", "message", "evidence", "text"})


def render_pdf(page: Page, as_of: datetime, release_id: str) -> bytes:
    """The page as bytes; the same page gives the same bytes."""
    inputs = {"page": page_json(page, as_of, release_id)}
    content = _compiler().compile(
        format="pdf", sys_inputs=inputs, pdf_standards=["ua-1"], timestamp=int(as_of.timestamp())
    )
    assert isinstance(content, bytes)
    return content


def page_json(page: Page, as_of: datetime, release_id: str) -> str:
    """What Typst is given."""
    shown = _plain(page)
    shown |= {"as_of": f"{as_of:%Y-%m-%d %H:%M} UTC", "release": printable(release_id)}
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        str(TEMPLATES / _DOCUMENT), root=str(TEMPLATES), font_paths=[str(FONTS)], ignore_system_fonts=True
    )


def _plain(value: Any) -> Any:
    """Dictionaries, lists and printable texts."""
    if isinstance(value, Table):
        return _table(value)
    if is_dataclass(value):
        return {
            field.name: shown
            if field.name in _UNTOUCHED and isinstance(shown := getattr(value, field.name), str)
            else _plain(getattr(value, field.name))
            for field in fields(value)
            if field.name not in _DROPPED
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def _table(table: Table) -> dict[str, Any]:
    """The rows that are printed, with places to break their long words; the note says how many there are."""
    rows = table.rows[: table.print_rows]
    note = table.note
    if len(table.rows) > len(rows):
        total, held = formats.count(table.total or len(table.rows)), formats.count(len(table.rows))
        note = f"{len(rows)} of {total} rows are printed, the HTML report holds {held}. {note}".strip()
    return {
        "caption": printable(table.caption),
        "columns": [_plain(column) for column in table.columns],
        "rows": [
            [_cell(column, cell) for column, cell in zip(table.columns, row, strict=True)] for row in rows
        ],
        "note": soft_breaks(printable(note)),
        "empty": printable(table.empty),
    }


def _cell(column: Column, cell: Cell) -> dict[str, Any]:
    shown = printable(cell.text)
    if column.kind in _BREAKABLE:
        shown = soft_breaks(shown)
    detail = soft_breaks(printable(cell.detail))
    return {"text": shown, "detail": detail, "tone": cell.tone, "picture": _plain(cell.picture)}
