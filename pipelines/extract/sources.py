"""Opens the source that the settings name: the bundled sample, a mongodump folder or a MongoDB.

What belongs here: telling them apart, the home folder and the as-of each gets by default. What does not:
reading them (dump.py, mongo.py) and making the sample's dump (sample.py).
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from pipelines.extract.dump import open_dump
from pipelines.extract.fields import EARLIEST, LATEST
from pipelines.extract.mongo import open_mongo
from pipelines.extract.reader import Source
from pipelines.extract.sample import last_event, write_dump
from pipelines.home import Home
from pipelines.settings import SAMPLE_FOLDER, Settings
from warehouse.errors import SourceError, UsageError
from warehouse.lake import Lake

_URI: Final = re.compile(r"mongodb(\+srv)?://")
SAMPLE_IDENTITY: Final = "sample:lammps"


def home_of(settings: Settings) -> Home:
    """The home that is set, else ./var/<source name>."""
    return Home(settings.home or Path("var") / _name(settings))


def open_source(settings: Settings, home: Home) -> Source:
    """The source, not connected yet; the sample's dump is made inside the home at first use.

    Raises UsageError where the URI or the folder cannot be used; SourceError where the sample is asked for
    (a forgotten --source) and the home belongs to another source.
    """
    identity = f"name:{settings.source_name}" if settings.source_name else None
    if settings.source is None:
        _require_sample(home)
        dump = write_dump(SAMPLE_FOLDER, home.root / "source")
        return open_dump(dump, settings.database, SAMPLE_IDENTITY, settings.batch_documents)
    if _URI.match(settings.source):
        return open_mongo(settings.source, settings.database, identity, settings.batch_documents)
    return open_dump(Path(settings.source), settings.database, identity, settings.batch_documents)


def as_of_night(settings: Settings, started_at: datetime, given: str | None = None) -> datetime:
    """What a night is true for: the instant asked for, else the sample's last event, else its run's start.

    The start to the minute: a daily job starts some seconds after its hour, and nights end at the same time
    of day (ADR 0007).

    Raises UsageError where the text is no instant.
    """
    if given is None:
        is_live = settings.source is not None
        return started_at.replace(second=0, microsecond=0) if is_live else last_event(SAMPLE_FOLDER)
    try:
        instant = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"As-of '{given}' is no ISO 8601 time, such as 2026-08-22T19:50:58Z.") from None
    try:
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        instant = LATEST
    if not EARLIEST <= instant < LATEST:
        raise UsageError(
            f"As-of '{given}' is outside the years {EARLIEST.year} to {LATEST.year - 1} that are kept."
        )
    return instant


def _require_sample(home: Home) -> None:
    """Before half a gigabyte is written to a home whose night would be refused afterwards."""
    owner = Lake(home.lake).generation.source
    if owner is not None and owner != SAMPLE_IDENTITY:
        raise SourceError(
            f"Home {home.root} belongs to {owner}, not to {SAMPLE_IDENTITY}; "
            "name its source with --source, or choose another home with --home."
        )


def _name(settings: Settings) -> str:
    """A folder name for a source: what it is called, its database, or the folder it lies in."""
    if settings.source_name:
        return settings.source_name
    if settings.source is None:
        return "sample"
    if _URI.match(settings.source):
        return _database(settings.source) or settings.database
    return Path(settings.source).resolve().name


def _database(uri: str) -> str | None:
    """The database that a URI names; no server and no name service is asked."""
    try:
        name = parse_uri(uri.replace("mongodb+srv://", "mongodb://", 1), validate=False)["database"]
    except (PyMongoError, ValueError):
        return None  # open_mongo says what is wrong with it
    return str(name) if name else None
