"""Models computed anew for a part of a release's executions, aside; the release is read and left as it is.

What belongs here: such a build of a population. What does not: which executions they are (populations.py),
which models are wanted and how they are shown (pipelines/). What only all executions together say is taken
from the release: which invocations were infra storms, which branches are protected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import polars as pl

from warehouse.build import Analyses, ModelRun, WarehouseBuild
from warehouse.connection import QueryResult, ReleaseConnection, open_build, open_release
from warehouse.errors import UsageError
from warehouse.models import LAKE_PREFIX, load_models
from warehouse.policy import BuildPolicy
from warehouse.populations import Population
from warehouse.releases import Release
from warehouse.requests import Limits
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS
from warehouse.tables.columns import TRIGGERED_DATE

_OF_ALL: Final[Mapping[str, str]] = {
    "int_infra_storms": "select *, true as is_infra_suspect from ana_infra_storms",
    "int_branches": """
        select suite_key, variant_key, branch, count(*) as execution_count, is_protected_branch
        from fct_executions
        group by all
    """,
}
"""Models that a part would judge wrongly, and what the release says instead."""

_BY_EXECUTION: Final = (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES)


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """Which executions, and by which parameters and analyses."""

    population: Population
    policy: BuildPolicy
    analyses: Analyses


class Scope:
    """A build of some executions in a database of its own; use it in a `with` block."""

    def __init__(self, release: Release, request: ScopeRequest, database: Path, limits: Limits) -> None:
        """`database`: a file that is not there yet. UsageError where no execution is in the population."""
        self._by_name = {model.name: model for model in load_models()}
        self._standing: set[str] = set(_OF_ALL)
        as_of = release.manifest.as_of
        as_of_date = as_of.astimezone(ZoneInfo(request.policy.time_zone)).date()
        with open_release(
            release.folder, threads=limits.threads, memory_limit_mb=limits.memory_limit_mb
        ) as connection:
            self.executions = request.population.executions(connection, as_of_date)
            of_all = {name: connection.polars(query) for name, query in _OF_ALL.items()}
        if self.executions.is_empty():
            raise UsageError("No execution passes all filters; leave one out or take a longer period.")
        self._connection = open_build(
            database,
            threads=limits.threads,
            memory_limit_mb=limits.memory_limit_mb,
            temp_directory=database.parent / "spill",
        )
        self._build = WarehouseBuild(self._connection, request.analyses)
        self._build.attach_lake(self._files(release))
        self._create("population", self.executions)
        for table in _BY_EXECUTION:
            self._narrow(LAKE_PREFIX + table.name)
        self._build.start(as_of, request.policy, lake_generation=release.manifest.lake_generation)
        for name, rows in of_all.items():
            self._create(name, rows)

    def build(self, name: str) -> ModelRun:
        """This model, and before it those it reads that are not there."""
        model = self._by_name[name]
        for read in model.inputs:
            if read in self._by_name and read not in self._standing:
                self.build(read)
        self._standing.add(name)
        return self._build.run_model(model)

    def query(self, sql: str) -> QueryResult:
        """Rows of what was built."""
        return ReleaseConnection(self._connection).query(sql)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _files(self, release: Release) -> dict[str, list[Path]]:
        """Those of the release's generation; of tables by day the days of the population alone."""
        days = {f"{TRIGGERED_DATE.name}={day}" for day in self.executions["triggered_date"].unique()}
        home = release.folder.parents[1]
        by_day = {table.name for table in _BY_EXECUTION}
        return {
            table: [
                home / path
                for path in paths
                if table not in by_day or not days.isdisjoint(Path(unquote(path)).parts)
            ]
            for table, paths in release.manifest.lake_files.items()
        }

    def _create(self, name: str, rows: pl.DataFrame) -> None:
        self._connection.register("given", rows.to_arrow())
        self._connection.execute(f"create temp table {name} as from given")
        self._connection.unregister("given")

    def _narrow(self, name: str) -> None:
        """The rows of the population in place of the view over all."""
        self._connection.execute(
            f"create temp table narrowed as select {name}.* from {name} "
            f"semi join population on {name}.execution_key = population.execution_key"
        )
        self._connection.execute(f"drop view {name}")
        self._connection.execute(f"alter table narrowed rename to {name}")
