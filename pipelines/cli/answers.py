"""The rows that a command answers with: as a table for people, as JSON or CSV for programs.

What belongs here: the forms of an answer. What does not: questions (the commands) and widths (session.py).
"""

import csv
import json
import math
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pipelines.cli.session import print_table
from warehouse.connection import QueryResult
from warehouse.errors import UsageError


class Format(StrEnum):
    """Forms of a query's answer."""

    table = "table"
    json = "json"
    csv = "csv"


def print_rows(result: QueryResult, form: Format) -> None:
    """All of them, in the form asked for."""
    if form is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(result.columns)
        writer.writerows(result.rows)
    elif form is Format.json:
        twice = sorted({name for name in result.columns if result.columns.count(name) > 1})
        if twice:
            raise UsageError(
                f"JSON holds one column of each name, and {', '.join(twice)} comes twice; rename one with AS."
            )
        rows = [dict(zip(result.columns, map(_plain, row), strict=True)) for row in result.rows]
        json.dump(rows, sys.stdout, default=str, ensure_ascii=False, allow_nan=False)
        sys.stdout.write("\n")
    else:
        texts = [["" if value is None else str(value) for value in row] for row in result.rows]
        print_table(result.columns, texts)


def _plain(value: Any) -> Any:
    """What JSON can hold: no NaN, no infinity, names that are texts."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    return value
