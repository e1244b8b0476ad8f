"""Runs the models inside one DuckDB file: lake views, temporary objects, tables with comments, checks.

What belongs here: what happens to a model once its query is known to be right.
What does not: which models there are (models.py), where the file lies and what is published (releases.py).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import duckdb
import polars as pl

from warehouse.comments import create_commented_table, write_comments
from warehouse.costs import cost_table
from warehouse.duckdb_text import first_line
from warehouse.errors import DataError, StorageError
from warehouse.fact_binding import FactBinder
from warehouse.fact_views import FACTS
from warehouse.lake_scans import attach_lake_table
from warehouse.model_headers import Model
from warehouse.models import LAKE_PREFIX, LAYERS, SQL_ROOT
from warehouse.policy import BuildPolicy, Parameters
from warehouse.registers import RegisterTable, register_tables
from warehouse.schema import Table
from warehouse.tables import BUILD_TABLES
from warehouse.words import REF_OUTCOMES, create_macros, create_ref_outcomes

BREACH_ROWS_KEPT: Final = 1_000
"""Rows of a check that a release keeps; the count is always of all of them."""

Analysis: TypeAlias = Callable[[pl.DataFrame, Parameters], pl.DataFrame]
"""What SQL cannot do: the rows of a model's query in, in any order; the model's rows out."""

Analyses: TypeAlias = Mapping[str, Analysis]
"""By the names that headers call them by."""

NO_ANALYSES: Final[Analyses] = MappingProxyType({})

QUALITY_RESULTS: Final = "data_quality_results"

_QUALITY_COLUMNS: Final = {
    "check_name": ("varchar", "The statement that was checked: the model of that name."),
    "severity": ("varchar", "blocking: a breach keeps the release from being published; or warning."),
    "breach_count": ("bigint", "Rows that breach the statement. (rows)"),
    "sample": ("varchar", "The first breaching row as JSON; null where there is none."),
}


@dataclass(frozen=True, slots=True)
class ModelRun:
    """What became of one model: rows of its table, or of a check the rows that breach it; null for a view."""

    model: Model
    row_count: int | None


class WarehouseBuild:
    """One build in one connection; `start` and `attach_lake` first, then every model in order."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, analyses: Analyses = NO_ANALYSES) -> None:
        self._connection, self._analyses = connection, analyses
        self._parameters: Parameters | None = None
        self._facts: FactBinder | None = None
        self._meanings: dict[str, dict[str, str]] = {
            **{LAKE_PREFIX + table.name: _lake_meanings(table) for table in BUILD_TABLES},
            REF_OUTCOMES: {},
        }

    def start(
        self, as_of: datetime, policy: BuildPolicy, sql_root: Path = SQL_ROOT, *, lake_generation: int = 0
    ) -> None:
        """Macros, the vocabulary, registers, the session variables and the table of check results."""
        create_macros(self._connection, sql_root)
        create_ref_outcomes(self._connection)
        registers = register_tables(policy.aliases, policy.accepted_regressions)
        for register in (*registers, cost_table(policy.costs)):
            self._create_register(register)
        self._parameters = policy.parameters
        variables = policy.variables(as_of) | {"lake_generation": lake_generation}
        for name, value in variables.items():
            self._connection.execute(f"set variable {name} = ?", [value])
        create_commented_table(
            self._connection,
            QUALITY_RESULTS,
            "One row per check: what of our own data breaches its statement.",
            _QUALITY_COLUMNS,
        )

    def _create_register(self, register: RegisterTable) -> None:
        create_commented_table(self._connection, register.name, register.meaning, register.columns)
        self._meanings[register.name] = {column: text for column, (_, text) in register.columns.items()}
        if register.rows:
            row = f"({', '.join('?' for _ in register.columns)})"
            self._connection.execute(
                f"insert into {register.name} values {', '.join([row] * len(register.rows))}",
                [value for values in register.rows for value in values],
            )

    def offer_facts(self, binder: FactBinder) -> None:
        """From now on fact models become views of this binder instead of tables."""
        self._facts = binder

    def adopt(self) -> set[str]:
        """The tables that stand in the file already, with what their columns mean; their names."""
        rows = self._connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where not internal and schema_name = 'main' and database_name = current_database()"
        ).fetchall()
        for table, column, comment in rows:
            self._meanings.setdefault(str(table), {})[str(column)] = str(comment)
        return {str(row[0]) for row in rows}

    def attach_lake(self, files: Mapping[str, Sequence[Path]]) -> None:
        """One view per lake table over exactly these files; an empty one where there are none."""
        for table in BUILD_TABLES:
            attach_lake_table(self._connection, table, files.get(table.name, ()))

    def run(self, models: Sequence[Model]) -> list[ModelRun]:
        """Every model in turn; DataError where a blocking check finds breaches, when all checks have run."""
        runs = [self.run_model(model) for model in models]
        require_no_breach(runs)
        return runs

    def run_model(self, model: Model) -> ModelRun:
        """Build one model; DataError names the model where its query or its declaration is broken."""
        try:
            return self._build(model)
        except duckdb.IOException as error:
            raise StorageError(
                f"{model.place}: a file cannot be read or written ({first_line(error)}); check the disk."
            ) from error
        except duckdb.Error as error:
            raise DataError(f"{model.place}: the query failed ({first_line(error)}); mend it.") from error

    def _build(self, model: Model) -> ModelRun:
        layer = LAYERS[model.folder]
        if model.severity is not None:
            row_count: int | None = self._create_check(model, model.severity)
        elif self._facts and model.name in FACTS:
            row_count = self._facts.create(model)
        elif model.analysis:
            row_count = self._create_analysed(model, model.analysis)
        elif layer.is_kept:
            row_count = self._create(f"table {model.name}", model.query)
        elif _is_view(model):
            self._connection.execute(f"create temp view {model.name} as {model.query}")
            row_count = None
        else:
            row_count = self._create(f"temp table {model.name}", model.query)
        columns = self._columns(model)
        self._meanings[model.name] = self._inherited_meanings(model, columns)
        if layer.is_kept:
            self._comment(model, columns)
        if layer.is_kept and model.severity is None:
            self._require_grain(model)
        return ModelRun(model, row_count)

    def _create(self, kind_and_name: str, query: str) -> int:
        row = self._connection.execute(f"create or replace {kind_and_name} as {query}").fetchone()
        return int(row[0]) if row else 0

    def _create_analysed(self, model: Model, analysis: str) -> int:
        """The table that an analysis makes of the query's rows."""
        if analysis not in self._analyses or self._parameters is None:
            raise DataError(f"{model.place}: there is no analysis {analysis}; name one that there is.")
        rows = pl.DataFrame(self._connection.sql(model.query).to_arrow_table())
        self._connection.register("analysed", self._analyses[analysis](rows, self._parameters).to_arrow())
        try:
            return self._create(f"table {model.name}", "from analysed")
        finally:
            self._connection.unregister("analysed")

    def _create_check(self, model: Model, severity: str) -> int:
        """The breaches as a table of the first ones, their number and a sample among the results."""
        breach_count = self._create("temp table breaches", model.query)
        self._create(f"table {model.name}", f"from breaches order by all limit {BREACH_ROWS_KEPT}")
        self._connection.execute("drop table breaches")
        self._connection.execute(
            f"insert into {QUALITY_RESULTS} select ?, ?, ?, "
            f"(select to_json(breach)::varchar from (from {model.name} order by all limit 1) as breach)",
            [model.name, severity, breach_count],
        )
        return breach_count

    def _columns(self, model: Model) -> list[str]:
        columns = self._connection.sql(f"from {model.name}").columns  # no rows: half the time of `describe`
        missing = [name for name in (*model.grain, *model.columns) if name not in columns]
        if missing:
            raise DataError(
                f"{model.place}: the header speaks of column {missing[0]}, which the query does not give; "
                "mend one of the two."
            )
        return columns

    def _inherited_meanings(self, model: Model, columns: list[str]) -> dict[str, str]:
        """Meaning per column: the header's, else that of the same name in the first input that has one."""
        inherited: dict[str, str] = {}
        for name in reversed(model.inputs):
            inherited |= self._meanings.get(name, {})
        known = inherited | model.columns
        return {column: known[column] for column in columns if column in known}

    def _comment(self, model: Model, columns: list[str]) -> None:
        meanings = self._meanings[model.name]
        missing = [column for column in columns if column not in meanings]
        if missing:
            raise DataError(
                f"{model.place}: column {missing[0]} has no meaning; add `{missing[0]} = …` to the header's "
                "columns."
            )
        kind = "view" if self._facts and model.name in FACTS else "table"
        write_comments(self._connection, model.name, model.comment, meanings, kind=kind)

    def _require_grain(self, model: Model) -> None:
        """The declared grain holds: no null in it, no two rows with the same; DataError with a sample."""
        keys = ", ".join(model.grain)
        empty = " or ".join(f"{key} is null" for key in model.grain)
        row = self._connection.execute(
            f"select {keys}, count(*) from {model.name} group by {keys} "
            f"having count(*) > 1 or {empty} order by all limit 1"
        ).fetchone()
        if row is not None:
            sample = ", ".join(f"{key} = {value}" for key, value in zip(model.grain, row, strict=False))
            raise DataError(
                f"{model.place}: {model.name} must have one row per {keys}, but {row[-1]} stand at {sample}; "
                "mend the query or the grain."
            )


def require_no_breach(runs: Iterable[ModelRun]) -> None:
    """DataError that names the blocking checks among the runs that found breaches."""
    breached = [run for run in runs if run.model.severity == "blocking" and run.row_count]
    if breached:
        found = "; ".join(f"{run.model.name}: {run.row_count} rows" for run in breached)
        raise DataError(f"Nothing was published, blocking checks were breached ({found}); see the draft.")


def _lake_meanings(table: Table) -> dict[str, str]:
    return {
        column.name: f"{column.meaning} ({column.unit})" if column.unit else column.meaning
        for column in table.columns
    }


def _is_view(model: Model) -> bool:
    return model.materialized == "view" or (model.materialized is None and model.folder == "staging")
