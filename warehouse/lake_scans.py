"""How DuckDB reads tables of the lake: by their files, in the declared columns and types.

What belongs here: such a scan as data and as SQL, and the view of a build over it. What does not: which files
a generation lists (lake.py), and what is made of the rows (build.py, fact_views.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import polars as pl

from warehouse.duckdb_text import file_list, first_line, identifier
from warehouse.errors import DataError, StorageError
from warehouse.models import LAKE_PREFIX
from warehouse.schema import Column, Table

_DUCKDB_TYPES: Final[dict[object, str]] = {
    pl.String: "VARCHAR",
    pl.Boolean: "BOOLEAN",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.UInt64: "UBIGINT",
    pl.Float64: "DOUBLE",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP WITH TIME ZONE",
}


_KNOWN_TYPES: Final = frozenset(name + end for name in _DUCKDB_TYPES.values() for end in ("", "[]"))


@dataclass(frozen=True, slots=True)
class LakeScan:
    """How a table of the lake is read: columns with their DuckDB types, and the bytes of each file, in order.

    It holds no SQL: a manifest that somebody altered cannot make a scan into another statement.
    """

    columns: dict[str, str]
    partition: str | None
    file_sizes: list[int]

    @classmethod
    def of(cls, table: Table, file_sizes: list[int]) -> Self:
        return cls(
            {column.name: duckdb_type(column) for column in table.columns}, table.partition, file_sizes
        )

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """KeyError, TypeError, AttributeError or ValueError where the content says no scan."""
        columns, partition, sizes = content["columns"], content["partition"], content["file_sizes"]
        if not columns or not all(kind in _KNOWN_TYPES for kind in columns.values()):
            raise ValueError("a column of another type than the lake has")
        if partition is not None and columns[partition] != "DATE":
            raise ValueError("a table is parted by days")
        if not isinstance(sizes, list) or not all(type(size) is int for size in sizes):
            raise TypeError("sizes are whole numbers")
        return cls({identifier(name): kind for name, kind in columns.items()}, partition, sizes)

    def over(self, files: Sequence[Path]) -> str:
        """A query for the rows in these files; for no rows where there are none.

        The first file says what columns there are: with `union_by_name` DuckDB opens every file each time
        (2,000 files: 1 s, otherwise 0.3 s). A build proves with it that all hold what is declared.
        """
        if not files:
            nulls = ", ".join(f"null::{kind} as {name}" for name, kind in self.columns.items())
            return f"select {nulls} where false"
        return f"select {', '.join(self.columns)} from {_reading(files, self.partition)}"


def attach_lake_table(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> None:
    """The view `lake_<table>` over these files, when their columns are the declared ones."""
    name = LAKE_PREFIX + table.name
    if not files:
        connection.execute(f"create temp view {name} as {LakeScan.of(table, []).over(files)}")
        return
    reading = _reading(files, table.partition, ", union_by_name = true")
    try:
        found = {
            str(row[0]): str(row[1]) for row in connection.execute(f"describe from {reading}").fetchall()
        }
    except duckdb.Error as error:
        raise StorageError(
            f"The lake table {table.name} cannot be read ({first_line(error)}); check the lake's files."
        ) from error
    _require_declared(table, found)
    connection.execute(f"create temp view {name} as select {', '.join(table.names)} from {reading}")


def duckdb_type(column: Column) -> str:
    """The DuckDB type of a declared column."""
    if isinstance(column.dtype, pl.List):
        return f"{_DUCKDB_TYPES[column.dtype.inner.base_type()]}[]"
    return _DUCKDB_TYPES[column.dtype if isinstance(column.dtype, type) else type(column.dtype)]


def _reading(files: Sequence[Path], partition: str | None, more: str = "") -> str:
    parted = (
        f"hive_partitioning = true, hive_types = {{{partition}: DATE}}"
        if partition
        else "hive_partitioning = false"
    )
    return f"read_parquet({file_list(files)}, {parted}{more})"


def _require_declared(table: Table, found: Mapping[str, str]) -> None:
    declared = {column.name: duckdb_type(column) for column in table.columns}
    wrong = sorted(name for name in declared.keys() | found.keys() if declared.get(name) != found.get(name))
    if wrong:
        said, held = declared.get(wrong[0], "no such column"), found.get(wrong[0], "no such column")
        raise DataError(
            f"The lake table {table.name} is not as declared: {wrong[0]} is declared {said}, the files hold "
            f"{held}; write the table anew or mend warehouse/tables/."
        )
