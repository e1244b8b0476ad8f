"""What a release says of itself: the table `release_info`, and the manifest with its counts and checksums.

What belongs here: writing both at the end of a build. What does not: the manifest's file (manifest.py).
"""

from datetime import UTC
from typing import Final

import duckdb

from warehouse.checksums import row_sums
from warehouse.comments import create_commented_table
from warehouse.duckdb_text import first_line
from warehouse.errors import StorageError
from warehouse.fact_views import FactViews
from warehouse.gate_verdicts import VerdictRow
from warehouse.manifest import Manifest
from warehouse.requests import BuildRequest

SCHEMA_VERSION: Final = 1
"""Version of the tables' contract that others rely on; raised when a name or meaning changes."""

RELEASE_INFO: Final = "release_info"

_COLUMNS: Final = {
    "release_id": ("varchar", "Name of the release."),
    "as_of": ("timestamptz", "The instant for which the release is true."),
    "code_version": ("varchar", "Version of the code that built it."),
    "schema_version": ("integer", "Version of the tables' contract."),
    "params_hash": ("varchar", "Names the policy of the build."),
    "lake_generation": ("bigint", "Generation of the lake it was built from."),
    "source": ("varchar", "Identity of the source of the lake."),
}


def sum_up(
    connection: duckdb.DuckDBPyConnection,
    release_id: str,
    request: BuildRequest,
    verdicts: list[VerdictRow],
    fact_views: FactViews | None = None,
) -> Manifest:
    """Writes release_info, counts and sums up every table and view of facts, and puts it all on disk."""
    facts: dict[str, object] = {
        "release_id": release_id,
        "as_of": request.as_of,
        "code_version": request.code_version,
        "schema_version": SCHEMA_VERSION,
        "params_hash": request.policy.params_hash,
        "lake_generation": request.lake.generation,
        "source": request.lake.source,
    }
    create_commented_table(connection, RELEASE_INFO, "One row: what this release is.", _COLUMNS)
    marks = ", ".join("?" for _ in _COLUMNS)
    connection.execute(f"insert into {RELEASE_INFO} values ({marks})", [facts[column] for column in _COLUMNS])
    try:
        connection.execute("set fsync_mode = 'STANDARD'")
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise StorageError(
            f"The draft of {release_id} cannot be written ({first_line(error)}); free space, then run again."
        ) from error
    names = [
        str(row[0])
        for row in connection.execute(
            "select table_name from duckdb_tables() where not temporary and schema_name = 'main'"
        ).fetchall()
    ]
    names += [view.name for view in fact_views.views] if fact_views else []
    sums = dict(sorted(row_sums(connection, names).items()))
    return Manifest(
        release_id=release_id,
        as_of=request.as_of.astimezone(UTC),
        code_version=request.code_version,
        schema_version=SCHEMA_VERSION,
        params_hash=request.policy.params_hash,
        lake_generation=request.lake.generation,
        source=request.lake.source,
        lake_files={name: list(paths) for name, paths in sorted(request.lake.files.items())},
        row_counts={name: each.row_count for name, each in sums.items()},
        row_checksums={name: each.checksum for name, each in sums.items()},
        gate_verdicts=verdicts,
        lake_versions=dict(sorted(request.lake.versions.items())),
        fact_views=fact_views,
    )
