"""Which indexes the nightly reading of a collection needs, and which of them are not there.

What belongs here: what MongoDB says of indexes, what mongo.py's filters ask for, and the command that makes
one. What does not: listing them (mongo.py, dump.py).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.extract.documents import Document


@dataclass(frozen=True, slots=True)
class IndexNeed:
    """Fields of one kind of question that a collection is asked each night, and those without an index.

    A question asks for any of its fields: one without an index makes the server read the whole collection.
    """

    purpose: str
    fields: tuple[str, ...]
    missing: tuple[str, ...]


def plain_indexes(described: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Fields of the indexes that serve ranges over all documents, from what MongoDB says of them."""
    fields = []
    for index in described:
        serves_all = not index.get("hidden") and "partialFilterExpression" not in index
        keys = {str(name): _number(direction) for name, direction in index.get("key", {}).items()}
        if serves_all and keys and None not in keys.values():
            fields.append(tuple(keys))
    return fields


def _number(value: Any) -> float | None:
    """A direction, also as extended JSON writes it (`{"$numberInt": "1"}`); None for text, 2d, hashed."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def index_needs(document: Document, indexes: Iterable[tuple[str, ...]]) -> list[IndexNeed]:
    """What the nightly questions need beside `_id`; none for a collection that is read whole."""
    leading = {fields[0] for fields in indexes} | {"_id"}
    asked = {
        "finding what changed": tuple(dict.fromkeys((*document.clock, *document.day))),
        "finding what belongs to an execution": tuple(name for name in document.refers_by if name != "_id"),
    }
    return [
        IndexNeed(purpose, fields, tuple(name for name in fields if name not in leading))
        for purpose, fields in asked.items()
        if fields
    ]


def create_index_command(collection: str, field: str) -> str:
    """The command for mongosh."""
    is_plain = re.fullmatch(r"[A-Za-z_]\w*", collection, re.ASCII)
    place = f"db.{collection}" if is_plain else f"db.getCollection({json.dumps(collection)})"
    return f"{place}.createIndex({{{json.dumps(field)}: 1}})"
