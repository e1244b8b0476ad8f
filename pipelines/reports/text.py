"""Text of unknown origin made fit to be shown: visible, breakable, short.

What belongs here: characters. What does not: escaping for HTML (Jinja does it) and for Typst (texts travel as
JSON and are never part of a document's source).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

TEMPLATES: Final = Path(__file__).parents[2] / "reports_templates"
FONTS: Final = TEMPLATES / "fonts"

SOFT_BREAK: Final = "\u200b"
MARK_OPEN, MARK_CLOSE = "⟨", "⟩"

_DIGITS: Final = frozenset("0123456789")
_BREAK_AFTER: Final = frozenset("/:_.[-")
_LONGEST_UNBROKEN: Final = 18  # what the narrowest column of names holds
_ASCII_BREAKS: Final = re.compile(
    rf"[/:_\[-]|\.(?![0-9])|(?<![0-9])\.|(?:[^\s/:_.\[-]|(?<=[0-9])\.(?=[0-9])){{{_LONGEST_UNBROKEN}}}"
)
"""A number such as 60.6% stays whole."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINED: Final = frozenset({"Mn", "Me", "Mc"})
_ELLIPSIS: Final = "…"
_MARK_GLYPHS: Final = frozenset(map(ord, MARK_OPEN + MARK_CLOSE))
_STACKED_MARKS: Final = 2


def visible(text: str) -> str:
    """The text on one line, with control, bidi and other invisible characters spelled out as ⟨U+202E⟩.

    Of combining marks on one letter the first two stay: more of them paint over the lines above.
    """
    if _is_plain(text):
        return text
    parts: list[str] = []
    marks = 0
    for character in _one_line(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        parts.append(_spelled(character) if category in _INVISIBLE or marks > _STACKED_MARKS else character)
    return "".join(parts)


def printable(text: str) -> str:
    """`visible`, and what the shipped fonts have no glyph for is spelled out too: one missing ends a PDF."""
    if _is_plain(text):
        return text
    covered = font_coverage()
    return "".join(
        character if ord(character) in covered else _spelled(character) for character in visible(text)
    )


def drawable(text: str) -> str:
    """`printable` for texts in an SVG: marks that no letter is composed with are spelled out.

    Typst's SVG reader gives them glyphs without a code point, which ends a PDF/UA document.
    """
    composed = unicodedata.normalize("NFC", printable(text))
    return "".join(
        _spelled(character) if unicodedata.category(character) in _JOINED else character
        for character in composed
    )


@lru_cache(maxsize=4096)  # messages and variants stand in many rows, and in both layouts
def soft_breaks(text: str) -> str:
    """The text with invisible places to break a line: after / : _ . [ - or 18 clusters; not in 60.6."""
    if text.isascii():
        return _ASCII_BREAKS.sub(rf"\g<0>{SOFT_BREAK}", text).removesuffix(SOFT_BREAK)
    parts: list[str] = []
    unbroken = 0
    found = list(clusters(text))
    for place, cluster in enumerate(found):
        parts.append(cluster)
        unbroken = 0 if cluster.isspace() else unbroken + 1
        is_place = cluster[-1] in _BREAK_AFTER and not (cluster == "." and _is_decimal(found, place))
        if is_place or unbroken >= _LONGEST_UNBROKEN:
            parts.append(SOFT_BREAK)
            unbroken = 0
    return "".join(parts).removesuffix(SOFT_BREAK)


def shorten_middle(text: str, length: int) -> str:
    """At most `length` clusters: two fifths of them from the beginning, the rest from the end."""
    if len(text) <= length:
        return text
    parts = list(clusters(text))
    if len(parts) <= length:
        return text
    head = (length - 1) * 2 // 5
    return "".join([*parts[:head], _ELLIPSIS, *parts[len(parts) - (length - 1 - head) :]])


def shorten_end(text: str, length: int) -> str:
    """At most `length` characters, the beginning of them; for messages, which say the cause first."""
    return text if len(text) <= length else text[: length - 1].rstrip() + _ELLIPSIS


def clusters(text: str) -> Iterator[str]:
    """Letters with the combining marks that belong to them."""
    cluster = ""
    for character in text:
        if cluster and unicodedata.category(character) not in _JOINED:
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


@cache
def font_coverage() -> frozenset[int]:
    """Code points that every shipped face has; the two marks come from Typst's own mono face."""
    faces = sorted(FONTS.glob("*.ttf"))
    covered = [frozenset(TTFont(face).getBestCmap()) for face in faces]
    return frozenset.intersection(*covered) | _MARK_GLYPHS


def _is_decimal(found: Sequence[str], place: int) -> bool:
    """Whether the point there stands between two digits."""
    around = (*found[place - 1 : place], *found[place + 1 : place + 2])
    return len(around) == 2 and all(cluster in _DIGITS for cluster in around)


def _is_plain(text: str) -> bool:
    """Whether it is made of the 95 characters that every face has."""
    return text.isascii() and text.isprintable()


def _one_line(text: str) -> str:
    return "".join(" " if character in "\t\n\r\v\f\x85\u2028\u2029" else character for character in text)


def _spelled(character: str) -> str:
    return f"{MARK_OPEN}U+{ord(character):04X}{MARK_CLOSE}"
