"""What a raw BSON document is made of: names and types of its fields, tallied without decoding values.

What belongs here: walking the bytes, and the tally of a sample. What does not: what the fields mean
(documents.py) and what is proposed from them (profile/paths.py). Fields of NEVER_READ are stepped over
wherever they stand; the texts of values are taken only where a caller watches a place.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bson import ObjectId

Path = tuple[str, ...]

NEVER_READ: Final = frozenset(
    {
        *("hashed_password", "password", "input_data", "output_data", "custom_config"),
        *("debug_data", "state_history", "execution_log", "screenshots"),
    }
)
"""Names of fields that may hold secrets or have no bound (documents.py)."""

ELEMENT: Final = "[]"
"""Stands in a path for the elements of a list."""
OTHER: Final = "*"
"""Stands in a path for names beyond MOST_NAMES: a dictionary whose keys are data."""
MOST_NAMES: Final = 60
_MOST_ELEMENTS: Final = 100
_DEEPEST: Final = 8

_TYPES: Final = {
    0x01: "double",
    0x02: "string",
    0x03: "object",
    0x04: "array",
    0x05: "binData",
    0x06: "undefined",
    0x07: "objectId",
    0x08: "bool",
    0x09: "date",
    0x0A: "null",
    0x0B: "regex",
    0x0C: "dbPointer",
    0x0D: "javascript",
    0x0E: "symbol",
    0x0F: "javascriptWithScope",
    0x10: "int",
    0x11: "timestamp",
    0x12: "long",
    0x13: "decimal",
    0x7F: "maxKey",
    0xFF: "minKey",
}
_FIXED: Final = {
    kind: size
    for size, kinds in {
        0: (0x06, 0x0A, 0x7F, 0xFF),
        1: (0x08,),
        4: (0x10,),
        8: (0x01, 0x09, 0x11, 0x12),
        12: (0x07,),
        16: (0x13,),
    }.items()
    for kind in kinds
}
_BEHIND_LENGTH: Final = {0x02: 4, 0x03: 0, 0x04: 0, 0x05: 5, 0x0C: 16, 0x0D: 4, 0x0E: 4, 0x0F: 0}
"""Bytes of a value beyond those its own length counts."""
_EMPTY: Final = {0x02: 5, 0x04: 5}
"""Size of an empty text, of an empty list."""


class Part(NamedTuple):
    """One field: its name, BSON type and where its value stands."""

    name: str
    kind: int
    start: int
    end: int

    @property
    def type_name(self) -> str:
        return _TYPES[self.kind]

    @property
    def is_empty(self) -> bool:
        return _EMPTY.get(self.kind) == self.end - self.start


def parts(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """The fields of the document at `start`; ValueError where the bytes are no document."""
    place, last = start + 4, (len(data) if end is None else end) - 1
    if last - start < 4 or data[last] != 0:
        raise ValueError("no BSON document")
    while place < last:
        kind, stop = data[place], data.index(0, place + 1)
        value_end = stop + 1 + _size(data, kind, stop + 1)
        if value_end > last:
            raise ValueError("a value beyond its document")
        yield Part(data[place + 1 : stop].decode("utf-8", "backslashreplace"), kind, stop + 1, value_end)
        place = value_end


def _size(data: bytes, kind: int, start: int) -> int:
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == 0x0B:
        return data.index(0, data.index(0, start) + 1) + 1 - start
    if kind not in _BEHIND_LENGTH:
        raise ValueError(f"no BSON type {kind}")
    length = int.from_bytes(data[start : start + 4], "little", signed=True)
    if length < 0:
        raise ValueError("a negative length")
    return length + _BEHIND_LENGTH[kind]


def scalar_text(data: bytes, part: Part) -> str | None:
    """A text, number, flag or ObjectId as text; None for everything else and for blank text."""
    raw = data[part.start : part.end]
    if part.kind == 0x02:
        return raw[4:-1].decode("utf-8", "replace").strip() or None
    if part.kind == 0x07:
        return str(ObjectId(raw))
    if part.kind in (0x10, 0x12):
        return str(int.from_bytes(raw, "little", signed=True))
    if part.kind == 0x01:
        return f"{struct.unpack('<d', raw)[0]:.15g}"
    return ("false", "true")[raw[0] & 1] if part.kind == 0x08 else None


@dataclass(slots=True)
class FieldUse:
    """How often a field stands there, by type.

    `empty_count` of these are an empty text or list, or an object with nothing in it that may be read.
    """

    types: Counter[str] = field(default_factory=Counter)
    empty_count: int = 0


@dataclass(slots=True)
class Anatomy:
    """The tally of a sample. `element_counts`: how many elements of each list were looked at."""

    watches: Callable[[Path], bool]
    document_count: int = 0
    fields: dict[Path, FieldUse] = field(default_factory=dict)
    element_counts: Counter[Path] = field(default_factory=Counter)
    values: dict[Path, Counter[str]] = field(default_factory=dict)
    _names: dict[Path, set[str]] = field(default_factory=dict)

    def add(self, data: bytes) -> None:
        """Tallies one document; bytes that are none count as a document without fields."""
        self.document_count += 1
        try:
            self._walk(data, Part("", 0x03, 0, len(data)), ())
        except (ValueError, IndexError):
            return

    def base_count(self, path: Path) -> int:
        """What a field could stand in: the documents, or the elements of the list around it."""
        for length in range(len(path) - 1, 0, -1):
            if path[length - 1] == ELEMENT:
                return self.element_counts[path[:length]]
        return self.document_count

    def _walk(self, data: bytes, whole: Part, path: Path) -> bool:
        """Whether there is anything inside that may be looked at."""
        seen = False
        for part in parts(data, whole.start, whole.end):
            if part.name not in NEVER_READ:
                self._see(data, part, (*path, self._name(path, part.name)))
                seen = True
        return seen

    def _see(self, data: bytes, part: Part, path: Path) -> None:
        use = self.fields.setdefault(path, FieldUse())
        use.types[part.type_name] += 1
        if len(path) >= _DEEPEST:
            return
        if part.kind == 0x03:
            use.empty_count += not self._walk(data, part, path)
            return
        use.empty_count += part.is_empty
        if part.kind == 0x04:
            self._see_elements(data, part, (*path, ELEMENT))
        elif self.watches(path):
            text = scalar_text(data, part)
            if text is not None:
                self.values.setdefault(path, Counter())[text] += 1

    def _see_elements(self, data: bytes, whole: Part, path: Path) -> None:
        for number, part in enumerate(parts(data, whole.start, whole.end)):
            if number == _MOST_ELEMENTS:
                return
            self.element_counts[path] += 1
            if part.kind == 0x03:
                self._walk(data, part, path)
            else:
                self.fields.setdefault(path, FieldUse()).types[part.type_name] += 1

    def _name(self, path: Path, name: str) -> str:
        names = self._names.setdefault(path, set())
        if name not in names and len(names) >= MOST_NAMES and path:
            return OTHER
        names.add(name)
        return name
