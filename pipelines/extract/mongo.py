"""A MongoDB database as a source: filters and projections on the server, raw batches over the wire.

What belongs here: the connection, a Selection as a filter, the errors a server gives. What does not: what
documents mean (documents.py, decode.py), which of them are malformed (containers.py).
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)
from pymongo.uri_parser import parse_uri

from pipelines.extract.anatomy import NEVER_READ
from pipelines.extract.batches import Batch
from pipelines.extract.containers import shown, wrong_filter
from pipelines.extract.documents import Document
from pipelines.extract.fields import leaf_paths
from pipelines.extract.indexes import plain_indexes
from pipelines.extract.reader import Selection, earlier_day, split
from warehouse.errors import SourceError, UsageError

_KEYS_AT_A_TIME: Final = 5_000
_PATIENCE_MS: Final = 5_000
_DENIED: Final = (13, 18, 8000)
_WHOLE: Final = re.compile(r"-?\d{1,18}")

_SAMPLE_BATCH: Final = 200
_PLACES_OF_SECRETS: Final = (
    *("", "embedded_steps.", "embedded_step_traces.", "step_results.", "test_case_results.step_results."),
    *("execution_config.", "payload.execution_config."),
)

Filter = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MongoSource:
    """One database of a MongoDB."""

    client: MongoClient[dict[str, Any]]
    database: str
    identity: str
    batch_documents: int

    def collection(self, aliases: Sequence[str]) -> str | None:
        with _explained(self.identity):
            names = set(self.client[self.database].list_collection_names())
        return next((name for name in aliases if name in names), None)

    def estimate(self, collection: str) -> int | None:
        with _explained(self.identity):
            return int(self.client[self.database][collection].estimated_document_count())

    def content_hash(self, collection: str) -> str | None:
        """A server does not know."""
        return None

    def batches(self, collection: str, document: Document, selection: Selection) -> Iterator[Batch]:
        """Raises SourceError where the server cannot be reached or refuses."""
        stored: Any = self.client[self.database][collection]
        projection = dict.fromkeys(leaf_paths(document.fields), 1)
        malformed = wrong_filter(document.fields)
        with _explained(self.identity):
            for chosen in filters(document, selection):
                sound = {"$and": [chosen, {"$nor": malformed}]} if malformed else chosen
                for data in stored.find_raw_batches(sound, projection, batch_size=self.batch_documents):
                    if data:
                        yield Batch(data)
                if malformed:
                    others = {"$and": [chosen, {"$or": malformed}]}
                    steps = [{"$match": others}, {"$project": shown(document.fields)}]
                    for data in stored.aggregate_raw_batches(steps, batchSize=self.batch_documents):
                        if data:
                            yield Batch(data)

    def names(self) -> list[str]:
        with _explained(self.identity):
            names = self.client[self.database].list_collection_names()
        return sorted(name for name in names if not name.startswith("system."))

    def sample(self, collection: str, size: int) -> Iterator[bytes]:
        """Three of four at random, the others the newest; fields of NEVER_READ stay on the server."""
        stored: Any = self.client[self.database][collection]
        newest = max(size // 4, 1)
        hidden = {place + name: 0 for place in _PLACES_OF_SECRETS for name in sorted(NEVER_READ)}
        drawn = [{"$sample": {"size": max(size - newest, 1)}}, {"$project": hidden}]
        with _explained(self.identity):
            for data in stored.aggregate_raw_batches(drawn, allowDiskUse=True, batchSize=_SAMPLE_BATCH):
                yield from split(data)
            last = stored.find_raw_batches({}, hidden, batch_size=_SAMPLE_BATCH).sort("_id", -1).limit(newest)
            for data in last:
                yield from split(data)

    def indexes(self, collection: str) -> list[tuple[str, ...]] | None:
        """None where the user may not list them, or where a view stands in for a collection."""
        try:
            with _explained(self.identity):
                return plain_indexes(self.client[self.database][collection].list_indexes())
        except SourceError:
            return None

    def close(self) -> None:
        self.client.close()


def open_mongo(uri: str, database: str, identity: str | None, batch_documents: int) -> MongoSource:
    """The database a URI names (else `database`); UsageError for a wrong URI. Connects on first use."""
    try:
        parsed = parse_uri(uri)
        client: MongoClient[dict[str, Any]] = MongoClient(
            uri, tz_aware=True, serverSelectionTimeoutMS=_PATIENCE_MS, appname="execution-reporting"
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise UsageError(
            f"The MongoDB URI cannot be used: {error}. It looks like mongodb://host:27017/database."
        ) from error
    name = parsed["database"] or database
    hosts = ",".join(sorted(f"{host}:{port}" for host, port in parsed["nodelist"]))
    return MongoSource(client, name, identity or f"mongodb:{hosts}/{name}", batch_documents)


@contextmanager
def _explained(identity: str) -> Iterator[None]:
    """Turns the driver's errors into one sentence each."""
    try:
        yield
    except OperationFailure as error:
        if error.code in _DENIED:
            raise SourceError(
                f"{identity} refuses to be read ({error.details and error.details.get('codeName')}); "
                "give its user the role read on this database."
            ) from error
        raise SourceError(f"{identity} refuses: {error}.") from error
    except ConnectionFailure as error:
        raise SourceError(
            f"{identity} does not answer within {_PATIENCE_MS // 1000} s; check the address and that it runs."
        ) from error
    except PyMongoError as error:
        raise SourceError(f"{identity} cannot be read: {error}.") from error


def filters(document: Document, selection: Selection) -> Iterator[Filter]:
    """One filter after the other that together find at least the selected documents."""
    if selection.since is not None:
        yield {"$or": list(_changed(document, selection.since))}
    elif selection.days is not None:
        spans = [clause for span in selection.spans() for clause in _within(document, span)]
        if spans:
            texts = [{name: {"$type": "string"}} for name in document.day]
            yield {"$or": spans + texts}
    elif selection.keys is not None:
        keys = sorted(selection.keys)
        for first in range(0, len(keys), _KEYS_AT_A_TIME):
            yield _named(document, keys[first : first + _KEYS_AT_A_TIME])
    else:
        yield {}


def _changed(document: Document, since: datetime) -> Iterator[Filter]:
    yield {"_id": {"$gte": ObjectId.from_datetime(since)}}
    for name in document.clock:
        yield {name: {"$gte": since}}
        yield {name: {"$gte": earlier_day(since)}}


def _within(document: Document, span: tuple[datetime, datetime]) -> Iterator[Filter]:
    """Documents whose first readable day field lies in the span; without one, the time inside `_id`."""
    start, end = span
    silent: list[Filter] = []
    for name in document.day:
        yield {"$and": [*silent, {name: {"$gte": start, "$lt": end}}]}
        silent.append({name: {"$not": {"$type": "date"}}})
    made = {"_id": {"$gte": ObjectId.from_datetime(start), "$lt": ObjectId.from_datetime(end)}}
    yield {"$and": [*silent, made]}


def _named(document: Document, keys: list[str]) -> Filter:
    clauses: list[Filter] = []
    for name in document.refers_by:
        values: list[Any] = [*keys, *(ObjectId(key) for key in keys if ObjectId.is_valid(key))]
        values += [int(key) for key in keys if _WHOLE.fullmatch(key)]
        clauses.append({name: {"$in": values}})
    return {"$or": clauses}
