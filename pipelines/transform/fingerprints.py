"""Fingerprints of error messages (fp-v1, statistics.md 5.1) and stack traces: what makes failures alike.

What belongs here: the masks as data, and their use on one text or on the unique texts of a frame.
What does not: which rows get a fingerprint (executions.py, steps.py) and near-duplicates (analysis/clusters).
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

VERSION: Final = "fp-v1"
"""Changing a mask makes a new version; both are kept."""

MASKS: Final[tuple[tuple[str, str, str], ...]] = (
    ("ansi", r"\x1b\[[0-9;]*[A-Za-z]", ""),
    (
        "timestamp",
        r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?",
        "<TS>",
    ),
    ("uuid", r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "<UUID>"),
    ("url", r"(?i)\bhttps?://[^\s'\"<>)]+", "<URL>"),
    ("ip", r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b", "<IP>"),
    ("path", r"(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]+){2,}", "<PATH>"),
    ("base64", r"[/+0-9a-zA-Z]{10,}=+", "<BASE>"),
    ("hex", r"\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b", "<HEX>"),
    ("number", r"\d+(?:\.\d+)?", "<N>"),
    ("whitespace", r"[\t\n\x0b\f\r ]+", " "),
)
"""Name, pattern, placeholder, in the order of use; the same patterns run in SQL (RE2)."""

TEXT_LIMIT: Final = 500
KEY_LENGTH: Final = 32
TRACE_FRAMES: Final = 5

# re.ASCII: in RE2 (DuckDB) \d, \s, \w and \b know ASCII only; without it Python and SQL differ on "ü".
_COMPILED: Final = tuple((re.compile(pattern, re.ASCII), placeholder) for _, pattern, placeholder in MASKS)

# What `trim` of DuckDB takes off (Unicode spaces); str.strip() would take control characters too.
_SPACES: Final = (
    " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)

_PYTHON_FRAME: Final = re.compile(r'^[\s|]*File "(?P<place>[^"]*)", line \d+, in (?P<name>\S+)', re.MULTILINE)
_CALL_FRAME: Final = re.compile(
    r"^\s*at (?:async |new )*"
    r"(?:(?P<name>[^\s(]+)[^(\n]*\((?P<place>[^)\n]*)\)|(?P<bare>\S+:\d+(?::\d+)?)\s*$)",
    re.MULTILINE,
)
_OUTSIDE_PLACE: Final = re.compile(
    r"(?:^|[\\/])(?:site-packages|dist-packages|node_modules)[\\/]"
    r"|[\\/](?:lib|lib64|Lib)[\\/]python\d[\d.]*[\\/]|[\\/]Python\d+[\\/]Lib[\\/]"
    r"|^<frozen |^node:|^(?:node:)?internal[\\/]|^(?:native|<anonymous>|index \d+)$"
)
_OUTSIDE_NAME: Final = re.compile(r"^(?:[\w.@]+/)?(?:java|javax|jdk|sun|com\.sun|kotlin|scala)\.")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The masked text, and the key that equal texts share."""

    text: str
    key: str


def fingerprint(message: str, error_type: str | None = None) -> Fingerprint:
    """The fp-v1 fingerprint of one primary error message."""
    text = message
    if error_type and not message.startswith(error_type):
        text = f"{error_type}: {message}"
    for pattern, placeholder in _COMPILED:
        text = pattern.sub(placeholder, text)
    text = text.strip(_SPACES)[:TEXT_LIMIT]
    return Fingerprint(text, _key(text))


def trace_fingerprint(stack_trace: str | None) -> str | None:
    """Key of the five frames nearest to the failure, the project's own if any; null without frames."""
    frames = list(_frames(stack_trace or ""))
    inside = [name for name, is_inside in frames if is_inside] or [name for name, _ in frames]
    return _key("\n".join(inside[:TRACE_FRAMES])) if inside else None


def with_fingerprints(
    frame: pl.DataFrame, message: str = "error_message", error_type: str = "error_type"
) -> pl.DataFrame:
    """The frame with `fingerprint`, null where the message is null or blank."""
    return _with_keys(
        frame, [message, error_type], "fingerprint", lambda text, kind: fingerprint(text, kind).key
    )


def with_trace_fingerprints(frame: pl.DataFrame, stack_trace: str = "stack_trace") -> pl.DataFrame:
    """The frame with `trace_fingerprint`, null where there is no trace or no frame is found in it."""
    return _with_keys(frame, [stack_trace], "trace_fingerprint", trace_fingerprint)


def _with_keys(
    frame: pl.DataFrame, columns: list[str], name: str, key_of: Callable[..., str | None]
) -> pl.DataFrame:
    texts = frame.lazy().filter(pl.col(columns[0]).str.strip_chars() != "").select(columns).unique().collect()
    keys = pl.Series(name, [key_of(*row) for row in texts.iter_rows()], dtype=pl.String)
    if texts.is_empty():
        return frame.with_columns(pl.lit(None, pl.String).alias(name))
    return frame.join(
        texts.with_columns(keys), on=columns, how="left", nulls_equal=True, maintain_order="left"
    )


def _frames(stack_trace: str) -> Iterable[tuple[str, bool]]:
    """Function name and whether it is the project's own, nearest to the failure first."""
    python = list(_PYTHON_FRAME.finditer(stack_trace))
    for match in reversed(python):  # Python writes the most recent call last
        yield match["name"], not _OUTSIDE_PLACE.search(match["place"])
    if python:
        return
    for match in _CALL_FRAME.finditer(stack_trace):
        name, place = match["name"] or "<anonymous>", match["place"] or match["bare"] or ""
        yield name, not (_OUTSIDE_PLACE.search(place) or _OUTSIDE_NAME.search(name))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:KEY_LENGTH]
