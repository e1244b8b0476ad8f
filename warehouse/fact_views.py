"""Facts that a release does not hold but offers: views over files of the lake, as its manifest keeps them.

What belongs here: what such a view is, as data and as statements. What does not: making them of the models
(fact_binding.py), and offering them to a reader (fact_reading.py).

A view says all that it needs in its own text: staging models, values of variables, the columns of the lake's
tables. What later code has under sql/ or declares of the lake changes nothing in an older release.

A manifest may come from elsewhere: only a view's query and a macro's definition are SQL in it, and both must
be what a reader could ask (statements.py). All else is names, which can be nothing else in a statement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import duckdb

from warehouse.duckdb_text import identifier, sql_text
from warehouse.lake_scans import LakeScan
from warehouse.models import LAKE_PREFIX
from warehouse.schema import Table
from warehouse.statements import require_select
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS

FACTS: Final[Mapping[str, Table]] = {
    "fct_executions": EXECUTIONS,
    "fct_attempts": ATTEMPTS,
    "fct_steps": STEPS,
    "fct_state_changes": STATE_CHANGES,
}
"""Models that may be views, and the table of the lake whose rows each has; views read these tables alone."""

SUPPORT: Final = "support"
"""Schema of a release for what its views read beside the lake and the tables that everybody sees."""

_FACT_TABLES: Final = frozenset(table.name for table in FACTS.values())


@dataclass(frozen=True, slots=True)
class Macro:
    """A formula that views call."""

    name: str
    parameters: list[str]
    definition: str

    def statement(self) -> str:
        return f"create temp macro {self.name}({', '.join(self.parameters)}) as (\n{self.definition}\n)"

    @classmethod
    def from_json(cls, content: Any) -> Self:
        parameters = [identifier(name) for name in content["parameters"]]
        return cls(identifier(content["name"]), parameters, _text(content["definition"]))


@dataclass(frozen=True, slots=True)
class FactView:
    """One view: a query over tables of the lake, by the names it has for them, and tables of the release."""

    name: str
    query: str
    lake_tables: dict[str, str]
    comment: str
    column_comments: dict[str, str]

    def statement(self, scans: Mapping[str, str]) -> str:
        """The statement that creates it, the lake's tables read by these queries."""
        needed = {name: scans[table] for name, table in self.lake_tables.items()}
        return f"create temp view {self.name} as {with_relations(needed, self.query)}"

    def comments(self) -> list[str]:
        """The statements that make the catalog explain it, as it explains tables."""
        columns = self.column_comments.items()
        return [
            f"comment on view {self.name} is {sql_text(self.comment)}",
            *(f"comment on column {self.name}.{column} is {sql_text(text)}" for column, text in columns),
        ]

    @classmethod
    def from_json(cls, content: Any) -> Self:
        comments = {identifier(column): _text(text) for column, text in content["column_comments"].items()}
        if content["name"] not in FACTS:
            raise ValueError("a view that is no fact")
        return cls(
            name=str(content["name"]),
            query=_text(content["query"]),
            lake_tables={_lake_name(name): _text(table) for name, table in content["lake_tables"].items()},
            comment=_text(content["comment"]),
            column_comments=comments,
        )


@dataclass(frozen=True, slots=True)
class FactViews:
    """The views of a release in the order in which they are created, and what they need: macros, scans."""

    macros: list[Macro]
    scans: dict[str, LakeScan]
    views: list[FactView]

    def statements(self, scans: Mapping[str, str]) -> Iterator[str]:
        """All that creates them, in order, the lake's tables read by these queries."""
        yield from (macro.statement() for macro in self.macros)
        yield from (view.statement(scans) for view in self.views)
        for view in self.views:
            yield from view.comments()

    def require_reading(self, connection: duckdb.DuckDBPyConnection) -> None:
        """UsageError where the SQL in it is anything but one query, or one expression, that only reads."""
        for view in self.views:
            require_select(connection, view.query)
        for macro in self.macros:
            require_select(connection, f"select {macro.definition}")

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """KeyError, TypeError, AttributeError or ValueError where the content says no views."""
        views = cls(
            macros=[Macro.from_json(macro) for macro in content["macros"]],
            scans={name: LakeScan.from_json(one) for name, one in content["scans"].items()},
            views=[FactView.from_json(view) for view in content["views"]],
        )
        if not views.scans.keys() <= _FACT_TABLES:
            raise ValueError("a table that is none of the facts")
        if any(table not in views.scans for view in views.views for table in view.lake_tables.values()):
            raise ValueError("a view reads a table that nothing is said of")
        return views


def with_relations(relations: Mapping[str, str], query: str) -> str:
    """The query, with other queries under the names by which it reads them; each may read those before it."""
    if not relations:
        return query
    # not materialized: what a reader filters by must reach the files
    named = ",\n".join(f"{name} as not materialized (\n{text}\n)" for name, text in relations.items())
    return f"with {named}\nselect * from (\n{query}\n)"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _lake_name(value: Any) -> str:
    if not identifier(value).startswith(LAKE_PREFIX):
        raise ValueError("not a name for a table of the lake")
    return str(value)
