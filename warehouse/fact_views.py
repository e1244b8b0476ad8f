"""Facts that a release does not hold but offers: views over files of the lake, as its manifest keeps them.

What belongs here: what such a view is, as data and as statements. What does not: making them of the models
(fact_binding.py), and offering them to a reader (fact_reading.py).

A view says all that it needs in its own text: staging models, values of variables, the columns of the lake's
tables. What later code has under sql/ or declares of the lake changes nothing in an older release.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from warehouse.duckdb_text import FILES, file_list, sql_text

SUPPORT: Final = "support"
"""Schema of a release for what its views read beside the lake and the tables that everybody sees."""


@dataclass(frozen=True, slots=True)
class LakeScan:
    """How a table of the lake is read: a query with FILES in it, and the bytes of each file, in order."""

    query: str
    file_sizes: list[int]

    def over(self, files: Sequence[Path]) -> str:
        return self.query.replace(FILES, file_list(files))

    @classmethod
    def from_json(cls, content: Any) -> Self:
        sizes = content["file_sizes"]
        if not isinstance(sizes, list) or not all(type(size) is int for size in sizes):
            raise TypeError("sizes are whole numbers")
        return cls(_text(content["query"]), sizes)


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
        comments = {_identifier(column): _text(text) for column, text in content["column_comments"].items()}
        return cls(
            name=_identifier(content["name"]),
            query=_text(content["query"]),
            lake_tables={_identifier(name): _text(table) for name, table in content["lake_tables"].items()},
            comment=_text(content["comment"]),
            column_comments=comments,
        )


@dataclass(frozen=True, slots=True)
class FactViews:
    """The views of a release in the order in which they are created, and what they need: macros, scans."""

    macros: list[str]
    scans: dict[str, LakeScan]
    views: list[FactView]

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """KeyError, TypeError, AttributeError or ValueError where the content says no views."""
        views = cls(
            macros=[_text(macro) for macro in content["macros"]],
            scans={name: LakeScan.from_json(one) for name, one in content["scans"].items()},
            views=[FactView.from_json(view) for view in content["views"]],
        )
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


def _identifier(value: Any) -> str:
    if not _text(value).isidentifier():
        raise ValueError("not a name")
    return str(value)
