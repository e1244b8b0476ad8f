"""Builders of source documents: good ones of every collection, odd values of every type, raw BSON by hand.

What belongs here: what the tests of extract share. What does not: expectations.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bson
from bson import Binary, Code, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from pipelines.extract.batches import Decoded
from pipelines.extract.documents import (
    CASE,
    ITEM,
    QUEUE_ENTRY,
    RESULT,
    STATE_CHANGE,
    STEP,
    SUITE,
    USER,
    Document,
    execution_document,
)
from pipelines.extract.fields import Field, Kind, Struct, Structs
from pipelines.settings import IdentityPaths

Values = dict[str, Any]
Path = tuple[str | int, ...]

START = datetime(2026, 3, 1, 10, 0, 0, 5000, tzinfo=UTC)
EXECUTION = execution_document(IdentityPaths())
DOCUMENTS = (EXECUTION, STEP, RESULT, STATE_CHANGE, QUEUE_ENTRY, CASE, SUITE, ITEM, USER)

ODD: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "int": 5,
    "negative int": -5,
    "long": Int64(5),
    "long beyond 2^53": Int64(2**53 + 1),
    "double 5.0": 5.0,
    "double 5.7": 5.7,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "text": "word",
    "empty text": "",
    "text of a number": "5",
    "text of a time": "2026-03-01T10:00:00Z",
    "text of a time before year 1": "0001-01-01T00:00:00+14:00",
    "text of a time after year 9999": "9999-12-31T23:59:59-14:00",
    "date": START,
    "date of 1970": datetime(1970, 1, 1, tzinfo=UTC),
    "date of 2099": datetime(2099, 1, 1, tzinfo=UTC),
    "date of year 1": DatetimeMS(-62_135_596_800_000),
    "date of year 9999": DatetimeMS(253_402_300_799_000),
    "date beyond": DatetimeMS(2**60),
    "date before": DatetimeMS(-(2**62)),
    "ObjectId": ObjectId("69" * 12),
    "decimal 5": Decimal128("5"),
    "decimal 5.7": Decimal128("5.7"),
    "decimal NaN": Decimal128("NaN"),
    "decimal signalling NaN": Decimal128("sNaN"),
    "decimal 1E+6000": Decimal128("1E+6000"),
    "binary": Binary(b"xyz"),
    "UUID": Binary(b"0" * 16, 4),
    "object": {"a": 1},
    "empty object": {},
    "reference object": {"$ref": "collection", "$id": 1},
    "list of ints": [1, 2],
    "list of bools": [True],
    "list of objects": [{"a": 1}],
    "list of lists": [["a"]],
    "list with null": ["a", None],
    "list with object and null": [{"status": "x", "test_item_id": "i"}, None],
    "list of texts and an int": ["a", 5],
    "list of ObjectIds": [ObjectId("69" * 12)],
    "empty list": [],
    "regex": Regex("a"),
    "timestamp": Timestamp(5, 1),
    "smallest key": MinKey(),
    "largest key": MaxKey(),
    "code": Code("x"),
    "code with scope": Code("x", {"a": 1}),
}


def object_id(number: int) -> ObjectId:
    """An ObjectId made in October 2025, and its number."""
    return ObjectId(f"{0x69000000 + number:08x}" + "0" * 16)


def good(document: Document, number: int = 1) -> Values:
    """A document with every field filled as declared; but dictionaries, which no fast path can read."""
    values = {name: _good(field, number) for name, field in document.fields.items()}
    return {**values, "_id": object_id(number)}


def _good(field: Field, number: int) -> Any:
    if isinstance(field, Struct):
        return {name: _good(child, number) for name, child in field.fields.items()}
    if isinstance(field, Structs):
        return [{name: _good(child, place) for name, child in field.fields.items()} for place in range(2)]
    match field:
        case Kind.WHOLE:
            return number
        case Kind.NUMBER:
            return number + 0.25
        case Kind.TIME:
            return START
        case Kind.FLAG:
            return True
        case Kind.TEXTS:
            return ["a", f"b{number}"]
        case Kind.JSON:
            return None
    return f"{field.value} {number}"


def paths(fields: Mapping[str, Field], before: Path = ()) -> Iterator[Path]:
    """Where a value can be put: every field, and every list's first element and the fields inside it."""
    for name, field in fields.items():
        path = (*before, name)
        yield path
        if isinstance(field, Structs):
            path = (*path, 0)
            yield path
        if not isinstance(field, Kind):
            yield from paths(field.fields, path)


def narrowed(fields: Mapping[str, Field], path: Path) -> dict[str, Field]:
    """Only the fields on the way to a place, `_id`, and a leaf of each structure."""
    name, *rest = [part for part in path if isinstance(part, str)]
    field = fields[name]
    if not isinstance(field, Kind) and rest:
        leaf = next(child for child, kind in field.fields.items() if isinstance(kind, Kind))
        field = replace(field, fields={leaf: field.fields[leaf], **narrowed(field.fields, tuple(rest))})
    return {**({"_id": fields["_id"]} if "_id" in fields else {}), name: field}


def put(values: Values, path: Path, value: Any) -> Values:
    """The document with the value in this place."""
    inner: Any = values
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return values


def without(values: Values, path: Path) -> Values:
    """The document without the field (or the element)."""
    inner: Any = values
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return values


def stream(*documents: Mapping[str, Any] | bytes) -> bytes:
    """Documents one behind the other."""
    return b"".join(one if isinstance(one, bytes) else bson.encode(one) for one in documents)


def element(kind: int, name: bytes, payload: bytes) -> bytes:
    return bytes([kind]) + name + b"\0" + payload


def text(content: bytes) -> bytes:
    return struct.pack("<i", len(content) + 1) + content + b"\0"


def raw(*elements: bytes) -> bytes:
    """A document made of elements, which no driver would write so."""
    body = b"".join(elements)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def pruned(value: Any) -> Any:
    """Without nulls and objects of nothing: a null object and an object of nulls are one to all readers."""
    if isinstance(value, dict):
        inner = {name: pruned(child) for name, child in value.items()}
        return {name: child for name, child in inner.items() if child is not None} or None
    return [pruned(child) for child in value] if isinstance(value, list) else value


def outcome(decoded: Decoded) -> tuple[list[Any], list[tuple[str, str, str]]]:
    """Rows in their order, and who was refused, why, with what could be read."""
    rows = [pruned(row) for row in decoded.frame.iter_rows(named=True)]
    return rows, [(one.document_id, one.reason, one.readable_fields) for one in decoded.refused]
