"""Which statements a reader of a release may run: those that by DuckDB's own parser do nothing but read.

What belongs here: kinds of statements, and what stands inside a query. What does not: which files are in
reach (connection.py, fact_reading.py).

The kind alone does not say it: DuckDB 2.0 takes `with x as (copy …) from x` for a SELECT, and it writes. So
the parsed statement, as DuckDB serialises it, is looked through for every query and function in it.
"""

import re
from typing import Final

import duckdb

from warehouse.duckdb_text import first_line
from warehouse.errors import UsageError

_ALLOWED: Final = "A release passes SELECT, EXPLAIN without options, and SET VARIABLE"
_READING: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
"""The queries that only read; others are COPY, INSERT, UPDATE and DELETE in a WITH, and what may be added."""

_NOT_OFFERED: Final = frozenset({"query", "json_execute_serialized_sql", "duckdb_secrets", "which_secret"})
"""Functions that run a text as SQL, which is then no part of the statement; and those about secrets."""

# `system.main.`: a macro of the same name in somebody's file must not answer instead.
_SERIALISE: Final = "select system.main.json_serialize_sql(?::varchar)"

_NAMES: Final = {"MULTI": "PIVOT without its values, which belong after IN"}
"""Kinds that nobody would know by DuckDB's name."""

# In JSON a quote inside of a text is \", so these match keys alone, never what a query says. The text is not
# decoded: Python's decoder gives up on sums of 500 terms. Every query, of whichever type, has one cte_map.
_PARTS: Final = re.compile(r'"(type|function_name)":"([^"]*)"|"cte_map":')

# A statement's text begins with its first word: DuckDB cuts off comments. None are allowed between the words
# here, where Python would have to know their ends as DuckDB does.
_EXPLAIN: Final = re.compile(r"\s*explain\b(.*)", re.DOTALL | re.IGNORECASE)
_SET_VARIABLE: Final = re.compile(
    r'\s*set\s+variable\s+(?:"(?:[^"]|"")*"|\w+)\s*(?:=|to\b)(.*)', re.DOTALL | re.IGNORECASE
)


def allowed_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The one statement in `sql`; UsageError unless it only reads. Nothing is run."""
    statement = _only_statement(connection, sql)
    kind = _kind(statement)
    if kind == "SELECT":
        _require_reading(connection, sql)
    elif kind == "SET" and (found := _SET_VARIABLE.fullmatch(statement.query)):
        _require_reading(connection, f"select {found[1]}")
    elif kind == "EXPLAIN" and (found := _EXPLAIN.fullmatch(statement.query)):
        # `analyze select …` and `(options) select …` are no SELECT.
        require_select(connection, found[1])
    else:
        raise _refusal(f"this is {kind}")
    return statement


def require_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """UsageError unless `sql` is one SELECT that only reads."""
    kind = _kind(_only_statement(connection, sql))
    if kind != "SELECT":
        raise _refusal(f"this is {kind}")
    _require_reading(connection, sql)


def _require_reading(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """UsageError where a query inside may do more than read, or a function is not offered."""
    parts = _PARTS.findall(_serialised(connection, query))
    queries = [value for key, value in parts if key == "type" and value.endswith("_NODE")]
    for query_type in queries:
        if query_type not in _READING:
            raise _refusal(f"this holds {query_type.split('_')[0]}")
    if len(queries) != sum(not key for key, _ in parts):
        raise _refusal("this holds something that is not known to only read")
    for key, value in parts:
        if key == "function_name" and value.lower() in _NOT_OFFERED:
            raise _refusal(f"this calls {value}, which is not for readers")


def _serialised(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    try:
        rows = connection.execute(_SERIALISE, [query]).fetchall()
    except duckdb.Error as error:
        raise UsageError(f"The query cannot be read: {first_line(error)}.") from error
    text = str(rows[0][0])
    if not text.startswith('{"error":false,'):
        raise UsageError("The query cannot be read: DuckDB does not show what is in it.")
    return text


def _refusal(reason: str) -> UsageError:
    return UsageError(f"{_ALLOWED}; {reason}.")


def _only_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"The query cannot be read: {first_line(error)}.") from error
    if len(statements) != 1:
        raise UsageError(f"{_ALLOWED}, one statement at a time; here are {len(statements)}.")
    return statements[0]


def _kind(statement: duckdb.Statement) -> str:
    try:
        kind = str(statement.type.name)
    except ValueError:  # kinds that the Python client has no name for (UPDATE EXTENSIONS)
        return "a statement of another kind"
    return _NAMES.get(kind, kind.replace("_", " "))
