"""One short text per table that says whether two builds hold the same rows, whatever order they lie in.

What belongs here: the checksum, and the count of rows that it gives as well. What does not: where they are
kept (manifest.py) and what is done with them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from warehouse.duckdb_text import sql_text


@dataclass(frozen=True, slots=True)
class RowSum:
    """What a table holds, in short."""

    row_count: int
    checksum: str


def row_sums(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> dict[str, RowSum]:
    """Count and MD5 per table: over the columns and over count, sum and exclusive or of the rows' hashes.

    Sum and xor have no order, so nothing is sorted. Measured on 500,000 rows of 50 columns: 0.15 s, where
    MD5 over the sorted text of the rows took 9 s. DuckDB may change hash() between versions, so its version
    is part of the text: checksums of two versions differ rather than mislead. One statement sums up all
    tables: one for each takes two thirds longer where they are small.
    """
    columns: dict[str, list[tuple[object, ...]]] = {}
    for table, *column in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where list_contains(?, table_name) order by column_index",
        [list(tables)],
    ).fetchall():
        columns.setdefault(table, []).append(tuple(column))
    sums = " union all ".join(
        f"select {sql_text(table)}, count(*), sum(hash(each)::hugeint), bit_xor(hash(each)), version() "
        f"from {table} as each"
        for table in tables
    )
    return {
        table: RowSum(facts[0], _md5(columns[table], tuple(facts)))
        for table, *facts in connection.execute(sums).fetchall()
    }


def _md5(columns: list[tuple[object, ...]], facts: tuple[object, ...]) -> str:
    return hashlib.md5(repr((columns, facts)).encode(), usedforsecurity=False).hexdigest()
