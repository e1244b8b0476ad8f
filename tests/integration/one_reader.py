"""A reader in a process of its own, beside nights that publish: `python -m tests.integration.one_reader ...`.

What belongs here: looking at a home again and again and writing down what was seen. What does not: judging it
(test_readers.py). It says `begin` after its first round, and ends with the round that starts when its input
has ended.
"""

import json
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from warehouse.connection import ReleaseConnection, open_release
from warehouse.manifest import Manifest
from warehouse.releases import find_release

QUERIES: Final = {
    "release_id": "select release_id from release_info",
    "generation": "select lake_generation from release_info",
    "as_of": "select strftime(as_of, '%Y-%m-%dT%H:%M:%SZ') from met_nights",
    "executions": "select count(*) from fct_executions",
    "attempts": "select count(*) from fct_attempts",
    "tests": "select count(*) from dim_tests",
}
"""What tells one release from another, by five of its tables."""

GLANCES_S: Final = 0.03
"""How long, in each round, the current release is looked up again and again: to meet a gap of a moment."""

Facts: TypeAlias = dict[str, object]
Look: TypeAlias = dict[str, Facts | str]


def facts_of(connection: ReleaseConnection) -> Facts:
    return {name: connection.query(query).rows[0][0] for name, query in QUERIES.items()}


def declared(manifest: Manifest) -> Facts:
    """The same as the manifest says it."""
    return {
        "release_id": manifest.release_id,
        "generation": manifest.lake_generation,
        "as_of": f"{manifest.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "executions": manifest.row_counts["fct_executions"],
        "attempts": manifest.row_counts["fct_attempts"],
        "tests": manifest.row_counts["dim_tests"],
    }


def look(way: str, folder: Path, manifest: Manifest) -> Look:
    with open_release(folder, threads=1) as connection:
        return {"way": way, "tables": facts_of(connection), "manifest": declared(manifest)}


def one_round(home: Path) -> Iterator[Look]:
    """By current.json, then by the symlink, each resolved once."""
    release = find_release(home)
    yield look("current.json", release.folder, release.manifest)
    folder = (home / "current").resolve()
    yield look("symlink", folder, Manifest.read(folder))


def glance(home: Path) -> None:
    """Looks up the current release in both ways, as often as it can; it must be there with its manifest."""
    end = time.monotonic() + GLANCES_S
    while time.monotonic() < end:
        find_release(home)
        Manifest.read((home / "current").resolve(strict=True))


def main(home: str, written: str) -> None:
    first = find_release(Path(home))
    with open_release(first.folder, threads=1) as held, Path(written).open("w") as stream:
        is_last = is_begun = False
        while not is_last:
            is_last = bool(select.select([sys.stdin], [], [], 0)[0])
            looks = [*one_round(Path(home))]
            looks.append({"way": "held", "tables": facts_of(held), "manifest": declared(first.manifest)})
            stream.writelines(json.dumps(one) + "\n" for one in looks)
            stream.flush()
            if not is_begun:
                sys.stdout.write("begin\n")
                sys.stdout.flush()
            is_begun = True
            glance(Path(home))


if __name__ == "__main__":
    main(*sys.argv[1:])
