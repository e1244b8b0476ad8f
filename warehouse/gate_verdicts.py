"""The table `gate_verdicts`: what the gates said of a release, written before it is published.

What belongs here: its columns, and writing rows that somebody else judged (the judge of a build).
What does not: rules and judging (pipelines/gates).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import duckdb

from warehouse.comments import create_commented_table
from warehouse.connection import ReleaseConnection

GATE_VERDICTS: Final = "gate_verdicts"

VerdictRow: TypeAlias = dict[str, object]
Judge: TypeAlias = Callable[[ReleaseConnection], Sequence[Mapping[str, object]]]
"""Reads the tables of a draft and says one row per gate; it writes nothing."""

_COLUMNS: Final = {
    "gate_number": ("integer", "Place of the gate among the rules, from 1."),
    "gate_name": ("varchar", "Name of the gate."),
    "title": ("varchar", "What the gate is about, in words."),
    "verdict": ("varchar", "pass, fail, insufficient or waived."),
    "reason": ("varchar", "Why insufficient: no_data, straddles, stale or incomplete; else null."),
    "value": ("double", "What was measured, in the unit; null where nothing was."),
    "low": ("double", "Lower end of what it may be."),
    "high": ("double", "Upper end of what it may be."),
    "numerator": ("bigint", "What was counted."),
    "denominator": ("bigint", "Of how many; null for a plain count."),
    "comparison": ("varchar", "Which side of the limit is good: >= or <=."),
    "limit_value": ("double", "The limit, in the unit."),
    "unit": ("varchar", "rate, hours or count."),
    "severity": ("varchar", "blocking: decides the overall verdict; or warning."),
    "owner": ("varchar", "Whom to ask about the gate."),
    "sentence": ("varchar", "What was compared, in words."),
    "rules_hash": ("varchar", "Names the set of rules it was judged by."),
}


def write_gate_verdicts(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[Mapping[str, object]]
) -> list[VerdictRow]:
    """Create the table with these rows, in their order; KeyError where one lacks a column."""
    create_commented_table(connection, GATE_VERDICTS, "One row per gate: what it said.", _COLUMNS)
    marks = ", ".join("?" for _ in _COLUMNS)
    written: list[VerdictRow] = []
    for number, given in enumerate(rows, start=1):
        row = {name: number if name == "gate_number" else given[name] for name in _COLUMNS}
        connection.execute(f"insert into {GATE_VERDICTS} values ({marks})", list(row.values()))
        written.append(row)
    return written
