"""Nights in tests: a home, a source that is a dump or a database, what the lake holds afterwards.

What belongs here: helpers that run `load` and compare lakes. What does not: documents (synthetic.py).
Surrogates of people are random: homes that are compared share one people file, as the design says.
"""

import itertools
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import bson
import polars as pl
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from pipelines.extract.dump import open_dump
from pipelines.extract.mongo import MongoSource, open_mongo
from pipelines.extract.reader import Source
from pipelines.home import Home
from pipelines.night import Loaded, load
from pipelines.settings import Settings
from tests.integration import mongod
from tests.integration.synthetic import DATABASE, PEOPLE, Documents, fill, write_dump
from warehouse.lake import Lake
from warehouse.tables import DAY_TABLES, LAKE_TABLES, SOURCE_FILES

AS_OF: Final = datetime(2026, 3, 13, 4, tzinfo=UTC)
IDENTITY: Final = "name:tests"
ONE_PROCESS: Final = Settings(processes=1)

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Database:
    """One database of the server."""

    client: mongod.Client
    uri: str
    name: str
    opened: list[Source] = field(default_factory=list)

    def put(self, documents: Documents) -> None:
        fill(self.client[self.name], documents)

    def put_files(self, folder: Path) -> None:
        """Every .bson file of a dump."""
        for file in sorted(folder.glob("*.bson")):
            with file.open("rb") as stream:
                found = bson.decode_file_iter(stream, CodecOptions(document_class=RawBSONDocument))
                while portion := list(itertools.islice(found, 20_000)):
                    self.client[self.name][file.stem].insert_many(portion, ordered=False)

    def put_more(self, documents: Documents) -> None:
        """Documents beside those that are there."""
        for name, rows in documents.items():
            if rows:
                self.client[self.name][name].insert_many([dict(row) for row in rows])

    def replace(self, collection: str, document: Mapping[str, Any]) -> None:
        """The document in the place of the one with its id, or as a new one."""
        held = self.client[self.name][collection]
        held.replace_one({"_id": document["_id"]}, dict(document), upsert=True)

    def source(self, settings: Settings = ONE_PROCESS) -> MongoSource:
        source = open_mongo(self.uri, self.name, IDENTITY, settings.batch_documents)
        self.opened.append(source)
        return source

    def drop(self) -> None:
        for source in self.opened:
            source.close()
        self.client.drop_database(self.name)


def dump_of(folder: Path, documents: Documents, settings: Settings = ONE_PROCESS) -> Source:
    """The documents as a dump, in the place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    write_dump(folder, documents)
    return open_dump(folder, DATABASE, IDENTITY, settings.batch_documents)


def new_home(root: Path) -> Home:
    """A home with the people file that all homes of a test share."""
    home = Home(root)
    home.lake.mkdir(parents=True)
    home.people.write_text(json.dumps(PEOPLE))
    return home


def copy_of(home: Home, root: Path) -> Home:
    """Another home with the same lake."""
    shutil.copytree(home.root, root)
    return Home(root)


def night(home: Home, source: Source, settings: Settings = ONE_PROCESS, *, as_of: datetime = AS_OF) -> Loaded:
    """One night; it reads at the time it speaks of."""
    with home.locked():
        return load(home, source, settings, as_of=as_of, read_at=as_of)


def nights(home: Home, source: Source, count: int, settings: Settings = ONE_PROCESS) -> datetime:
    """So many nights, a day apart, after AS_OF; the time of the last."""
    as_of = AS_OF
    for _ in range(count):
        as_of += timedelta(days=1)
        night(home, source, settings, as_of=as_of)
    return as_of


def tables(home: Home) -> Tables:
    """Every row of the lake, sorted, as of its generation, but for checksums of bytes as they were sent."""
    lake = Lake(home.lake)
    compared = (table for table in LAKE_TABLES if table is not SOURCE_FILES)
    rows = {table.name: lake.scan(table).collect().sort(table.sort_by) for table in compared}
    rows["source_days"] = rows["source_days"].drop("checksum")
    return rows


def differences(one: Tables, other: Tables) -> list[str]:
    """In words, where two lakes differ: rows of one alone, or the columns in which a row differs."""
    found: list[str] = []
    for name, rows in one.items():
        if not rows.equals(other[name]):
            found += _differences(name, rows, other[name])
    return found


def _differences(name: str, one: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    grain = next(table.grain for table in LAKE_TABLES if table.name == name)
    here, there = (
        {tuple(row[key] for key in grain): row for row in rows.to_dicts()} for rows in (one, other)
    )
    found = [f"{name} {key}: only in one" for key in here.keys() - there.keys()]
    found += [f"{name} {key}: only in the other" for key in there.keys() - here.keys()]
    for key in here.keys() & there.keys():
        columns = [column for column in one.columns if here[key][column] != there[key][column]]
        if columns:
            found.append(f"{name} {key}: {[(col, here[key][col], there[key][col]) for col in columns]}"[:400])
    return found or [f"{name}: other columns or order"]


def assert_same(one: Tables, other: Tables) -> None:
    found = differences(one, other)
    assert not found, "\n".join(["lakes differ:", *found[:20]])


def changed_days(before: Tables, after: Tables) -> set[Any]:
    """Days on which a row of a day table differs."""
    days: set[Any] = set()
    for table in DAY_TABLES:
        one, other = before[table.name], after[table.name]
        for day in pl.concat([one["triggered_date"], other["triggered_date"]]).unique():
            is_of_day = pl.col("triggered_date") == day
            if not one.filter(is_of_day).equals(other.filter(is_of_day)):
                days.add(day)
    return days


def row(rows: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    """The one row with these values."""
    found = rows.filter(*(pl.col(name) == value for name, value in keys.items()))
    assert found.height == 1, f"{found.height} rows with {keys}"
    return found.row(0, named=True)


def picked(rows: pl.DataFrame, columns: Iterable[str], **keys: Any) -> list[tuple[Any, ...]]:
    """These columns of the rows with these values, in the table's order."""
    return rows.filter(*(pl.col(name) == value for name, value in keys.items())).select(*columns).rows()
