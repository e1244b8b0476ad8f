"""Histories that releases leave behind: figures, labels, regressions; a small file per night, never changed.

What belongs here: which nights are kept, and keeping those that a published release holds.
What does not: what they say (sql/metrics) and their columns (tables/histories.py).

They lie in the lake's folder but in no generation: a generation names what figures are computed from, and a
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
from warehouse.schema import Table
from warehouse.storage import storage_errors
from warehouse.tables import KPI_HISTORY, LABEL_HISTORY, REGRESSION_HISTORY

HISTORIES: Final[tuple[tuple[Table, str], ...]] = (
    (KPI_HISTORY, "fct_kpi_history"),
    (LABEL_HISTORY, "met_label_history"),
    (REGRESSION_HISTORY, "met_regression_history"),
)
"""Tables of the lake's folder, and the table of a release that holds each up to its night."""

_READ_ONLY: Final = 0o444


def keep_history(lake_root: Path, release: Release) -> int:
    """Write a file for each night in the release's histories that has none; how many were written."""
    held = [(table, name) for table, name in HISTORIES if release.manifest.row_counts.get(name)]
    if not held:
        return 0
    written = 0
    with open_release(release.folder, threads=1) as connection:
        for table, name in held:
            folder = lake_root / table.name
            nights = connection.query(f"select distinct as_of, lake_generation from {name} order by all").rows
            for night in nights:
                path = folder / _file_name(*night)
                if not path.exists():
                    rows = f"from {name} where as_of = ? and lake_generation = ?"
                    _write(path, table.conform(connection.polars(rows, list(night))))
                    written += 1
    return written


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
