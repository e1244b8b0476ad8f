"""How DuckDB reads tables of the lake: by their files, in the declared columns and types.

What belongs here: the SQL of such a scan, and the view of a build over it. What does not: which files a
generation lists (lake.py), and what is made of the rows (build.py, fact_views.py).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from warehouse.duckdb_text import FILES, file_list, first_line
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


def scan(table: Table) -> str:
    """A query for the rows of a table, with FILES where the list of its files belongs.

    The first file says what columns there are: with `union_by_name` DuckDB opens every file each time
    (2,000 files: 1 s, otherwise 0.3 s). A build proves with `union_by_name` that all hold what is declared.
    """
    return f"select {', '.join(table.names)} from {_reading(table)}"


def empty_scan(table: Table) -> str:
    """A query for no rows of a table, where it has no files."""
    nulls = ", ".join(f"null::{duckdb_type(column)} as {column.name}" for column in table.columns)
    return f"select {nulls} where false"


def attach_lake_table(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> None:
    """The view `lake_<table>` over these files, when their columns are the declared ones."""
    name = LAKE_PREFIX + table.name
    if not files:
        connection.execute(f"create temp view {name} as {empty_scan(table)}")
        return
    reading = _reading(table, ", union_by_name = true").replace(FILES, file_list(files))
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


def _reading(table: Table, more: str = "") -> str:
    partition = (
        f"hive_partitioning = true, hive_types = {{{table.partition}: DATE}}"
        if table.partition
        else "hive_partitioning = false"
    )
    return f"read_parquet({FILES}, {partition}{more})"


def _require_declared(table: Table, found: Mapping[str, str]) -> None:
    declared = {column.name: duckdb_type(column) for column in table.columns}
    wrong = sorted(name for name in declared.keys() | found.keys() if declared.get(name) != found.get(name))
    if wrong:
        said, held = declared.get(wrong[0], "no such column"), found.get(wrong[0], "no such column")
        raise DataError(
            f"The lake table {table.name} is not as declared: {wrong[0]} is declared {said}, the files hold "
            f"{held}; write the table anew or mend warehouse/tables/."
        )
