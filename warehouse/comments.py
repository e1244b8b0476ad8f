"""Comments in DuckDB's catalog: what a table or view and its columns mean, for whoever looks at them there.

What belongs here: writing them. What does not: the texts (headers of models, tables/, words.py).
"""

from collections.abc import Mapping

import duckdb

from warehouse.duckdb_text import sql_text


def write_comments(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    comment: str,
    columns: Mapping[str, str],
    *,
    kind: str = "table",
) -> None:
    """The comment of a table, or of what `kind` says, and those of its columns."""
    told = [f"comment on {kind} {name} is {sql_text(comment)}"]
    told += [f"comment on column {name}.{column} is {sql_text(text)}" for column, text in columns.items()]
    # Some 900 statements a build. Each by itself waits for the disk; the optimizer takes half of the rest.
    script = ("set enable_optimizer = false", "begin", *told, "commit", "set enable_optimizer = true")
    connection.execute(";\n".join(script))


def create_commented_table(
    connection: duckdb.DuckDBPyConnection, name: str, comment: str, columns: Mapping[str, tuple[str, str]]
) -> None:
    """An empty table from name → (type, meaning), with its comments."""
    declared = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
    connection.execute(f"create or replace table {name} ({declared})")
    write_comments(connection, name, comment, {column: meaning for column, (_, meaning) in columns.items()})
