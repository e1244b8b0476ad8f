"""What a source document may hold: kinds of fields, and the tree of them that a collection is read by.

What belongs here: the vocabulary of declarations (Kind, Struct, Structs), what follows from a tree alone
(projection, Arrow schema, Polars schema) and the rules for one value: `read`. This slow reading defines what
a document means; the fast path (decode.py) must agree with it or leave the document to it.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import polars as pl
import pyarrow as pa
from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)

LARGEST_WHOLE: Final = 2**53 - 1
"""Whole numbers pass through a double on the fast path, where 2^53 + 1 becomes 2^53: refused from there."""

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2300, 1, 1, tzinfo=UTC)
"""A time outside is no time of a test run; both ends keep far from what any library overflows at."""


class Kind(Enum):
    """Kinds of leaves and what their Arrow column is; null, missing and NaN read as null everywhere."""

    TEXT = "text"
    REFERENCE = "reference"
    """Text, or an ObjectId or whole number that names another document."""
    LABEL = "label"
    """A value of a free-form dictionary: any scalar as text, everything else as null."""
    WHOLE = "whole number"
    NUMBER = "number"
    """A measurement: any finite number, fractions included; a whole one beyond 2^53 is rounded."""
    TIME = "time"
    """A BSON date, or ISO 8601 text (UTC where it names no offset)."""
    FLAG = "flag"
    TEXTS = "list of texts"
    JSON = "dictionary"
    """A free-form dictionary of numbers, kept as JSON text; whatever else it holds is left out."""


@dataclass(frozen=True, slots=True)
class Struct:
    """An embedded document with declared fields; others are not read."""

    fields: Mapping[str, "Field"]


@dataclass(frozen=True, slots=True)
class Structs:
    """A list of embedded documents."""

    fields: Mapping[str, "Field"]


Field = Kind | Struct | Structs

_ARROW: Final = {
    Kind.TEXT: pa.string(),
    Kind.REFERENCE: pa.string(),
    Kind.LABEL: pa.string(),
    Kind.WHOLE: pa.float64(),
    Kind.NUMBER: pa.float64(),
    Kind.TIME: pa.timestamp("ms", tz="UTC"),
    Kind.FLAG: pa.bool_(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.JSON: pa.string(),
}


def arrow_type(field: Field) -> pa.DataType:
    """Arrow type a field is decoded to; whole numbers as doubles, so that a fraction is seen, not cut."""
    if isinstance(field, Kind):
        return _ARROW[field]
    inner = pa.struct([(name, arrow_type(child)) for name, child in field.fields.items()])
    return pa.list_(inner) if isinstance(field, Structs) else inner


def polars_schema(fields: Mapping[str, Field]) -> pl.Schema:
    """The Polars schema of frames read by these fields."""
    schema = pa.schema([(name, arrow_type(field)) for name, field in fields.items()])
    frame = pl.from_arrow(schema.empty_table())
    assert isinstance(frame, pl.DataFrame)
    return frame.schema


def leaf_paths(fields: Mapping[str, Field], prefix: str = "") -> Iterator[str]:
    """Dotted paths of all leaves: the allow-list for the server's projection."""
    for name, field in fields.items():
        if isinstance(field, Kind):
            yield prefix + name
        else:
            yield from leaf_paths(field.fields, f"{prefix}{name}.")


def with_label(fields: Mapping[str, Field], path: str) -> dict[str, Field]:
    """The fields with a configured path added as a LABEL, unless it is declared as text already.

    Raises ValueError where the path leads to, or through, something that is declared otherwise.
    """
    name, _, rest = path.partition(".")
    present = fields.get(name)
    if rest and (present is None or isinstance(present, Struct)):
        inner = with_label(present.fields if present else {}, rest)
        return {**fields, name: Struct(inner)}
    if not rest and present in (None, Kind.TEXT, Kind.REFERENCE, Kind.LABEL):
        return {**fields, name: present or Kind.LABEL}
    kind = present.value if isinstance(present, Kind) else "list of objects" if rest else "object"
    raise ValueError(f"'{name}' is read as {kind}")


class FieldError(ValueError):
    """A declared field holds what cannot be read; the message names field and type, never the value."""


def type_name(value: object) -> str:
    """MongoDB's own alias of a value's BSON type."""
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return type(value).__name__


_TYPE_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (type(None), "null"),
    (bool, "bool"),
    (Int64, "long"),
    (int, "int"),
    (float, "double"),
    (Code, "javascript"),
    (str, "string"),
    (datetime, "date"),
    (DatetimeMS, "date"),
    (ObjectId, "objectId"),
    (Decimal128, "decimal"),
    (Binary, "binData"),
    (bytes, "binData"),
    (Regex, "regex"),
    (Timestamp, "timestamp"),
    (MinKey, "minKey"),
    (MaxKey, "maxKey"),
    (DBRef, "object"),
    (dict, "object"),
    (list, "array"),
)


def wrong_type(path: str, found: str, field: Field) -> str:
    """The reason a document is refused for a type; the same words whoever finds it."""
    wanted = (
        field.value
        if isinstance(field, Kind)
        else "list of objects"
        if isinstance(field, Structs)
        else "object"
    )
    return f"{path}: {found} instead of {wanted}"


def read(field: Field, value: Any, path: str) -> Any:
    """One value as its declared kind; FieldError where it is something else."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, DBRef):  # bson makes one of any object that holds $ref and $id
        value = value.as_doc()
    if isinstance(field, Struct):
        return _read_struct(field, value, path)
    if isinstance(field, Structs):
        if not isinstance(value, list):
            raise FieldError(wrong_type(path, type_name(value), field))
        return [_read_element(field, element, f"{path}[]") for element in value]
    return _READERS[field](value, path)


def _read_struct(field: Struct, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldError(wrong_type(path, type_name(value), field))
    return {name: read(child, value.get(name), f"{path}.{name}") for name, child in field.fields.items()}


def _read_element(field: Structs, element: Any, path: str) -> dict[str, Any]:
    """An element of a list of objects; unlike a field, it may not be null."""
    if element is None or isinstance(element, float):
        raise FieldError(wrong_type(path, type_name(element), Struct({})))
    read_element: dict[str, Any] = read(Struct(field.fields), element, path)
    return read_element


def _text(value: Any, path: str) -> str:
    if isinstance(value, str):
        return _sound(value, path)
    raise FieldError(wrong_type(path, type_name(value), Kind.TEXT))


def _sound(text: str, path: str) -> str:
    """The text, unless it was no UTF-8: its bytes were kept as lone surrogates then."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise FieldError(f"{path}: text that is no UTF-8")
    return text


def _reference(value: Any, path: str) -> str:
    if isinstance(value, str | ObjectId) or (isinstance(value, int) and not isinstance(value, bool)):
        return _sound(str(value), path)
    raise FieldError(wrong_type(path, type_name(value), Kind.REFERENCE))


def _label(value: Any, path: str) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float | ObjectId | Decimal128):
        return _sound(str(value), path)
    return None


def _scalar(value: Any, path: str, kind: Kind) -> int | float:
    """A number of any type; of those that no double holds, infinity."""
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        return float(number) if number.is_finite() else math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(wrong_type(path, type_name(value), kind))
    return value


def _number(value: Any, path: str) -> float:
    number = float(_scalar(value, path, Kind.NUMBER))
    if not math.isfinite(number):
        raise FieldError(f"{path}: a number that is not finite")
    return number


def _whole(value: Any, path: str) -> float:
    value = _scalar(value, path, Kind.WHOLE)
    if abs(value) > LARGEST_WHOLE:
        raise FieldError(f"{path}: a number of 2^53 or more")
    if isinstance(value, float) and not value.is_integer():
        raise FieldError(f"{path}: a fraction instead of a whole number")
    return float(value)


def _time(value: Any, path: str) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
            value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        except ValueError:
            raise FieldError(f"{path}: text that is no ISO 8601 time") from None
        except OverflowError:  # a year before 1 or after 9999, once in UTC
            raise FieldError(f"{path}: a time outside the years 1900 to 2300") from None
        # BSON keeps milliseconds; text with more is cut alike, so that both forms of one instant are equal.
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, DatetimeMS):
        raise FieldError(f"{path}: a time outside the years 1900 to 2300")
    if not isinstance(value, datetime):
        raise FieldError(wrong_type(path, type_name(value), Kind.TIME))
    if not EARLIEST <= value < LATEST:
        raise FieldError(f"{path}: a time outside the years 1900 to 2300")
    return value


def _flag(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    raise FieldError(wrong_type(path, type_name(value), Kind.FLAG))


def _texts(value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        raise FieldError(wrong_type(path, type_name(value), Kind.TEXTS))
    return [_text(element, f"{path}[]") for element in value if element is not None]


def _json(value: Any, path: str) -> str:
    if not isinstance(value, dict):
        raise FieldError(wrong_type(path, type_name(value), Kind.JSON))
    return _sound(json.dumps(_numbers(value), sort_keys=True, ensure_ascii=False), path)


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The finite numbers of a dictionary and of the dictionaries in it."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            if inner := _numbers(value):
                found[name] = inner
        elif isinstance(value, int | float) and math.isfinite(value):
            found[name] = value
    return found


_READERS: Final = {
    Kind.TEXT: _text,
    Kind.REFERENCE: _reference,
    Kind.LABEL: _label,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.TIME: _time,
    Kind.FLAG: _flag,
    Kind.TEXTS: _texts,
    Kind.JSON: _json,
}
