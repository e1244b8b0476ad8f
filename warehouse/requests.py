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
from warehouse.tables import HISTORY_TABLES, LAKE_TABLES


@dataclass(frozen=True, slots=True)
class LakeFiles:
    """The files of one lake generation, by table, relative to the home; `versions`: the Delta versions."""

    generation: int
    source: str | None
    files: Mapping[str, Sequence[str]]
    versions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lake: Lake, generation: Generation) -> Self:
        """What the lake lists for this generation, and the histories that earlier releases left behind."""
        files = {
            table.name: [f"{lake.root.name}/{path}" for path in lake.files(table, generation)]
            for table in LAKE_TABLES
        }
        for table in HISTORY_TABLES:
            nights = sorted((lake.root / table.name).glob("*.parquet"))
            files[table.name] = [str(path.relative_to(lake.root.parent)) for path in nights]
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
