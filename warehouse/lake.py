"""The lake: tables as Delta versions, read and written from the generation in force, never from "latest".

What belongs here: reading a table at its version, replacing days or a whole table, publishing a generation,
going back to it, and deleting what no kept generation lists.
What does not: the Delta library (delta.py), the generation file (generations.py), what rows mean (tables/).

One session writes at a time (the home's lock). A session reads its own writes; others see them when `commit`
has replaced generation.json. A Lake keeps the generation it was opened with.
"""

import shutil
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl

from warehouse.delta import DeltaFolder, Snapshot
from warehouse.errors import DataError, HomeBusyError
from warehouse.generations import Generation, read_generation, write_generation
from warehouse.home_paths import require_usable
from warehouse.schema import Table
from warehouse.storage import storage_errors


class Lake:
    """The tables under one folder (`<home>/lake`); UsageError for a path that is unusable."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        require_usable(self.root)
        self._generation_file = self.root / "generation.json"
        self._generation = read_generation(self._generation_file)
        self._written: dict[str, int] = {}
        self._snapshots: dict[str, Snapshot] = {}

    @property
    def generation(self) -> Generation:
        """The generation this session stands on."""
        return self._generation

    def rollback(self) -> None:
        """Before a night: drop what a killed night left.

        Reads the generation anew; each table goes back to its version there (no commit if it stands right),
        and a table the generation does not know is removed.
        """
        self._generation = read_generation(self._generation_file)
        self._written.clear()
        self._snapshots.clear()
        with storage_errors("read", self.root):
            logs = sorted(self.root.glob("*/_delta_log"))
        for log in logs:
            self._go_back(log.parent.name)

    def scan(self, table: Table, days: Collection[date] | None = None) -> pl.LazyFrame:
        """Rows as declared, at this session's newest version, else the generation's; none without a table.

        `days` narrows the list of files. DataError where the columns of the log or of the first file differ
        from the declaration; a later file that differs makes polars raise when it is read.
        """
        snapshot = self._snapshot(table.name)
        if snapshot is None:
            return table.empty().lazy()
        _require_columns(table, snapshot.schema, self.root / table.name)
        return self._read(table, snapshot if days is None else snapshot.of_days(days))

    def replace_days(self, table: Table, days: Collection[date], frame: pl.DataFrame) -> bool:
        """Make the frame ALL rows of these days, in one commit; days without rows become empty.

        False, without a commit, when these rows already stand there. A table that is not there is created.
        DataError where a row is of another day or the frame breaks the declaration.
        """
        if table.partition is None:
            raise ValueError(f"Table {table.name} has no days: use replace_table.")
        wanted = frozenset(days)
        conformed = table.conform(frame)
        strangers = conformed[table.partition].is_in(list(wanted)).not_().sum()
        if strangers:
            raise DataError(f"Table {table.name}: {strangers} rows are of none of the days to replace.")
        return self._replace(table, conformed, wanted)

    def replace_table(self, table: Table, frame: pl.DataFrame) -> bool:
        """Make the frame all rows of the table, in one commit; False, without one, when they stand there."""
        return self._replace(table, table.conform(frame), None)

    def commit(
        self, watermarks: Mapping[str, datetime], source: str | None, as_of: datetime | None
    ) -> Generation:
        """Publish this session's writes; `watermarks` is the whole set. Returns the generation in force.

        That is the one before when tables, watermarks and source are the same. HomeBusyError when another
        session published meanwhile.
        """
        draft = Generation(
            number=self._generation.number + 1,
            tables=self._versions(),
            watermarks=dict(watermarks),
            source=source,
            as_of=as_of,
        )
        if draft.holds_same_as(self._generation):
            return self._generation
        in_force = read_generation(self._generation_file)
        if in_force != self._generation:
            raise HomeBusyError(f"Another night published generation {in_force.number}; run this one again.")
        write_generation(self._generation_file, draft)
        self._generation, self._written = draft, {}
        return draft

    def files(self, table: Table, generation: Generation | None = None) -> list[str]:
        """Paths relative to the lake, sorted; of this session's version when no generation is named."""
        snapshot = self._snapshot(table.name, generation)
        return [f"{table.name}/{path}" for path in snapshot.paths] if snapshot else []

    def row_counts(self, generation: Generation | None = None) -> dict[str, int]:
        """Rows by table name, from the logs alone; of this session's versions when no generation is named."""
        snapshots = {name: self._snapshot(name, generation) for name in sorted(self._versions(generation))}
        return {name: snapshot.row_count for name, snapshot in snapshots.items() if snapshot}

    def day_counts(self, table: Table) -> dict[date, int]:
        """Rows per day of a table with days, from the log alone, at this session's version."""
        snapshot = self._snapshot(table.name)
        return snapshot.day_counts if snapshot else {}

    def vacuum(self, keep: Iterable[Generation]) -> int:
        """Delete data files that no kept generation, the one in force or the session lists; how many went."""
        kept = [*keep, self._generation]
        return sum(
            DeltaFolder(self.root / name).vacuum(
                generation.tables[name] for generation in kept if name in generation.tables
            )
            for name in sorted(self._generation.tables)
        )

    def _versions(self, generation: Generation | None = None) -> Mapping[str, int]:
        """The tables of a generation; of this session when none is named."""
        return generation.tables if generation else {**self._generation.tables, **self._written}

    def _snapshot(self, name: str, generation: Generation | None = None) -> Snapshot | None:
        """None when the table is not there; one per table is remembered, since a version never changes."""
        version = self._versions(generation).get(name)
        if version is None:
            return None
        known = self._snapshots.get(name)
        if known and known.version == version:
            return known
        snapshot = DeltaFolder(self.root / name).snapshot(version)
        if generation is None:
            self._snapshots[name] = snapshot
        return snapshot

    def _read(self, table: Table, snapshot: Snapshot) -> pl.LazyFrame:
        folder = self.root / table.name
        if not snapshot.paths:
            return table.empty().lazy()
        with storage_errors("read", folder):
            frame = pl.scan_parquet(
                [folder / path for path in snapshot.paths],
                glob=False,
                hive_partitioning=table.partition is not None,
                hive_schema={table.partition: table.schema[table.partition]} if table.partition else None,
            )
            _require_columns(table, frame.collect_schema(), folder)
        return frame.select(table.names)

    def _replace(self, table: Table, frame: pl.DataFrame, days: frozenset[date] | None) -> bool:
        """The frame conforms, and holds rows of these days alone (None: of the whole table)."""
        folder = DeltaFolder(self.root / table.name)
        if table.name not in self._written:
            self._go_back(table.name)
        base = self._generation.number
        if not folder.exists:
            snapshot = folder.create(frame, table.partition, base)
        elif self._stands(table, frame, days):
            return False
        else:
            snapshot = folder.overwrite(frame, _predicate(table, days), base)
        self._snapshots[table.name] = snapshot
        self._written[table.name] = snapshot.version
        return True

    def _stands(self, table: Table, frame: pl.DataFrame, days: frozenset[date] | None) -> bool:
        """Whether exactly these rows stand there: the counts in the log first, then the rows."""
        snapshot = self._snapshot(table.name)
        if snapshot is None:
            return False
        _require_columns(table, snapshot.schema, self.root / table.name)
        listed = snapshot if days is None else snapshot.of_days(days)
        if listed.row_count != frame.height:
            return False
        standing = self._read(table, listed).collect()
        one_file_each = len(listed.paths) == len({Path(path).parent for path in listed.paths})
        if not one_file_each:  # with one, rows stand in the order of `sort_by`, as written
            standing = standing.sort(table.sort_by, nulls_last=True)
        return standing.equals(frame)

    def _go_back(self, name: str) -> None:
        """The latest version of this table becomes the generation's, or the table goes."""
        folder = DeltaFolder(self.root / name)
        version = self._generation.tables.get(name)
        if version is not None:
            folder.restore(version)
        elif folder.exists:
            self._require_first_night()
            with storage_errors("remove", folder.path):
                shutil.rmtree(folder.path)

    def _require_first_night(self) -> None:
        """History is not removed because generation.json was lost: tables say what they were built on."""
        if self._generation.number > 0:
            return
        folders = [DeltaFolder(log.parent) for log in self.root.glob("*/_delta_log")]
        if any(folder.exists and folder.is_built_on_a_generation() for folder in folders):
            raise DataError(
                f"{self._generation_file} is missing, but tables of later nights are there; "
                "bring it back from a backup or from the newest release's manifest."
            )


def _predicate(table: Table, days: frozenset[date] | None) -> str | None:
    """SQL for exactly these days; null for the whole table."""
    if days is None:
        return None
    values = ", ".join(f"DATE '{day.isoformat()}'" for day in sorted(days))
    return f"{table.partition} IN ({values})" if values else "false"


def _require_columns(table: Table, found: Mapping[str, object], place: Path) -> None:
    """DataError unless names and types are the declared ones, in any order."""
    declared = dict(table.schema)
    differing = sorted(
        name for name in {*declared, *found} if name not in found or declared.get(name) != found[name]
    )
    if differing:
        raise DataError(
            f"Table {table.name} in {place} has other columns than declared ({', '.join(differing)}); "
            "use the code that wrote it, or load a new home."
        )
