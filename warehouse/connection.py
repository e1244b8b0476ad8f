"""DuckDB connections of two kinds: one that builds a release, and one that only reads a published one.

What belongs here: limits, time zone, and the lock that keeps a reader from writing and from other files.
What does not: which statements a reader may run (statements.py), what is built (build.py), which release is
current (releases.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

import duckdb
import polars as pl
import pyarrow as pa

from warehouse.duckdb_text import first_line, sql_text
from warehouse.errors import ExrError, StorageError, UsageError
from warehouse.fact_reading import OfferedFacts
from warehouse.statements import allowed_statement

DATABASE_NAME: Final = "warehouse.duckdb"
"""The file of a release that holds its tables."""

MOST_THREADS: Final = 1_024
"""DuckDB starts every thread it is given, and a process that cannot start one more dies."""

Parameters: TypeAlias = Sequence[object] | Mapping[str, object] | None
Result = TypeVar("Result")
_Settings: TypeAlias = dict[str, str | bool | int | float | list[str]]

_LOCKED_SETTINGS: Final = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
}


def open_build(
    path: Path | None, *, threads: int, memory_limit_mb: int, temp_directory: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A writing connection to a new file (or memory) in UTC, within the given limits.

    UsageError where DuckDB cannot work within them, StorageError where the file cannot be written.
    Rows of a table have no kept order (less memory): whoever shows rows sorts them by a total order.
    """
    settings: _Settings = {"preserve_insertion_order": "false"}
    if temp_directory is not None:
        settings["temp_directory"] = str(temp_directory)
    try:
        connection = _connect(str(path) if path else ":memory:", settings, threads, memory_limit_mb)
    except duckdb.Error as error:
        raise StorageError(
            f"The warehouse file {path} cannot be written ({first_line(error)}); check its folder."
        ) from error
    connection.execute("set TimeZone = 'UTC'")
    return connection


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of one query, all fetched, with the names of their columns."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


class ReleaseConnection:
    """A locked, read-only view of one release; use it in a `with` block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, facts: OfferedFacts | None = None) -> None:
        """`facts`: those that are views over the lake; none where they are tables."""
        self._connection, self._facts = connection, facts

    def query(self, sql: str, parameters: Parameters = None) -> QueryResult:
        """Run one allowed statement and fetch everything; UsageError where it is refused or wrong."""
        return self._run(sql, lambda statement: _all_rows(self._connection.execute(statement, parameters)))

    def arrow(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """The same as an Arrow table."""
        return self._run(
            sql, lambda statement: self._connection.sql(statement, params=parameters).to_arrow_table()
        )

    def polars(self, sql: str, parameters: Parameters = None) -> pl.DataFrame:
        """The same as a Polars frame."""
        return pl.DataFrame(self.arrow(sql, parameters))

    def require_facts(self) -> None:
        """DataError where facts that the release does not hold cannot be read; see open_release."""
        if self._facts:
            self._facts.require_offered()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, sql: str, run: Callable[[duckdb.Statement], Result]) -> Result:
        statement = allowed_statement(self._connection, sql)
        try:
            return run(statement)
        except duckdb.Error as error:
            damage = self._facts.error(sql, error) if self._facts else None
            raise damage or UsageError(f"The query failed: {first_line(error)}.") from error


def open_release(path: Path, *, threads: int = 2, memory_limit_mb: int = 1_024) -> ReleaseConnection:
    """Open a release (its folder or its database file) for reading, so locked that nothing else is in reach.

    The file is attached to a private instance in memory: two readers of one process then share no settings,
    and the time zone can be set before the configuration is locked. Facts that the release does not hold are
    views over the files of its manifest; a query for them raises DataError where one is missing or altered.
    """
    database = path / DATABASE_NAME if path.is_dir() else path
    if not database.is_file():
        raise UsageError(f"There is no release at {path}; `exr releases list` names the ones there are.")
    connection = _connect(":memory:", {**_LOCKED_SETTINGS}, threads, memory_limit_mb)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {sql_text(str(database))} as release (read_only)")
        connection.execute("use release")
        facts = OfferedFacts.of(connection, database.parent)
        if facts:
            connection.execute(f"set allowed_paths = {facts.allowed_paths()}")
        connection.execute("set enable_external_access = false")
        if facts:
            facts.create(connection)
        else:  # the file is open; no other is needed, and DuckDB itself would let COPY write over this one
            connection.execute("set disabled_filesystems = 'LocalFileSystem'")
        connection.execute("set lock_configuration = true")
    except duckdb.OutOfMemoryException as error:
        connection.close()
        raise _memory_error(memory_limit_mb, first_line(error)) from error
    except duckdb.Error as error:
        connection.close()
        raise UsageError(
            f"The release {database} cannot be read ({first_line(error)}); choose another one."
        ) from error
    except ExrError:
        connection.close()
        raise
    return ReleaseConnection(connection, facts)


def _connect(
    database: str, settings: _Settings, threads: int, memory_limit_mb: int
) -> duckdb.DuckDBPyConnection:
    """A connection within these limits; UsageError names the one that DuckDB cannot work within."""
    if not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"DuckDB cannot run {threads} threads; set `threads` between 1 and {MOST_THREADS}.")
    if memory_limit_mb < 1:  # DuckDB takes less than nothing as no limit
        raise _memory_error(memory_limit_mb, "no memory at all")
    limits: _Settings = {"threads": threads, "memory_limit": f"{memory_limit_mb}MiB"}
    try:
        connection = duckdb.connect(database, config=settings | limits)
    except (duckdb.ProgrammingError, duckdb.OutOfMemoryException) as error:
        raise _memory_error(memory_limit_mb, first_line(error)) from error
    connection.execute("set enable_progress_bar = false")  # in `python -c` it would precede the answer
    return connection


def _memory_error(memory_limit_mb: int, reason: str) -> UsageError:
    return UsageError(
        f"DuckDB cannot work within {memory_limit_mb} MiB ({reason}); "
        "set `memory_limit_mb` to what it needs and this machine can give."
    )


def _all_rows(ran: duckdb.DuckDBPyConnection) -> QueryResult:
    columns = tuple(str(column[0]) for column in ran.description or ())
    return QueryResult(columns, ran.fetchall())
