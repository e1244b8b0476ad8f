"""One Delta table in one folder: what a version lists, one write as one commit, restore, vacuum.

What belongs here: everything that calls the Delta library, with the settings every lake table gets.
What does not: which version counts (generations.py), and what rows a table may hold (lake.py, schema.py).
"""

import os
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Self

import polars as pl
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    WriterProperties,
    write_deltalake,
)

from warehouse.storage import storage_errors

_CONFIGURATION: Final = {
    "delta.logRetentionDuration": "interval 3650 days",  # kept releases open old versions
    "delta.enableExpiredLogCleanup": "false",
    # Min and max in the log are never used here (Parquet files carry their own); without them the log is a
    # fifth of the size and opens 8 times faster at 3,650 days of 46 columns (measured, deltalake 1.6.6).
    "delta.dataSkippingNumIndexedCols": "0",
}
_WRITER: Final = WriterProperties(compression="ZSTD", compression_level=1)
_HOOKS: Final = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)

_BASE_KEY: Final = "lake_generation"
"""Names, in each commit, the generation it was built on."""

_DAY: Final = pl.col("path").str.extract(r"^[^/=]+=([^/]+)/")
"""The partition value in a file's path."""

_READ_ONLY: Final = 0o444
_FLUSH_THREADS: Final = 8
"""Flushes wait for the disk, which takes several at once."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one version is: `files` has one row per file (path within the folder, num_records), by path."""

    version: int
    files: pl.DataFrame
    schema: pl.Schema

    @classmethod
    def of(cls, table: DeltaTable) -> Self:
        # Not file_uris(): it percent-encodes the folder, so a home with a space in its path cannot be read.
        files = pl.DataFrame(table.get_add_actions(flatten=True)).select("path", "num_records").sort("path")
        return cls(table.version(), files, pl.Schema(table.schema().to_arrow()))

    @property
    def paths(self) -> list[str]:
        return self.files["path"].to_list()

    @property
    def row_count(self) -> int:
        return int(self.files["num_records"].sum())

    @property
    def day_counts(self) -> dict[date, int]:
        """Rows per day of a table with days."""
        counts = self.files.group_by(_DAY.str.to_date().alias("day")).agg(pl.col("num_records").sum())
        return dict(counts.sort("day").rows())

    def of_days(self, days: Collection[date]) -> Self:
        """The same version with the files of these days alone, by the value in their path."""
        wanted = [day.isoformat() for day in days]
        return type(self)(self.version, self.files.filter(_DAY.is_in(wanted)), self.schema)


@dataclass(frozen=True, slots=True)
class DeltaFolder:
    """The folder of one Delta table; every method raises StorageError or DataError as storage.py says."""

    path: Path

    @property
    def exists(self) -> bool:
        return self.path.is_dir() and DeltaTable.is_deltatable(str(self.path))

    def snapshot(self, version: int | None = None) -> Snapshot:
        """What the version lists; the latest when none is named."""
        with storage_errors("read", self.path):
            return Snapshot.of(DeltaTable(str(self.path), version=version))

    def create(self, frame: pl.DataFrame, partition: str | None, base: int) -> Snapshot:
        """A new table with these rows (none is fine) as version 0."""
        with storage_errors("write", self.path):
            self.path.mkdir(parents=True, exist_ok=True)  # its refusals are plainer than the library's
            write_deltalake(
                str(self.path),
                frame,
                partition_by=partition,
                mode="error",
                configuration=_CONFIGURATION,
                writer_properties=_WRITER,
                commit_properties=CommitProperties(custom_metadata={_BASE_KEY: base}),
                post_commithook_properties=_HOOKS,
            )
            created = Snapshot.of(DeltaTable(str(self.path)))
            self._settle(created.version, created.paths)
        return created

    def overwrite(self, frame: pl.DataFrame, predicate: str | None, base: int) -> Snapshot:
        """One commit: the rows that match the predicate (all when none) give way to the frame's."""
        with storage_errors("write", self.path):
            table = DeltaTable(str(self.path))
            before = set(Snapshot.of(table).paths)
            write_deltalake(
                table,
                frame,
                mode="overwrite",
                predicate=predicate,
                writer_properties=_WRITER,
                commit_properties=CommitProperties(custom_metadata={_BASE_KEY: base}),
                post_commithook_properties=_HOOKS,
            )
            after = Snapshot.of(table)
            self._settle(after.version, [path for path in after.paths if path not in before])
        return after

    def restore(self, version: int) -> None:
        """Make the latest version list the files of this one; no commit where it does."""
        with storage_errors("restore", self.path):
            latest = DeltaTable(str(self.path))
            wanted = Snapshot.of(DeltaTable(str(self.path), version=version))
            if Snapshot.of(latest).paths != wanted.paths:
                latest.restore(version, post_commithook_properties=_HOOKS)

    def vacuum(self, keep_versions: Iterable[int]) -> int:
        """Delete the files that neither the latest nor a kept version lists; how many went."""
        with storage_errors("clean", self.path):
            before = self._data_files()
            # `full`: also files of a write that was killed before its commit. The list that vacuum returns
            # names files that went long ago (deltalake 1.6.6), so they are counted here.
            DeltaTable(str(self.path)).vacuum(
                retention_hours=0,
                enforce_retention_duration=False,
                dry_run=False,
                full=True,
                keep_versions=sorted(set(keep_versions)),
                post_commithook_properties=_HOOKS,
            )
            return len(before - self._data_files())

    def is_built_on_a_generation(self) -> bool:
        """Whether a commit was made when a generation was already in force."""
        with storage_errors("read", self.path):
            return any(commit.get(_BASE_KEY) for commit in DeltaTable(str(self.path)).history())

    def _data_files(self) -> set[Path]:
        return set(self.path.rglob("*.parquet")) - set(self.path.glob("_delta_log/*"))

    def _settle(self, version: int, paths: Iterable[str]) -> None:
        """On the disk for good, and data files read-only, before a generation may name them."""
        with ThreadPoolExecutor(_FLUSH_THREADS) as threads:
            list(threads.map(_flush_read_only, (self.path / path for path in paths)))
        _flush(self.path / "_delta_log" / f"{version:020}.json")


def _flush_read_only(path: Path) -> None:
    _flush(path)
    path.chmod(_READ_ONLY)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
