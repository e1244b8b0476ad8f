"""A folder as mongodump writes it: `<database>/<collection>.bson` or `.bson.gz`, one document behind another.

What belongs here: finding the files, cutting them at document boundaries, choosing documents of a selection.
What does not: what documents mean (documents.py, decode.py).
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Final

import polars as pl
import pyarrow as pa

from pipelines.extract.batches import Batch, Refused, offsets
from pipelines.extract.decode import is_document
from pipelines.extract.documents import Document
from pipelines.extract.indexes import plain_indexes
from pipelines.extract.reader import (
    Selection,
    day_sums,
    earlier_day,
    glance,
    glance_references,
)
from pipelines.extract.spread import spread, thinned
from pipelines.settings import shown_source
from warehouse.errors import SourceError, UsageError

_CHUNK_BYTES: Final = 8 << 20
_LARGEST_BYTES: Final = 64 << 20
"""No document is near it (the server's limit is 16 MiB): a greater length is damage, not data."""
_SUFFIXES: Final = (".bson", ".bson.gz")


@dataclass(frozen=True, slots=True)
class DumpSource:
    """One database of a dump folder."""

    folder: Path
    identity: str
    batch_documents: int

    def collection(self, aliases: Sequence[str]) -> str | None:
        return next((name for name in aliases if _file_of(self.folder, name)), None)

    def estimate(self, collection: str) -> int | None:
        """From the file's size and its first documents; None for a compressed file."""
        path = _file_of(self.folder, collection)
        if path is None or path.suffix == ".gz":
            return None
        first = next(self._cut(path), None)
        if first is None or not first.data:
            return None
        return round(path.stat().st_size * (len(offsets(first.data)) - 1) / len(first.data))

    def content_hash(self, collection: str) -> str | None:
        """Of the file's bytes, which takes a second per gigabyte."""
        path = _file_of(self.folder, collection)
        if path is None:
            return None
        try:
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, partial(hashlib.blake2b, digest_size=16)).hexdigest()
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}.") from error

    def batches(self, collection: str, document: Document, selection: Selection) -> Iterator[Batch]:
        """Raises SourceError where the file cannot be opened; damage inside it is a refused document."""
        path = _file_of(self.folder, collection)
        if path is None:
            raise SourceError(f"{self.folder} holds no {collection}.bson or {collection}.bson.gz.")
        for batch in self._cut(path):
            chosen = _chosen(batch, document, selection) if batch.data else batch
            if chosen.data or chosen.damage:
                yield chosen

    def names(self) -> list[str]:
        files = (child.name for child in self.folder.iterdir() if child.name.endswith(_SUFFIXES))
        names = {name.removesuffix(".gz").removesuffix(".bson") for name in files}
        return sorted(name for name in names if not name.startswith("system."))

    def sample(self, collection: str, size: int) -> Iterator[bytes]:
        """Spread over the file; of a compressed one over its first 256 MiB."""
        path = _file_of(self.folder, collection)
        if path is None:
            return
        if path.suffix == ".bson":
            yield from spread(path, size)
            return
        with _open(path) as stream:
            yield from thinned(stream, size)

    def indexes(self, collection: str) -> list[tuple[str, ...]] | None:
        """From the description that mongodump lays beside the file; None without one."""
        plain = self.folder / f"{collection}.metadata.json"
        for path in (plain, plain.with_suffix(".json.gz")):
            try:
                with _open(path) as stream:
                    return plain_indexes(json.load(stream)["indexes"])
            except (
                SourceError,
                EOFError,
                zlib.error,
                OSError,
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
            ):
                continue
        return None

    def close(self) -> None:
        """Files are closed as they are read."""

    def _cut(self, path: Path) -> Iterator[Batch]:
        """Batches of whole documents; damage ends the file and is said once, with its place."""
        kept, begin, is_end, problem = b"", 0, False, None
        with _open(path) as stream:
            while not is_end and problem is None:
                chunk, trouble = _read_on(stream, path)
                kept, is_end = kept + chunk, len(chunk) < _CHUNK_BYTES
                places, problem = _places(kept)
                problem = problem or trouble
                if is_end and problem is None and places[-1] < len(kept):
                    problem = "the file ends inside a document"
                if problem:
                    places = _without_damaged(kept, places)
                for first in range(0, len(places) - 1, self.batch_documents):
                    last = min(first + self.batch_documents, len(places) - 1)
                    yield Batch(kept[places[first] : places[last]])
                begin, kept = begin + places[-1], kept[places[-1] :]
        if problem:
            yield Batch(b"", damage=Refused(f"{path.name} at byte {begin}", f"{problem} (dump it again)"))


def open_dump(folder: Path, database: str, identity: str | None, batch_documents: int) -> DumpSource:
    """The dump in this folder; UsageError where it holds no database, or several and none by this name."""
    if not folder.is_dir():
        shown = shown_source(str(folder))
        raise UsageError(f"Source {shown} is neither a MongoDB URI nor a folder; see exr extract --help.")
    place = _database_folder(folder, database)
    return DumpSource(place, identity or f"dump:{place.resolve()}", batch_documents)


def _database_folder(folder: Path, database: str) -> Path:
    if (folder / database).is_dir():
        return folder / database
    if _has_bson(folder):
        return folder
    found = sorted(child for child in folder.iterdir() if child.is_dir() and _has_bson(child))
    if len(found) == 1:
        return found[0]
    names = ", ".join(child.name for child in found) or "none"
    raise UsageError(f"Folder {folder} holds no database {database} (found: {names}); set EXR_DATABASE.")


def _has_bson(folder: Path) -> bool:
    return any(child.name.endswith(_SUFFIXES) for child in folder.iterdir())


def _file_of(folder: Path, collection: str) -> Path | None:
    paths = (folder / f"{collection}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in paths if path.is_file()), None)


def _open(path: Path) -> IO[bytes]:
    try:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


def _read_on(stream: IO[bytes], path: Path) -> tuple[bytes, str | None]:
    """The next bytes, and what is wrong behind them. In pieces, since a read that fails loses what it had."""
    pieces, wanted = [], _CHUNK_BYTES
    try:
        while wanted > 0 and (piece := stream.read1(wanted)):  # type: ignore[attr-defined]
            pieces.append(piece)
            wanted -= len(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b"".join(pieces), "the compressed file is cut off or damaged"
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    return b"".join(pieces), None


def _places(data: bytes) -> tuple[list[int], str | None]:
    """Boundaries of the whole documents in `data`, and what is wrong with what follows them."""
    places = [0]
    while len(data) - places[-1] >= 4:
        place = places[-1]
        length = int.from_bytes(data[place : place + 4], "little", signed=True)
        if not 5 <= length <= _LARGEST_BYTES:
            return places, "a document's length cannot be; nothing behind it was read"
        if place + length > len(data):
            break
        if data[place + length - 1]:
            return places, "a document does not end where its length says; nothing behind it was read"
        places.append(place + length)
    return places, None


def _without_damaged(data: bytes, places: list[int]) -> list[int]:
    """Without a last document that is none: its own wrong length may be why the next makes no sense."""
    if len(places) > 1 and not is_document(data[places[-2] : places[-1]]):
        return places[:-1]
    return places


def _chosen(batch: Batch, document: Document, selection: Selection) -> Batch:
    """The documents of a batch that a selection names."""
    mask = _mask(batch, document, selection)
    if mask is None or mask.all():
        return batch
    places = offsets(batch.data)
    return Batch(b"".join(batch.data[places[i] : places[i + 1]] for i in mask.arg_true()))


def _mask(batch: Batch, document: Document, selection: Selection) -> pl.Series | None:
    """Which documents are named; None where all are, or where that cannot be told without decoding them."""
    if selection.since is not None:
        return _is_changed(batch, document, selection.since)
    if selection.days is not None:
        return day_sums(document, batch)["document_date"].is_in(list(selection.days)).fill_null(value=False)
    if selection.keys is not None:
        keys = pl.Series(sorted(selection.keys), dtype=pl.String)
        names = glance_references(batch, document.refers_by)
        if names is None:
            return None
        named = [pl.col(name).is_in(keys.implode()) for name in document.refers_by]
        return names.select(pl.any_horizontal(named).fill_null(value=False)).to_series()
    return None


def _is_changed(batch: Batch, document: Document, since: datetime) -> pl.Series | None:
    """Any clock of a document at or after `since`; clocks that are ISO text are compared by their day."""
    times = glance(batch, document.clock, pa.timestamp("ms", tz="UTC"))
    texts = glance(batch, document.clock, pa.string())
    if times is None or texts is None:
        return None
    newer = [pl.col(name) >= since for name in (*document.clock, "_time")]
    newer_text = [pl.col(name).str.strip_chars_start() >= earlier_day(since) for name in document.clock]
    by_time = times.select(pl.any_horizontal(newer).fill_null(value=False)).to_series()
    if not newer_text:
        return by_time
    return by_time | texts.select(pl.any_horizontal(newer_text).fill_null(value=False)).to_series()
