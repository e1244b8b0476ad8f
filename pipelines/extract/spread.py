"""Documents of a dump's file, spread over its length, without reading it whole.

What belongs here: where in a file to look and how to find a document's beginning there. What does not:
reading all of it (dump.py). A compressed file cannot be entered in the middle: it is read from its
beginning, to a limit.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final

_PLACES: Final = 200
"""Places of a file that are looked at; neighbours are alike, so many places tell more than many documents."""
_WINDOW_BYTES: Final = 64 << 10
_SHORT_BYTES: Final = 16 << 20
_LARGEST_BYTES: Final = 16 << 20
_LIMIT_BYTES: Final = 256 << 20
"""Read at most from one place, and of a compressed file."""
_BEGINNING: Final = re.compile(rb"(?s)(?=....[\x01-\x13]_id\0)")
"""A document begins with its length and, as servers write it, its `_id`."""


def spread(path: Path, size: int) -> Iterator[bytes]:
    """About `size` documents from evenly spaced places of an uncompressed file; a short one is read whole."""
    if path.stat().st_size <= _SHORT_BYTES:
        with path.open("rb") as stream:
            yield from thinned(stream, size)
        return
    last = max(path.stat().st_size - _WINDOW_BYTES, 0)
    places = max(1, min(size, _PLACES))
    each = -(-size // places)
    with path.open("rb") as stream:
        for number in range(places):
            yield from islice(_documents_from(stream, last * number // max(places - 1, 1)), each)


def thinned(stream: IO[bytes], size: int) -> list[bytes]:
    """At most `size` documents, evenly spaced over a stream or, where it is long, its first part."""
    kept: list[bytes] = []
    step = 1
    for number, raw in enumerate(_in_order(stream, _LIMIT_BYTES)):
        if number % step == 0:
            kept.append(raw)
        if len(kept) > 2 * size:
            kept, step = kept[::2], step * 2
    count = min(size, len(kept))
    return [kept[place * len(kept) // count] for place in range(count)]


def _documents_from(stream: IO[bytes], place: int) -> Iterator[bytes]:
    """Whole documents from the first one that begins at or behind a place of the file."""
    stream.seek(place)
    if place:
        beginning = _next_beginning(stream, place)
        if beginning is None:
            return
        stream.seek(beginning)
    yield from _in_order(stream, _LIMIT_BYTES)


def _next_beginning(stream: IO[bytes], place: int) -> int | None:
    """Where the next document begins: an embedded one with an `_id` is followed by no such beginning."""
    data = stream.read(_WINDOW_BYTES)
    while True:
        for found in _BEGINNING.finditer(data):
            begin = found.start()
            end = begin + _length(data[begin : begin + 4])
            follower = _at(stream, place + end)
            if end > begin and (not follower or _BEGINNING.match(follower)):
                return place + begin
        more = stream.read(_WINDOW_BYTES) if len(data) < _LARGEST_BYTES else b""
        if not more:
            return None
        data += more


def _at(stream: IO[bytes], place: int) -> bytes:
    here = stream.tell()
    stream.seek(place)
    data = stream.read(9)
    stream.seek(here)
    return data


def _length(data: bytes) -> int:
    length = int.from_bytes(data, "little", signed=True)
    return length if 5 <= length <= _LARGEST_BYTES else 0


def _in_order(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    """Documents one behind the other until the end, damage or the limit."""
    read = 0
    while read < limit:
        raw = _one(stream)
        if raw is None:
            return
        read += len(raw)
        yield raw


def _one(stream: IO[bytes]) -> bytes | None:
    try:
        head = stream.read(4)
        length = _length(head) if len(head) == 4 else 0
        body = stream.read(length - 4) if length else b""
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return None
    return head + body if length and len(body) == length - 4 else None
