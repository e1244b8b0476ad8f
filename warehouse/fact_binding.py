"""Makes views over the lake of the fact models, so that they mean the same in another session for ever.

What belongs here: what a model reads, bound: staging models into the text, small intermediate tables kept in
the release, variables as values, macros noted. What does not: what a view is (fact_views.py) and who decides
that there are too many facts for tables (drafts.py).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb

from warehouse.duckdb_text import sql_text
from warehouse.errors import DataError
from warehouse.fact_views import FACTS, SUPPORT, FactView, FactViews, Macro, with_relations
from warehouse.lake_scans import LakeScan
from warehouse.model_headers import Model
from warehouse.models import LAKE_PREFIX
from warehouse.storage import storage_errors

_VARIABLE: Final = re.compile(r"\bgetvariable\(\s*'(\w+)'\s*\)", re.IGNORECASE)
_LAKE_TABLES: Final = {table.name: table for table in FACTS.values()}


def fact_row_count(connection: duckdb.DuckDBPyConnection) -> int:
    """Rows of the facts together as the lake has them; from the files' footers, no row is read."""
    counts = ", ".join(f"(select count(*) from {LAKE_PREFIX}{table.name})" for table in FACTS.values())
    row = connection.execute(f"select list_sum([{counts}])::bigint").fetchone()
    return int(row[0]) if row else 0


class FactBinder:
    """The fact views of one build; `create` each, then `collected` says what the manifest keeps."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        models: Iterable[Model],
        files: Mapping[str, Sequence[Path]],
    ) -> None:
        """`files` of the lake's tables as in the manifest, absolute."""
        self._connection = connection
        self._models = {model.name: model for model in models}
        self._files = files
        self._created: dict[str, tuple[str, dict[str, str]]] = {}
        self._scans: dict[str, LakeScan] = {}
        connection.execute(f"create schema if not exists {SUPPORT}")

    def create(self, model: Model) -> int:
        """The model as a temporary view, by the very statement that readers will use; its rows."""
        relations: dict[str, str] = {}
        lake_tables: dict[str, str] = {}
        for name in model.inputs:
            self._relate(name, relations, lake_tables)
        for table in lake_tables.values():
            if table not in _LAKE_TABLES:  # a reader is let to the files of the facts and no others
                raise DataError(
                    f"{model.place}: a view of facts cannot read the lake table {table}; put `materialized: "
                    "table` into the staging model of it."
                )
        query = with_relations(relations, self._bound(model))
        view = FactView(model.name, query, lake_tables, "", {})
        self._connection.execute(f"drop view if exists {model.name}")
        self._connection.execute(view.statement(self._scan_queries(lake_tables.values())))
        self._created[model.name] = (query, lake_tables)
        row = self._connection.execute(f"select count(*) from {model.name}").fetchone()
        return int(row[0]) if row else 0

    def collected(self) -> FactViews:
        """Every view that was created, with the comments that the catalog has by now."""
        views = [self._described(name, *made) for name, made in self._created.items()]
        return FactViews(self._macros([view.query for view in views]), self._scans, views)

    def _relate(self, name: str, relations: dict[str, str], lake_tables: dict[str, str]) -> None:
        """Add what stands behind a name, after what that reads; a table of the release needs nothing."""
        if name in relations:
            return
        if name.startswith(LAKE_PREFIX):
            lake_tables[name] = name.removeprefix(LAKE_PREFIX)
        elif self._is_temporary("views", name):
            for read in self._models[name].inputs:
                self._relate(read, relations, lake_tables)
            relations[name] = self._bound(self._models[name])
        elif self._is_temporary("tables", name):
            self._connection.execute(f"create or replace table {SUPPORT}.{name} as from {name}")
            relations[name] = f"from {SUPPORT}.{name}"

    def _is_temporary(self, kind: str, name: str) -> bool:
        column = kind.removesuffix("s") + "_name"
        found = f"select 1 from duckdb_{kind}() where temporary and {column} = ?"
        return self._connection.execute(found, [name]).fetchone() is not None

    def _scan_queries(self, tables: Iterable[str]) -> dict[str, str]:
        return {table: self._scan(table).over(self._files.get(table, ())) for table in tables}

    def _scan(self, name: str) -> LakeScan:
        if name not in self._scans:
            files, table = self._files.get(name, ()), _LAKE_TABLES[name]
            with storage_errors("read", files[0].parent if files else Path(name)):
                sizes = [file.stat().st_size for file in files]
            self._scans[name] = LakeScan.of(table, sizes)
        return self._scans[name]

    def _bound(self, model: Model) -> str:
        """The model's query with values for variables: a reader's session has none, or others."""
        return _VARIABLE.sub(lambda found: self._literal(found[1], model.place), model.query)

    def _literal(self, variable: str, place: str) -> str:
        value = f"getvariable('{variable}')"
        row = self._connection.execute(f"select typeof({value}), {value}::varchar").fetchone()
        kind, text = row or ("", None)
        literal = "null" if text is None else f"({sql_text(str(text))}::{kind})"
        if not self._is_same(value, literal):
            raise DataError(
                f"{place}: the value of {variable} cannot be written into a view; use text, numbers or times."
            )
        return literal

    def _is_same(self, value: str, literal: str) -> bool:
        try:
            same = f"select {value} is not distinct from {literal} and typeof({value}) = typeof({literal})"
            return self._connection.execute(same).fetchone() == (True,)
        except duckdb.ConversionException:
            return False

    def _described(self, name: str, query: str, lake_tables: dict[str, str]) -> FactView:
        comment = self._connection.execute(
            "select comment from duckdb_views() where temporary and view_name = ?", [name]
        ).fetchone()
        columns = self._connection.execute(
            "select column_name, comment from duckdb_columns() "
            "where database_name = 'temp' and table_name = ?",
            [name],
        ).fetchall()
        said = {str(column): str(text) for column, text in columns if text is not None}
        return FactView(name, query, lake_tables, str(comment[0] or "") if comment else "", said)

    def _macros(self, queries: Sequence[str]) -> list[Macro]:
        """The macros that the queries call, and those that these call, each after what it calls."""
        rows = self._connection.execute(
            "select function_name, parameters, macro_definition from duckdb_functions() "
            "where not internal and function_type = 'macro' order by function_oid desc"
        ).fetchall()
        macros: list[Macro] = []
        texts = list(queries)
        for name, parameters, definition in rows:  # the newest first: a macro calls older ones
            if any(re.search(rf"\b{name}\s*\(", text, re.IGNORECASE) for text in texts):
                texts.append(definition)
                macros.append(Macro(name, parameters, definition))
        return macros[::-1]
