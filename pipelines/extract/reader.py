"""What a source is: collections that hand out raw BSON batches for a selection; the flat look at a batch.

What belongs here: the Selection, the Source protocol and what both sources share. What does not: MongoDB
(mongo.py), files (dump.py), decoding into tables (decode.py).

A source may hand out more documents than the selection names, never fewer: everything downstream is
idempotent.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Protocol

import bson
import polars as pl
import pyarrow as pa

from pipelines.extract.batches import Batch, offsets
from pipelines.extract.decode import OBJECT_ID, OPTIONS, arrow_table, with_plain_id
from pipelines.extract.documents import Document
from pipelines.extract.fields import EARLIEST, LATEST, FieldError, Kind, read

_TIME: Final = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents of a collection: all of them, or those that meet the one criterion that is set."""

    since: datetime | None = None
    """Changed at or after."""
    days: tuple[date, ...] | None = None
    """Of these UTC days, by the collection's day fields."""
    keys: frozenset[str] | None = None
    """Whose `refers_by` fields hold one of these."""

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The days as half-open instants, neighbours joined."""
        spans: list[tuple[datetime, datetime]] = []
        for day in sorted(set(self.days or ())):
            start = datetime.combine(day, time(), UTC)
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], start + timedelta(days=1))
            else:
                spans.append((start, start + timedelta(days=1)))
        return spans


EVERYTHING: Final = Selection()


class Source(Protocol):
    """A place that executions are read from."""

    @property
    def identity(self) -> str:
        """Tells one source from another; holds no credentials."""

    def collection(self, aliases: Sequence[str]) -> str | None:
        """The first of the names that the source holds."""

    def estimate(self, collection: str) -> int | None:
        """About how many documents a collection holds; None where only reading it would tell."""

    def content_hash(self, collection: str) -> str | None:
        """Equal for equal documents in equal order; None where only reading them would tell."""

    def batches(self, collection: str, document: Document, selection: Selection) -> Iterator[Batch]:
        """Raw documents, at least those selected."""

    def names(self) -> list[str]:
        """All collections that the source holds."""

    def sample(self, collection: str, size: int) -> Iterator[bytes]:
        """About that many raw documents, old and new ones; a document may come twice."""

    def indexes(self, collection: str) -> list[tuple[str, ...]] | None:
        """The fields of each index that a range can be read by; None where that cannot be known."""

    def close(self) -> None:
        """Lets go of connections."""


def split(data: bytes) -> Iterator[bytes]:
    """The documents of a batch, each by itself."""
    places = offsets(data)
    return (data[start:end] for start, end in pairwise(places))


def glance(batch: Batch, names: Iterable[str], kind: pa.DataType) -> pl.DataFrame | None:
    """`_id`, `_time` and these top-level fields of each document, values of another kind as null.

    None where the batch holds a document that cannot be looked at so (broken, or a field twice in it).
    """
    columns = {name: kind for name in names if name != "_id"} | {"_id": OBJECT_ID}
    table = arrow_table(columns, batch.data, len(offsets(batch.data)) - 1, allow_invalid=True)
    return None if table is None else with_plain_id(table)


def glance_references(batch: Batch, names: Sequence[str]) -> pl.DataFrame | None:
    """These top-level fields as text, whether written as text, ObjectIds or whole numbers; None as above."""
    count = len(offsets(batch.data)) - 1
    columns: dict[str, list[pl.Series]] = {name: [] for name in names}
    for kind in (pa.string(), OBJECT_ID, pa.int64()):
        table = arrow_table(dict.fromkeys(names, kind), batch.data, count, allow_invalid=True)
        if table is None:
            return None
        for name in names:
            columns[name].append(_as_text(table.column(name)))
    return pl.DataFrame({name: pl.select(pl.coalesce(forms)).to_series() for name, forms in columns.items()})


def _as_text(column: pa.ChunkedArray) -> pl.Series:
    values = pl.Series(column)
    return values.bin.encode("hex") if values.dtype == pl.Binary else values.cast(pl.String)


def earlier_day(instant: datetime) -> str:
    """The day before, as the beginning of ISO text: at or before any text of that instant in any offset."""
    return (instant.astimezone(UTC) - timedelta(days=1)).date().isoformat()


def day_sums(document: Document, batch: Batch) -> pl.DataFrame:
    """Per document its UTC day and a 63-bit hash of its bytes: columns document_date, document_hash."""
    raws = list(split(batch.data))
    hashes = [int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big") >> 1 for raw in raws]
    times = glance(batch, document.day[:1], _TIME)
    days: list[date | None] = [None] * len(raws)
    if times is not None:
        first = pl.col(document.day[0] if document.day else "_time")
        days = (
            times.select(pl.when(first.is_between(EARLIEST, LATEST, closed="left")).then(first.dt.date()))
            .to_series()
            .to_list()
        )
    for place, day in enumerate(days):
        if day is None:
            days[place] = _day_slowly(document, raws[place])
    return pl.DataFrame(
        {"document_date": days, "document_hash": hashes},
        schema={"document_date": pl.Date, "document_hash": pl.Int64},
    )


def _day_slowly(document: Document, raw: bytes) -> date | None:
    """Day of a document whose first day field is no BSON date; null where nothing gives one."""
    try:
        values = bson.decode(raw, OPTIONS)
    except (bson.errors.InvalidBSON, ValueError, OverflowError, RecursionError):
        return None
    for name in document.day:
        try:
            value = read(Kind.TIME, values.get(name), name)
        except FieldError:
            continue
        if isinstance(value, datetime):
            return value.astimezone(UTC).date()
    identity = values.get("_id")
    return identity.generation_time.date() if isinstance(identity, bson.ObjectId) else None
