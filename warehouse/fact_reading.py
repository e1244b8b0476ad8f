"""Offers a reader the facts that a release does not hold: its views, over exactly the files it names.

What belongs here: which files may be read, whether they are the ones that were built from, and what is said
where they are not. What does not: the lock itself (connection.py) and what a view is (fact_views.py).

A file is compared by its size: a file of the lake never changes, and what replaced one has another size as
good as always. The row checksums of the manifest are the full proof, and read every row.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, Self

import duckdb

from warehouse.duckdb_text import first_line, sql_text, without_wildcards
from warehouse.errors import DataError, UsageError
from warehouse.fact_views import SUPPORT, FactViews
from warehouse.home_paths import require_usable
from warehouse.lake_scans import LakeScan
from warehouse.manifest import Manifest

_LAKE: Final = "lake"
"""Folder of a home to which the paths of a manifest lead."""

_LEVELS: Final = 2
"""How far a release lies below its home: <home>/releases/<release_id>."""

_ADVICE: Final = "bring it back from a backup, or run `exr build` for a new release"


class OfferedFacts:
    """The fact views of one release in one reader's session."""

    def __init__(self, release_id: str, facts: FactViews, files: dict[str, list[Path]]) -> None:
        """`files`: absolute, by table of the lake."""
        self._release_id, self._facts, self._files = release_id, facts, files
        self._problem: str | None = None

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, folder: Path) -> Self | None:
        """Those of the release in use; None where its facts are tables. DataError for a bad manifest."""
        held = "select 1 from duckdb_schemas() where database_name = current_database() and schema_name = ?"
        if connection.execute(held, [SUPPORT]).fetchone() is None:
            return None
        folder = folder.resolve()
        home = _home_of(folder)
        manifest = Manifest.read(folder)
        if manifest.fact_views is None:
            raise DataError(
                f"The manifest in {folder} says nothing of the facts that the release lacks; {_ADVICE}."
            )
        _require_tables_only(connection, folder)
        files = {
            name: [_lake_file(home, folder, path, name, one) for path in manifest.lake_files.get(name, ())]
            for name, one in manifest.fact_views.scans.items()
        }
        return cls(manifest.release_id, manifest.fact_views, files)

    def allowed_paths(self) -> str:
        """The one list of files that a session may read, as an SQL list."""
        plain = [str(file) for files in self._files.values() for file in files]
        # DuckDB asks for a file under the name in the query, then under its own
        named = dict.fromkeys(name for path in plain for name in (path, without_wildcards(path)))
        return f"[{', '.join(map(sql_text, named))}]"

    def create(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The views with their comments; where files are wrong there are none, and `error` says why.

        Called when nothing but the allowed files is in reach.
        """
        self._problem = next(self._wrong_files(), None)
        if self._problem:
            return
        scans = {name: one.over(self._files[name]) for name, one in self._facts.scans.items()}
        try:
            self._facts.require_reading(connection)
            connection.execute("begin")
            for statement in self._facts.statements(scans):
                connection.execute(statement)
            connection.execute("commit")
        except duckdb.OutOfMemoryException:  # the reader's limit, not the files
            raise
        except UsageError as error:
            self._problem = self._unreadable(error)
        except duckdb.Error as error:
            connection.execute("rollback")
            self._problem = self._unreadable(error)

    def require_offered(self) -> None:
        """DataError where the views could not be created."""
        if self._problem:
            raise DataError(self._problem)

    def error(self, sql: str, error: duckdb.Error) -> DataError | None:
        """What a failed query says of the files; None where it asked for no facts or they are as built."""
        if not any(re.search(rf"\b{view.name}\b", sql, re.IGNORECASE) for view in self._facts.views):
            return None
        problem = self._problem or next(self._wrong_files(), None)
        if problem is None and self._is_of_a_file(sql, str(error)):
            problem = self._unreadable(error)
        return DataError(problem) if problem else None

    def _wrong_files(self) -> Iterator[str]:
        for name, files in self._files.items():
            for file, size in zip(files, self._facts.scans[name].file_sizes, strict=True):
                try:
                    found = file.stat().st_size
                except OSError as error:
                    yield self._sentence(f"{file}, which cannot be found ({error.strerror})")
                else:
                    if found != size:
                        yield self._sentence(f"{file} as it was, {size} bytes, and it has {found} now")

    def _is_of_a_file(self, sql: str, message: str) -> bool:
        """Whether the message is about a file of ours that the query did not name itself."""
        paths = (str(file) for files in self._files.values() for file in files)
        return any(path in message and path not in sql for path in paths)

    def _unreadable(self, error: Exception) -> str:
        return (
            f"The facts of release {self._release_id} cannot be read from the lake ({first_line(error)}); "
            f"{_ADVICE}."
        )

    def _sentence(self, need: str) -> str:
        return f"Release {self._release_id} needs the lake file {need}; {_ADVICE}."


def _home_of(folder: Path) -> Path:
    """The home in which a release lies; DataError where there can be none, UsageError where none may be."""
    if len(folder.parents) < _LEVELS:
        raise DataError(
            f"The facts of the release in {folder} are in the lake of its home, and {folder} lies in none; "
            "open it where it was published, at releases/ of its home."
        )
    home = folder.parents[_LEVELS - 1]
    require_usable(home / _LAKE)
    return home


def _lake_file(home: Path, folder: Path, path: str, table: str, scan: LakeScan) -> Path:
    """The absolute path; DataError unless it is a data file of this table, also where symlinks lead."""
    parts = PurePosixPath(path).parts
    is_named_right = (
        "/".join(parts) == path
        and parts[:2] == (_LAKE, table)
        and ".." not in parts
        and path.endswith(".parquet")
        # a folder `outcome=passed` would change that column in every row
        and all(scan.partition and part.startswith(f"{scan.partition}=") for part in parts[2:-1])
    )
    file = home / path
    if not is_named_right or not file.resolve().is_relative_to((home / _LAKE).resolve() / table):
        raise DataError(
            f"The manifest in {folder} names {path}, which is no file of the lake table {table}; {_ADVICE}."
        )
    return file


def _require_tables_only(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """DataError where the file of the release holds more: a kept view or macro can write to an allowed file.

    Asked only of a release whose facts are views (40 ms); a reader of others has no file to write to.
    """
    kept = (
        "select view_name from duckdb_views() where database_name = current_database() and not internal "
        "union all "
        "select function_name from duckdb_functions() "
        "where database_name = current_database() and not internal"
    )
    found = connection.execute(kept).fetchall()
    if found:
        raise DataError(
            f"The release in {folder} holds the view or macro {found[0][0]}, which no build keeps; {_ADVICE}."
        )
