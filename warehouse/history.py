"""The history of figures that releases leave behind: one small file per night that nothing changes.

What belongs here: which nights are kept, and keeping those that a published release holds.
What does not: the figures (sql/metrics/met_kpis_nightly.sql) and their columns (tables/).

It lies in the lake's folder but in no generation: a generation names what figures are computed from, and a
night that only adds its own figures must not look like new data to the next. A night is named by as-of and
generation; one that is there is left as it is. A night killed between publishing and keeping is made good by
the next one, since the release holds its history.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.connection import open_release
from warehouse.releases import Release
from warehouse.storage import storage_errors
from warehouse.tables import KPI_HISTORY

FACTS: Final = "fct_kpi_history"

_READ_ONLY: Final = 0o444


def keep_history(lake_root: Path, release: Release) -> int:
    """Write a file for each night in the release's history that has none; how many were written."""
    if not release.manifest.row_counts.get(FACTS):
        return 0
    folder = lake_root / KPI_HISTORY.name
    with open_release(release.folder, threads=1) as connection:
        nights = connection.query(f"select distinct as_of, lake_generation from {FACTS} order by all").rows
        missing = [(night, path) for night in nights if not (path := folder / _file_name(*night)).exists()]
        for night, path in missing:
            rows = connection.polars(f"from {FACTS} where as_of = ? and lake_generation = ?", list(night))
            _write(path, KPI_HISTORY.conform(rows))
    return len(missing)


def _file_name(as_of: object, lake_generation: object) -> str:
    assert isinstance(as_of, datetime)
    return f"{as_of.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-g{lake_generation}.parquet"


def _write(path: Path, frame: pl.DataFrame) -> None:
    """The whole file or none: a reader lists *.parquet alone."""
    draft = path.with_suffix(".tmp")
    with storage_errors("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)  # of a night killed before the rename: it may be read-only
        frame.write_parquet(draft)
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        draft.chmod(_READ_ONLY)
        draft.replace(path)
