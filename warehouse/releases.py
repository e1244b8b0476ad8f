"""Releases: built aside in a draft, published in one step, immutable after it.

What belongs here: the folders of releases, which one is current, what a release says of itself.
What does not: running models (build.py) and reading a release (connection.py).

A publication is: rename the draft to its release id, then replace current.json, then the symlink for people.
Killed at any point, current.json names a complete release; the next build removes the draft.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import duckdb

from warehouse.build import WarehouseBuild, create_commented_table
from warehouse.checksums import row_checksum
from warehouse.connection import DATABASE_NAME, ReleaseConnection, first_line, open_build
from warehouse.errors import DataError, StorageError, UsageError
from warehouse.gate_verdicts import Judge, VerdictRow, write_gate_verdicts
from warehouse.generations import Generation
from warehouse.lake import Lake
from warehouse.manifest import MANIFEST_NAME, Manifest
from warehouse.models import SQL_ROOT, load_models
from warehouse.policy import BuildPolicy
from warehouse.storage import storage_errors
from warehouse.tables import KPI_HISTORY, LAKE_TABLES

SCHEMA_VERSION: Final = 1
"""Version of the tables' contract that others rely on; raised when a name or meaning changes."""

RELEASE_INFO: Final = "release_info"
CURRENT_FILE: Final = "current.json"
CURRENT_LINK: Final = "current"

_RELEASES: Final = "releases"
_DRAFT: Final = ".draft-"
_READ_ONLY: Final = 0o444
_RELEASE_ID: Final = re.compile(r"(\d{8}T\d{6}Z)-g(\d+)(?:-(\d+))?")
_INFO_COLUMNS: Final = {
    "release_id": ("varchar", "Name of the release."),
    "as_of": ("timestamptz", "The instant for which the release is true."),
    "code_version": ("varchar", "Version of the code that built it."),
    "schema_version": ("integer", "Version of the tables' contract."),
    "params_hash": ("varchar", "Names the policy of the build."),
    "lake_generation": ("bigint", "Generation of the lake it was built from."),
    "source": ("varchar", "Identity of the source of the lake."),
}


@dataclass(frozen=True, slots=True)
class LakeFiles:
    """The files of one lake generation, by table, relative to the home."""

    generation: int
    source: str | None
    files: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, lake: Lake, generation: Generation) -> Self:
        """What the lake lists for this generation, and the history that earlier releases left behind."""
        files = {
            table.name: [f"{lake.root.name}/{path}" for path in lake.files(table, generation)]
            for table in LAKE_TABLES
        }
        history = sorted((lake.root / KPI_HISTORY.name).glob("*.parquet"))
        files[KPI_HISTORY.name] = [str(path.relative_to(lake.root.parent)) for path in history]
        return cls(generation.number, generation.source, files)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a build may use of the machine."""

    threads: int = 2
    memory_limit_mb: int = 1_024


@dataclass(frozen=True, slots=True)
class Release:
    """A published release."""

    folder: Path
    manifest: Manifest

    @property
    def release_id(self) -> str:
        return self.manifest.release_id

    @property
    def database(self) -> Path:
        return self.folder / DATABASE_NAME


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What a release is made from; equal requests give equal rows."""

    lake: LakeFiles
    as_of: datetime
    code_version: str
    policy: BuildPolicy
    sql_root: Path = SQL_ROOT


def build_release(
    home: Path, request: BuildRequest, limits: Limits | None = None, judge: Judge | None = None
) -> Release:
    """Build a release aside, let the judge read the draft, publish it; an error leaves the current as it was.

    DataError where a model or a blocking check is breached: the draft stays until the next build.
    """
    home = home.resolve()
    with storage_errors("write", home / _RELEASES):
        _remove_drafts(home)
        release_id = _next_id(home, request)
        draft = home / _RELEASES / f"{_DRAFT}{release_id}"
        draft.mkdir(parents=True)
        manifest = _fill_draft(home, draft, release_id, request, limits or Limits(), judge)
        _write_durably(draft / MANIFEST_NAME, manifest.to_json())
        return publish(home, draft, manifest)


def publish(home: Path, draft: Path, manifest: Manifest) -> Release:
    """Make a complete draft the current release."""
    for file in draft.iterdir():
        file.chmod(_READ_ONLY)
    _flush(draft)
    folder = home / _RELEASES / manifest.release_id
    draft.rename(folder)
    _flush(folder.parent)
    place = f"{_RELEASES}/{manifest.release_id}"
    current = home / CURRENT_FILE
    waiting = home / f".{CURRENT_FILE}.tmp"
    _write_durably(waiting, json.dumps({"path": place, "release_id": manifest.release_id}) + "\n")
    waiting.replace(current)
    _flush(home)
    link = home / f".{CURRENT_LINK}.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(place)
    link.replace(home / CURRENT_LINK)
    return Release(folder, manifest)


def current_release(home: Path) -> Release | None:
    """The release that current.json names; null before the first. Resolve it once, then use its folder."""
    path = home / CURRENT_FILE
    try:
        place = json.loads(path.read_text(encoding="utf-8"))["path"]
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({type(error).__name__}); build a release anew.") from error
    return Release(home / place, Manifest.read(home / place))


def list_releases(home: Path) -> list[Release]:
    """Every published release, oldest as-of first; of one as-of and generation in the order of building."""
    folders = [path for path in (home / _RELEASES).glob("*") if _RELEASE_ID.fullmatch(path.name)]
    return [
        Release(path, Manifest.read(path)) for path in sorted(folders, key=lambda path: _order(path.name))
    ]


def find_release(home: Path, release_id: str | None = None) -> Release:
    """The release of that name, else the current one; UsageError where there is none."""
    if release_id is None:
        release = current_release(home)
        if release is None:
            raise UsageError(f"Home {home} has no release yet; run `exr nightly` first.")
        return release
    folder = home / _RELEASES / release_id
    if not _RELEASE_ID.fullmatch(release_id) or not folder.is_dir():
        raise UsageError(f"There is no release {release_id}; `exr releases` lists the ones there are.")
    return Release(folder, Manifest.read(folder))


def _fill_draft(
    home: Path, draft: Path, release_id: str, request: BuildRequest, limits: Limits, judge: Judge | None
) -> Manifest:
    """The tables of the release; its manifest."""
    models = load_models(request.sql_root)
    files = {name: [home / path for path in paths] for name, paths in request.lake.files.items()}
    spill = draft / "spill"
    with open_build(
        draft / DATABASE_NAME,
        threads=limits.threads,
        memory_limit_mb=limits.memory_limit_mb,
        temp_directory=spill,
    ) as connection:
        build = WarehouseBuild(connection)
        build.start(request.as_of, request.policy, request.sql_root, lake_generation=request.lake.generation)
        build.attach_lake(files)
        build.run(models)
        rows = judge(ReleaseConnection(connection)) if judge else ()
        manifest = _manifest(connection, release_id, request, write_gate_verdicts(connection, rows))
    shutil.rmtree(spill, ignore_errors=True)
    return manifest


def _manifest(
    connection: duckdb.DuckDBPyConnection, release_id: str, request: BuildRequest, verdicts: list[VerdictRow]
) -> Manifest:
    """Writes release_info, counts and sums up every table, and puts it all on disk."""
    facts: dict[str, object] = {
        "release_id": release_id,
        "as_of": request.as_of,
        "code_version": request.code_version,
        "schema_version": SCHEMA_VERSION,
        "params_hash": request.policy.params_hash,
        "lake_generation": request.lake.generation,
        "source": request.lake.source,
    }
    create_commented_table(connection, RELEASE_INFO, "One row: what this release is.", _INFO_COLUMNS)
    marks = ", ".join("?" for _ in _INFO_COLUMNS)
    connection.execute(
        f"insert into {RELEASE_INFO} values ({marks})", [facts[column] for column in _INFO_COLUMNS]
    )
    try:
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise StorageError(
            f"The draft of {release_id} cannot be written ({first_line(error)}); free space, then run again."
        ) from error
    names = [
        str(row[0])
        for row in connection.execute(
            "select table_name from duckdb_tables() where not temporary order by table_name"
        ).fetchall()
    ]
    return Manifest(
        release_id=release_id,
        as_of=request.as_of.astimezone(UTC),
        code_version=request.code_version,
        schema_version=SCHEMA_VERSION,
        params_hash=request.policy.params_hash,
        lake_generation=request.lake.generation,
        source=request.lake.source,
        lake_files={name: list(paths) for name, paths in sorted(request.lake.files.items())},
        row_counts={name: _row_count(connection, name) for name in names},
        row_checksums={name: row_checksum(connection, name) for name in names},
        gate_verdicts=verdicts,
    )


def _row_count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _next_id(home: Path, request: BuildRequest) -> str:
    """From as-of and lake generation, with a counter from 2 where that name is taken."""
    first = f"{request.as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-g{request.lake.generation}"
    taken = {path.name for path in (home / _RELEASES).glob(f"{first}*")}
    number, release_id = 1, first
    while release_id in taken:
        number += 1
        release_id = f"{first}-{number}"
    return release_id


def _order(release_id: str) -> tuple[str, int, int]:
    match = _RELEASE_ID.fullmatch(release_id)
    return (match[1], int(match[2]), int(match[3] or 1)) if match else (release_id, 0, 0)


def _remove_drafts(home: Path) -> None:
    for path in (home / _RELEASES).glob(f"{_DRAFT}*"):
        shutil.rmtree(path)


def _write_durably(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _flush(folder: Path) -> None:
    """Put a folder's entries on disk, and with them the renames in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
