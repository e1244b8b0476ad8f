"""What passes between a source and the decoder: raw batches, what was read of them, what was refused.

What belongs here: these shapes and cutting a batch into documents. What does not: decoding (decode.py).
"""

import hashlib
import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import polars as pl

from pipelines.extract.redact import SECRET, redact, redact_frame

_LENGTH: Final = struct.Struct("<i").unpack_from
_LONGEST_TEXT: Final = 4_000
"""Characters kept of one text of a refused document."""
_LONGEST_JSON: Final = 64_000
"""Characters kept of a refused document."""
_LARGE: Final = _LONGEST_JSON // 16
"""Lists above it are left out first, as many as _MOST_LISTS; then whole fields."""
_MOST_LISTS: Final = 16


@dataclass(frozen=True, slots=True)
class Refused:
    """One document that could not be read: a row of the quarantine."""

    document_id: str
    reason: str
    readable: Mapping[str, Any] = field(default_factory=dict)

    def without(self, names: frozenset[str]) -> "Refused":
        """The same without some fields, those inside others by their dotted paths."""
        return replace(self, readable=_without(self.readable, names))

    def named(self, document_id: str, names: frozenset[str] = frozenset()) -> "Refused":
        """The same under another id, `_id` included, and without these fields."""
        kept = {name: value for name, value in self.readable.items() if name not in names}
        if "_id" in kept:
            kept["_id"] = document_id
        return replace(self, document_id=document_id, readable=kept)

    @property
    def readable_fields(self) -> str:
        """JSON of the fields that hold something, redacted and bounded; the same whichever path read them."""
        kept = _redacted(_pruned(self.readable))
        lists_left = _MOST_LISTS
        while len(text := _json(kept)) > _LONGEST_JSON:
            _leave_out_largest(kept, with_lists=lists_left > 0)
            lists_left -= 1
        return text

    @property
    def document_hash(self) -> str:
        text = f"{self.document_id}\n{self.reason}\n{self.readable_fields}"
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _without(values: Mapping[str, Any], paths: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name not in paths}
    for name in {path.partition(".")[0] for path in paths if "." in path} & kept.keys():
        inner = frozenset(path.removeprefix(f"{name}.") for path in paths if path.startswith(f"{name}."))
        if isinstance(kept[name], Mapping):
            kept[name] = _without(kept[name], inner)
    return kept


def _pruned(value: Any) -> Any:
    """Without nulls, and without objects and lists that hold nothing."""
    if isinstance(value, Mapping):
        inner = {name: _pruned(child) for name, child in value.items()}
        return {name: child for name, child in inner.items() if child not in (None, {}, [])}
    if isinstance(value, list):
        return [_pruned(element) for element in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _redacted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Each text by itself, so that the whole stays JSON, and all under a name that tells of a secret."""
    texts = list(dict.fromkeys(_texts(values)))
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    clean = dict(zip(texts, redact_frame(frame, {"text": _LONGEST_TEXT})["text"], strict=True))
    return dict(_rebuilt(values, clean))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, child in value.items():
            yield str(name)
            yield from _texts(child)
    elif isinstance(value, list):
        for element in value:
            yield from _texts(element)


def _rebuilt(value: Any, clean: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return clean[value]
    if isinstance(value, Mapping):
        return {
            clean[str(name)]: SECRET if _names_secret(str(name)) else _rebuilt(child, clean)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [_rebuilt(element, clean) for element in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@lru_cache(4_096)
def _names_secret(name: str) -> bool:
    return "kept" not in redact(_json({name: "kept"}))


def _leave_out_largest(values: dict[str, Any], *, with_lists: bool) -> None:
    """The largest list becomes a note; where none is large, the largest field does."""
    lists = [found for found in _lists(values) if found[0] > _LARGE] if with_lists else []
    if lists:
        _, holder, name = max(lists, key=lambda found: found[0])
        holder[name] = f"({len(holder[name]):,} elements left out)"
        return
    largest = max(values, key=lambda name: len(_json(values[name])))
    values[largest] = "(left out)"


def _lists(value: Any) -> Iterator[tuple[int, Any, Any]]:
    """Every list inside: its size as JSON, what holds it and under which name or number."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inner:
        if isinstance(child, list):
            yield len(_json(child)), value, name
        yield from _lists(child)


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
