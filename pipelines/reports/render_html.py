"""Lays a page out as one self-contained HTML file: no request leaves it, only our own script acts in it.

What belongs here: Jinja and what a browser needs (policy, fonts, dark colours). What does not: the facts.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.reports import formats
from pipelines.reports.palette import themed
from pipelines.reports.text import FONTS, SOFT_BREAK, TEMPLATES, soft_breaks
from pipelines.reports.views import Column, Page

_WEIGHTS: Final = {"Regular": 400, "SemiBold": 600, "Bold": 700}


def render_html(page: Page, template: str) -> bytes:
    """The page by the template of that name."""
    style, script = _style(), _script()
    text = (
        _environment()
        .get_template(template)
        .render(
            page=page,
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )
    return (_tidy(text) + "\n").encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawing"] = _drawing
    environment.filters["breakable"] = _breakable
    environment.filters["share"] = _share
    environment.filters["count"] = formats.count
    return environment


def _drawing(svg: str) -> Markup:
    """Our own drawing, whose texts were escaped when it was drawn, in the page's colours."""
    return Markup(themed(svg))


def _breakable(text: str) -> Markup:
    """The text with places to break its long words, which are no part of it when it is copied."""
    return Markup(str(escape(soft_breaks(text))).replace(SOFT_BREAK, "<wbr>"))


def _share(column: Column, columns: Sequence[Column]) -> str:
    return f"{100 * column.width / sum(other.width for other in columns):.2f}"


@cache
def _style() -> str:
    faces = (
        f"@font-face{{font-family:Inter;font-weight:{weight};font-display:swap;"
        f"src:url(data:font/woff2;base64,{_base64((FONTS / f'Inter-{face}.woff2').read_bytes())})}}"
        for face, weight in _WEIGHTS.items()
    )
    return _tidy("\n".join([*faces, (TEMPLATES / "report.css").read_text(encoding="utf-8")]))


@cache
def _script() -> str:
    return _tidy((TEMPLATES / "report.js").read_text(encoding="utf-8"))


def _tidy(text: str) -> str:
    """No empty lines and no blanks at their ends; style and script are tidied before they are hashed."""
    lines = (line.rstrip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _hash(text: str) -> str:
    return _base64(hashlib.sha256(text.encode()).digest())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
