"""What a release is made from: files of the lake, an instant, a policy, and what the build may use.

What belongs here: the request of a build. What does not: filling a draft (drafts.py), releases (releases.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from warehouse.build import NO_ANALYSES, Analyses
from warehouse.generations import Generation
from warehouse.lake import Lake
from warehouse.models import SQL_ROOT
from warehouse.policy import BuildPolicy
from warehouse.tables import KPI_HISTORY, LAKE_TABLES


@dataclass(frozen=True, slots=True)
class LakeFiles:
    """The files of one lake generation, by table, relative to the home; `versions`: the Delta versions."""

    generation: int
    source: str | None
    files: Mapping[str, Sequence[str]]
    versions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lake: Lake, generation: Generation) -> Self:
        """What the lake lists for this generation, and the history that earlier releases left behind."""
        files = {
            table.name: [f"{lake.root.name}/{path}" for path in lake.files(table, generation)]
            for table in LAKE_TABLES
        }
        history = sorted((lake.root / KPI_HISTORY.name).glob("*.parquet"))
        files[KPI_HISTORY.name] = [str(path.relative_to(lake.root.parent)) for path in history]
        return cls(generation.number, generation.source, files, dict(generation.tables))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a build may use of the machine, and how many rows of facts a release may hold itself.

    None of it changes a row. Facts of `fact_rows_in_release` or more are views over the lake's files.
    """

    threads: int = 2
    memory_limit_mb: int = 1_024
    fact_rows_in_release: int = 20_000_000


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a release is made from; equal requests give equal rows."""

    lake: LakeFiles
    as_of: datetime
    code_version: str
    policy: BuildPolicy
    sql_root: Path = SQL_ROOT
    analyses: Analyses = field(default_factory=lambda: NO_ANALYSES)
