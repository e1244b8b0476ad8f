"""How the cells of tables are written: names, numbers, the way to the evidence.

What belongs here: cells that several tables have. What does not: tables (*tables.py).
"""

import re
from typing import Final

from pipelines.reports import formats
from pipelines.reports.text import shorten_middle, visible
from pipelines.reports.views import Cell

NAME_LENGTH: Final = 60
WHOLE_LENGTH: Final = 400
"""Even what is shown on hovering ends somewhere: names of 10,000 characters exist."""

_SHELL_SAFE: Final = re.compile(r"[A-Za-z0-9._:/+=@-]{1,100}")


def evidence_command(execution_key: str) -> str:
    """The command that shows an execution; empty where a shell would act on characters of the key."""
    if not _SHELL_SAFE.fullmatch(execution_key):
        return ""
    return f"exr sql \"from fct_executions where execution_key = '{execution_key}'\""


def evidence(execution_key: str) -> Cell:
    """An execution, with the command that shows it."""
    key = visible(execution_key)
    return Cell(
        shorten_middle(key, 40),
        title=shorten_middle(key, WHOLE_LENGTH),
        command=evidence_command(execution_key),
    )


def name(text: str, length: int = NAME_LENGTH) -> Cell:
    """A name, shortened in the middle; all of it on hovering."""
    whole = visible(text)
    return Cell(shorten_middle(whole, length), title=shorten_middle(whole, WHOLE_LENGTH))


def number(value: int) -> Cell:
    """A count, with thousands."""
    return Cell(formats.count(value), sort=value)


def part(count: int, whole: int, detail: str = "") -> Cell:
    """So many of so many, nothing where there is no whole."""
    text = f"{formats.count(count)} of {formats.count(whole)}" if whole else formats.NOTHING
    return Cell(text, sort=count / whole if whole else None, detail=detail)


def all_rows(query: str) -> str:
    """The note under a table that may not hold all."""
    return f'All of them: exr sql "{query}"'
