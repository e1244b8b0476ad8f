"""Offers a reader the facts that a release does not hold: its views, over exactly the files it names.

What belongs here: which files may be read, whether they are the ones that were built from, and what is said
where they are not. What does not: the lock itself (connection.py) and what a view is (fact_views.py).

A file is compared by its size: a file of the lake never changes, and what replaced one has another size as
good as always. The row checksums of the manifest are the full proof, and read every row.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Self

import duckdb

from warehouse.duckdb_text import first_line, sql_text, without_wildcards
from warehouse.errors import DataError
from warehouse.fact_views import SUPPORT, FactViews
from warehouse.manifest import Manifest

_ADVICE = "bring it back from a backup, or run `exr build` for a new release"


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
        manifest = Manifest.read(folder)
        if manifest.fact_views is None:
            raise DataError(
                f"The manifest in {folder} says nothing of the facts that the release lacks; {_ADVICE}."
            )
        home = folder.parents[1]
        files = {
            name: [home / _inside(path, folder) for path in manifest.lake_files.get(name, ())]
            for name in manifest.fact_views.scans
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

        Called when nothing but the allowed files is in reach: what a manifest says is SQL, and runs.
        """
        self._problem = next(self._wrong_files(), None)
        if self._problem:
            return
        try:
            connection.execute("begin")
            for statement in self._statements():
                _create(connection, statement)
            for view in self._facts.views:
                for comment in view.comments():
                    connection.execute(comment)
            connection.execute("commit")
        except duckdb.OutOfMemoryException:  # the reader's limit, not the files
            raise
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

    def _statements(self) -> Iterator[str]:
        yield from self._facts.macros
        scans = {name: one.over(self._files[name]) for name, one in self._facts.scans.items()}
        for view in self._facts.views:
            yield view.statement(scans)

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

    def _unreadable(self, error: duckdb.Error) -> str:
        return (
            f"The facts of release {self._release_id} cannot be read from the lake ({first_line(error)}); "
            f"{_ADVICE}."
        )

    def _sentence(self, need: str) -> str:
        return f"Release {self._release_id} needs the lake file {need}; {_ADVICE}."


def _inside(path: str, folder: Path) -> str:
    """The path; DataError where it would let readers out of the home."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise DataError(f"The manifest in {folder} names {path}, outside of the home; {_ADVICE}.")
    return path


def _create(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Run what a manifest says, when it is one statement that creates something."""
    found = connection.extract_statements(statement)
    if len(found) != 1 or found[0].type is not duckdb.StatementType.CREATE:
        raise duckdb.InvalidInputException("The manifest holds a statement that creates no view")
    connection.execute(found[0])
