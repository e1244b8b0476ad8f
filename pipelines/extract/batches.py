"""What passes between a source and the decoder: raw batches, what was read of them, what was refused.

What belongs here: these shapes and cutting a batch into documents. What does not: decoding (decode.py).
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

_LENGTH: Final = struct.Struct("<i").unpack_from


@dataclass(frozen=True, slots=True)
class Refused:
    """One document that could not be read: a row of the quarantine."""

    document_id: str
    reason: str
    readable: Mapping[str, Any] = field(default_factory=dict)

    def without(self, names: frozenset[str]) -> "Refused":
        """The same without some top-level fields."""
        kept = {name: value for name, value in self.readable.items() if name not in names}
        return Refused(self.document_id, self.reason, kept)

    @property
    def readable_fields(self) -> str:
        """JSON of the fields that hold something; the same whichever path read them."""
        return json.dumps(_pruned(self.readable), sort_keys=True, ensure_ascii=False, default=str)

    @property
    def document_hash(self) -> str:
        text = f"{self.document_id}\n{self.reason}\n{self.readable_fields}"
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _pruned(value: Any) -> Any:
    """Without nulls, and without objects and lists that hold nothing."""
    if isinstance(value, Mapping):
        inner = {name: _pruned(child) for name, child in value.items()}
        return {name: child for name, child in inner.items() if child not in (None, {}, [])}
    if isinstance(value, list):
        return [_pruned(element) for element in value]
    return value


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole BSON documents, one behind the other."""

    data: bytes
    damage: Refused | None = None
    """Bytes behind these documents that are no documents: a file cut off, a length that cannot be."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """`frame`: one row per readable document, nested as declared; plus `_time`, the time inside `_id`."""

    frame: pl.DataFrame
    refused: list[Refused]


def offsets(data: bytes) -> list[int]:
    """Where each document begins, and the end; ValueError where lengths do not add up."""
    places, place, end = [0], 0, len(data)
    while place < end:
        length = _LENGTH(data, place)[0] if end - place >= 5 else 0
        place += length
        if length < 5 or place > end:
            raise ValueError(f"broken document length at byte {places[-1]}")
        places.append(place)
    return places
