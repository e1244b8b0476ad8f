"""What a page is made of: cards, tables, figures, sections. HTML and PDF lay out the same values.

What belongs here: shapes without behaviour, all of text and numbers. What does not: HTML, Typst, facts.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["", "good", "bad", "warn", "muted", "error", "strong"]
Kind: TypeAlias = Literal["text", "number", "date", "name", "message", "verdict", "evidence", "picture"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG and what it shows in words."""

    svg: str
    alternative: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` as shown; `sort` where the order is not the text's; `title` is the whole of what is cut."""

    text: str
    sort: float | None = None
    detail: str = ""
    title: str = ""
    tone: Tone = ""
    command: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Heading and kind of the cells below it; `width` is its share of a printed table."""

    title: str
    kind: Kind = "text"
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """`first_rows` are seen before "show all"; the PDF holds `print_rows`."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    first_rows: int = 20
    print_rows: int = 40
    note: str = ""
    total: int | None = None
    """Rows that there are, where the table does not hold them all."""
    is_folded: bool = False
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart for wide and for narrow screens, and for print."""

    caption: str
    wide: Picture
    narrow: Picture
    printed: Picture


@dataclass(frozen=True, slots=True)
class GridLine:
    """One row of the status grid: its name for screens (`detail`: narrow ones) and for print, its nights."""

    screen_label: Cell
    printed_label: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Grid:
    """The status grid: the head stands above the rows, and anew on each page of print."""

    caption: str
    head: Picture
    printed_head: Picture
    printed_width: float
    """Of the cells on paper, in CSS pixels."""
    lines: tuple[GridLine, ...]
    legend: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One figure that leads to its section."""

    label: str
    value: str
    change: str
    tone: Tone
    note: str
    target: str
    sparkline: Picture | None
    anchor: str = "method"


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page; `empty` says why there is nothing to show."""

    key: str
    title: str
    lead: str = ""
    empty: str = ""
    figures: tuple[Figure, ...] = ()
    panels: tuple[Picture, ...] = ()
    panels_caption: str = ""
    print_panels: int = 9
    grid: Grid | None = None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """How a section's numbers are made."""

    title: str
    definition: str
    tables: str
    method: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a report shows, in its order."""

    title: str
    subtitle: str
    word: str
    tone: Tone
    sentence: str
    freshness: str
    freshness_tone: Tone
    cards: tuple[Card, ...]
    cards_empty: str
    parts: tuple[Part, ...]
    methods: tuple[Method, ...]
    footer: tuple[tuple[str, str], ...] = field(default=())
