"""Releases: built aside in a draft, published in one step, immutable after it.

What belongs here: the folders of releases, which one is current, what a release says of itself.
What does not: filling a draft (drafts.py), running models (build.py) and reading a release (connection.py).

A publication is: rename the draft to its release id, then replace current.json, then the symlink for people.
Killed at any point, current.json names a complete release; the next build removes the draft.
"""

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

from warehouse.connection import DATABASE_NAME, open_release
from warehouse.drafts import RELEASES, Draft, Place
from warehouse.errors import DataError, UsageError
from warehouse.gate_verdicts import Judge
from warehouse.manifest import MANIFEST_NAME, Manifest
from warehouse.requests import BuildRequest, Limits
from warehouse.storage import storage_errors

CURRENT_FILE: Final = "current.json"
CURRENT_LINK: Final = "current"

_READ_ONLY: Final = 0o444
_RELEASE_ID: Final = re.compile(r"(\d{8}T\d{6}Z)-g(\d+)(?:-(\d+))?")


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


def open_draft(
    home: Path,
    request: BuildRequest,
    limits: Limits | None = None,
    *,
    name: str | None = None,
    seed: Release | None = None,
) -> Draft:
    """A draft of what is asked for, empty, or with the tables of `seed`; earlier drafts go."""
    home = home.resolve()
    release_id = _next_id(home, request)
    place = Place(home, name or release_id, release_id, seed.database if seed else None)
    return Draft(place, request, limits or Limits())


def build_release(
    home: Path, request: BuildRequest, limits: Limits | None = None, judge: Judge | None = None
) -> Release:
    """Build a release aside, let the judge read the draft, publish it; an error leaves the current as it was.

    DataError where a model or a blocking check is breached: the draft stays until the next build.
    """
    with open_draft(home, request, limits) as draft:
        draft.build_all()
        draft.judge(judge or (lambda _: ()))
        return publish_draft(home, draft)


def publish_draft(home: Path, draft: Draft) -> Release:
    """Finish a draft and make it the current release; UsageError where it is not whole.

    DataError where a reader could not have the facts that it does not hold.
    """
    manifest = draft.finish()
    with storage_errors("write", draft.folder):
        _write_durably(draft.folder / MANIFEST_NAME, manifest.to_json())
    if manifest.fact_views:
        with open_release(draft.folder, threads=1) as connection:
            connection.require_facts()
    with storage_errors("write", draft.folder):
        return publish(home.resolve(), draft.folder, manifest)


def publish(home: Path, draft: Path, manifest: Manifest) -> Release:
    """Make a complete draft the current release."""
    for file in draft.iterdir():
        file.chmod(_READ_ONLY)
    _flush(draft)
    folder = home / RELEASES / manifest.release_id
    draft.rename(folder)
    _flush(folder.parent)
    place = f"{RELEASES}/{manifest.release_id}"
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
        raise DataError(f"{path} cannot be read ({type(error).__name__}); run `exr build` anew.") from error
    if not isinstance(place, str):
        raise DataError(f"{path} cannot be read (its path is no text); run `exr build` anew.")
    return Release(home / place, Manifest.read(home / place))


def list_releases(home: Path) -> list[Release]:
    """Every published release, oldest as-of first; of one as-of and generation in the order of building."""
    folders = [path for path in (home / RELEASES).glob("*") if _RELEASE_ID.fullmatch(path.name)]
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
    folder = home / RELEASES / release_id
    if not _RELEASE_ID.fullmatch(release_id) or not folder.is_dir():
        raise UsageError(f"There is no release {release_id}; `exr releases list` names the ones there are.")
    return Release(folder, Manifest.read(folder))


def _next_id(home: Path, request: BuildRequest) -> str:
    """From as-of and lake generation, with a counter from 2 where that name is taken."""
    first = f"{request.as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-g{request.lake.generation}"
    taken = {path.name for path in (home / RELEASES).glob(f"{first}*")}
    number, release_id = 1, first
    while release_id in taken:
        number += 1
        release_id = f"{first}-{number}"
    return release_id


def _order(release_id: str) -> tuple[str, int, int]:
    match = _RELEASE_ID.fullmatch(release_id)
    return (match[1], int(match[2]), int(match[3] or 1)) if match else (release_id, 0, 0)


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
