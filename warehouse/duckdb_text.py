"""Text that goes into DuckDB's SQL, and text that comes out of its errors.

What belongs here: quoting, and what of a message people are shown. What does not: connections and queries.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_IDENTIFIER: Final = re.compile(r"[a-z_][a-z0-9_]*")


def sql_text(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(value: object) -> str:
    """The value, when it can stand in SQL as a name and as nothing else; ValueError otherwise."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise ValueError("not a name")
    return value


def without_wildcards(path: str) -> str:
    """The path so that DuckDB takes it literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def file_list(files: Sequence[Path]) -> str:
    """The files as an SQL list, each taken literally."""
    return f"[{', '.join(sql_text(without_wildcards(str(file))) for file in files)}]"


def first_line(error: Exception) -> str:
    """The first line of DuckDB's message: what it says without the picture of the query."""
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
