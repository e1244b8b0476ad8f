"""Given rows, expected rows: a workbench that runs the models over lake rows a test writes down.

What belongs here: rows with defaults for every lake table, building and looking. What does not: expectations.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import duckdb
import polars as pl

from pipelines.analysis.tables import ANALYSES
from warehouse.build import QUALITY_RESULTS, WarehouseBuild
from warehouse.connection import open_build
from warehouse.models import LAKE_PREFIX, load_models
from warehouse.policy import BuildPolicy
from warehouse.schema import Column, Table
from warehouse.tables import BUILD_TABLES

AS_OF: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
_TABLES: Final = {LAKE_PREFIX + table.name: table for table in BUILD_TABLES}
_MODELS: Final = {model.name: model for model in load_models()}
_DEFAULTS: Final[dict[str, dict[str, object]]] = {
    "lake_executions": {
        "execution_type": "ci_cd_execution",
        "test_key": "t1",
        "suite_key": "s1",
        "project": "default",
        "variant_key": "linux||",
        "environment": "linux",
        "triggered_at": datetime(2026, 3, 31, 1, tzinfo=UTC),
        "status": "passed",
        "outcome": "passed",
        "first_outcome": "passed",
        "is_decided": True,
        "attempt_count": 1,
        "duration_ms": 100,
        "branch": "main",
        "invocation_key": "i1",
    },
    "lake_attempts": {"attempt_number": 1, "outcome": "passed", "duration_ms": 100},
    "lake_steps": {"attempt_number": 1, "step_number": 1, "outcome": "passed"},
}

Row = dict[str, object]


class Workbench:
    """Lake rows go in with `given`; a look at a model runs it and what it reads."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.policy = BuildPolicy()
        self.as_of = AS_OF
        self._connection = connection
        self._rows: dict[str, list[Row]] = {}
        self._build: WarehouseBuild | None = None
        self._done: set[str] = set()

    def given(self, table: str, rows: Iterable[Row]) -> None:
        """Rows of a lake table; what a row does not say has a default."""
        self._rows.setdefault(table, []).extend(_complete(_TABLES[table], row) for row in rows)

    def given_days(self, rows: Iterable[Row]) -> None:
        """Executions, each with its one attempt."""
        for row in rows:
            self.given("lake_executions", [row])
            whole = self._rows["lake_executions"][-1]
            names = ("execution_key", "triggered_date", "outcome", "duration_ms")
            self.given("lake_attempts", [{name: whole[name] for name in names}])

    def rows(self, model: str, *columns: str, where: str = "true") -> list[tuple[object, ...]]:
        """These columns of a model, ordered by themselves."""
        self.run(model)
        query = f"select {', '.join(columns)} from {model} where {where} order by all"
        return self._connection.execute(query).fetchall()

    def stand_in(self, model: str, rows: pl.DataFrame) -> None:
        """Rows of a model beside those that it finds: for more of them than lake rows can be written down."""
        self.run(model)
        self._connection.register("given", rows.to_arrow())
        self._connection.execute(f"insert into {model} by name from given")
        self._connection.unregister("given")

    def another(self, threads: int = 1) -> "Workbench":
        """An empty workbench beside this one."""
        return Workbench(open_build(None, threads=threads, memory_limit_mb=512))

    def breaches(self, check: str) -> int:
        """How many rows breach a check."""
        self.run(check)
        found = self.rows(QUALITY_RESULTS, "breach_count", where=f"check_name = '{check}'")
        return int(str(found[0][0]))

    def run(self, name: str) -> None:
        """Run one model, after those it reads; a name that is no model stands there from the start."""
        build = self._started()
        if name not in _MODELS or name in self._done:
            return
        for read in _MODELS[name].inputs:
            self.run(read)
        build.run_model(_MODELS[name])
        self._done.add(name)

    def _started(self) -> WarehouseBuild:
        if self._build is None:
            self._build = WarehouseBuild(self._connection, ANALYSES)
            self._build.start(self.as_of, self.policy)
            self._build.attach_lake({})
            for name, rows in self._rows.items():
                frame = pl.DataFrame(rows, schema=_TABLES[name].schema).to_arrow()
                self._connection.register("given", frame)
                self._connection.execute(f"drop view {name}")
                self._connection.execute(f"create temp table {name} as from given")
                self._connection.unregister("given")
        return self._build


def _complete(table: Table, given: Row) -> Row:
    row = {column.name: _empty(column) for column in table.columns}
    row |= _DEFAULTS.get(LAKE_PREFIX + table.name, {}) | given
    if "triggered_at" in row:
        triggered_at = row["triggered_at"]
        assert isinstance(triggered_at, datetime)
        row |= {name: triggered_at.date() for name in ("triggered_date", "bucket_date") if name not in given}
    unknown = given.keys() - row.keys()
    assert not unknown, f"{table.name} has no column {unknown}"
    return row


def _empty(column: Column) -> object:
    """A value that the declaration allows and no rule looks at."""
    if column.nullable:
        return None
    empties: dict[object, object] = {
        pl.String: "",
        pl.Boolean: False,
        pl.Date: AS_OF.date(),
        pl.List: [],
        pl.Datetime: AS_OF,
    }
    kind = column.dtype if isinstance(column.dtype, type) else type(column.dtype)
    return empties.get(kind, 0)
