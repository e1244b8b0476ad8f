"""The colours of reports, once: by name, for light pages and print, and for dark pages.

What belongs here: colours and the rewriting of light colours to CSS variables. report.css declares the same
variables (a test compares the two). What does not: which thing gets which colour.
"""

import re
from typing import Final

LIGHT: Final = {
    "ink": "#1f2933",
    "muted": "#52606d",
    "line": "#dfe4ea",
    "page": "#f6f7f9",
    "card": "#ffffff",
    "pass": "#2b7a78",
    "flaky": "#b07d00",
    "fail": "#c8373a",
    "error": "#7b3fa0",
    "skip": "#9aa3ad",
    "none": "#eef1f4",
    "cell-pass": "#cfe8e4",
    "cell-flaky": "#e69f00",
    "cell-fail": "#c8373b",
    "cell-error": "#5b2a86",
    "cell-skip": "#9aa3ae",
    "cell-glyph": "#fffffe",
    "cell-glyph-dark": "#1f2934",
}
"""Each value stands once, so that a colour in an SVG says which name it means: a cell's red is one step
beside the text's red, which nobody sees."""

DARK: Final = {
    "ink": "#e6e9ed",
    "muted": "#9fb0c0",
    "line": "#2d3945",
    "page": "#12181f",
    "card": "#1b232c",
    "pass": "#4fb3ad",
    "flaky": "#f2c14e",
    "fail": "#ef6b6b",
    "error": "#b98ad6",
    "skip": "#6b7783",
    "none": "#232c36",
    "cell-pass": "#234a4c",
    "cell-flaky": "#f2c14e",
    "cell-fail": "#ef6b6b",
    "cell-error": "#b98ad6",
    "cell-skip": "#6b7783",
    "cell-glyph": "#12181f",
    "cell-glyph-dark": "#12181f",
}

_NAME_BY_COLOUR: Final = {colour: name for name, colour in LIGHT.items()}
_ATTRIBUTE: Final = re.compile(r'\b(fill|stroke|stop-color)="(#[0-9a-f]{6})"')


def themed(svg: str) -> str:
    """The SVG with the palette's colours as CSS variables, so that a page can be dark."""

    def variable(found: re.Match[str]) -> str:
        name = _NAME_BY_COLOUR.get(found[2])
        return f'{found[1]}="var(--{name})"' if name else found[0]

    return _ATTRIBUTE.sub(variable, svg)
