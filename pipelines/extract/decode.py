"""From raw BSON to typed frames: the fast path, the proof that it may be trusted, the slow path behind it.

What belongs here: decoding one batch of one collection. What does not: which fields (documents.py), what one
value means (fields.py), where batches come from (mongo.py, dump.py).

pymongoarrow reads some wrong types silently: a fraction into an integer is cut, `true` becomes 1, a scalar
where an object or a list is declared becomes an object of nulls or an empty list. So numbers are read as
doubles and looked at, and the structured fields are counted by type in the raw bytes. A batch that fails is
halved until the documents that fail stand alone; these are read one by one, and what cannot be read is
quarantined.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import bson
import polars as pl
import pyarrow as pa
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import InvalidBSON

from pipelines.extract.batches import Batch, Decoded, Refused, offsets
from pipelines.extract.documents import Document
from pipelines.extract.fields import (
    EARLIEST,
    LARGEST_WHOLE,
    LATEST,
    Field,
    FieldError,
    Kind,
    Struct,
    Structs,
    arrow_type,
    polars_schema,
    read,
)

_ALONE: Final = 16
"""Documents that are read one by one without another attempt at the fast path."""
_EARLIEST: Final = pl.lit(EARLIEST)
_LATEST: Final = pl.lit(LATEST)
OBJECT_ID: Final = pa.binary(12)
"""How a column of ObjectIds is declared; it is read as plain bytes."""
OPTIONS: Final[CodecOptions[dict[str, Any]]] = CodecOptions(
    tz_aware=True,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    # Servers do not look at UTF-8: broken text in a field that nobody reads must not cost the document;
    # fields.py refuses it where it is read.
    unicode_decode_error_handler="surrogateescape",
)
_UNREADABLE: Final = (TypeError, ValueError, OverflowError, InvalidBSON, pa.ArrowException)
"""What pymongoarrow and Arrow raise over documents they cannot read."""


def decode(document: Document, batch: Batch) -> Decoded:
    """Every document of the batch, either as a row or as refused: none is lost."""
    places = offsets(batch.data)
    parts: list[pl.DataFrame] = []
    refused: list[Refused] = []
    for start, end in _halves(document, batch, places, parts):
        raws = [batch.data[places[i] : places[i + 1]] for i in range(start, end)]
        slow = _decode_slowly(document, raws)
        parts.append(slow.frame)
        refused += slow.refused
    frame = pl.concat(parts) if parts else _empty(document)
    if frame.height + len(refused) != len(places) - 1:
        raise AssertionError("decoder lost documents")  # the proof that nothing is lost; never seen
    return Decoded(frame, refused)


def _halves(
    document: Document, batch: Batch, places: Sequence[int], parts: list[pl.DataFrame]
) -> Iterator[tuple[int, int]]:
    """Appends what the fast path could read to `parts`; yields the spans that it could not."""
    spans = [(0, len(places) - 1)]
    while spans:
        start, end = spans.pop()
        frame = _decode_fast(document, batch.data[places[start] : places[end]], end - start)
        if frame is not None:
            parts.append(frame)
        elif end - start <= _ALONE:
            yield start, end
        else:
            middle = (start + end) // 2
            spans += [(middle, end), (start, middle)]


def _decode_fast(document: Document, data: bytes, count: int) -> pl.DataFrame | None:
    """The documents by pymongoarrow, or None where its result cannot be proved right."""
    if not data:
        return _empty(document)
    id_type = {0x02: pa.string(), 0x07: OBJECT_ID}.get(data[4])
    if id_type is None or not data.startswith(b"_id\0", 5) or not _types_hold(document.fields, data):
        return None
    columns = {name: arrow_type(kind) for name, kind in document.fields.items()} | {"_id": id_type}
    table = arrow_table(columns, data, count)
    if table is None:
        return None
    frame = with_plain_id(table)
    return frame.select(*document.fields, "_time") if _values_hold(document, frame) else None


def arrow_table(
    columns: Mapping[str, pa.DataType], data: bytes, count: int, *, allow_invalid: bool = False
) -> pa.Table | None:
    """These columns, a row for each document, text valid UTF-8; None where they cannot be read so."""
    # Imported here, since it brings pandas: half a second that commands which decode nothing need not wait.
    from pymongoarrow.api import Schema  # noqa: PLC0415
    from pymongoarrow.context import PyMongoArrowContext  # noqa: PLC0415
    from pymongoarrow.types import ObjectIdType  # noqa: PLC0415

    kinds = {name: ObjectIdType() if kind == OBJECT_ID else kind for name, kind in columns.items()}
    context = PyMongoArrowContext(Schema(kinds), allow_invalid=allow_invalid)
    try:
        context.process_bson_stream(data)
        table = context.finish()
        table.validate(full=True)
    except _UNREADABLE:
        return None
    return _with_plain_object_ids(table) if table.num_rows == count else None


def _with_plain_object_ids(table: pa.Table) -> pa.Table:
    """ObjectIds as their twelve bytes, without the type that pymongoarrow puts around them."""
    for place, column in enumerate(table.schema):
        if isinstance(column.type, pa.BaseExtensionType):
            chunks = [chunk.storage.cast(pa.binary()) for chunk in table.column(place).chunks]
            table = table.set_column(place, column.name, pa.chunked_array(chunks, pa.binary()))
    return table


def with_plain_id(table: pa.Table) -> pl.DataFrame:
    """`_id` as text, and the time inside it as `_time` where it is an ObjectId."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    if frame.schema["_id"] == pl.String:
        return frame.with_columns(_time=pl.lit(None, pl.Datetime("ms", "UTC")))
    seconds = pl.col("_id").bin.slice(0, 4).bin.reinterpret(dtype=pl.UInt32, endianness="big")
    return frame.with_columns(
        _time=(seconds.cast(pl.Int64) * 1000).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC"),
        _id=pl.col("_id").bin.encode("hex"),
    )


def _types_hold(fields: Mapping[str, Field], data: bytes) -> bool:
    """No structured field holds a scalar, no number a boolean: counted in the raw bytes."""
    numbers, structured = _names_by_type(fields)
    if not numbers.isdisjoint(re.findall(rb"\x08(\w+)\0", data)):
        return False
    return all(_only(name, kind, data) for name, kind in structured)


def _names_by_type(fields: Mapping[str, Field]) -> tuple[set[bytes], set[tuple[bytes, bytes]]]:
    """Names of numbers; names of structured fields with the byte of their BSON type."""
    numbers: set[bytes] = set()
    structured: set[tuple[bytes, bytes]] = set()
    for name, kind in fields.items():
        key = name.encode()
        if kind in (Kind.WHOLE, Kind.NUMBER):
            numbers.add(key)
        elif kind is Kind.TEXTS or isinstance(kind, Structs):
            structured.add((key, b"\x04"))
        elif isinstance(kind, Struct):
            structured.add((key, b"\x03"))
        elif kind is Kind.JSON:
            structured.add((key, b"\xff"))  # the fast path cannot read it: only null is fine
        if isinstance(kind, Struct | Structs):
            inner_numbers, inner_structured = _names_by_type(kind.fields)
            numbers |= inner_numbers
            structured |= inner_structured
    return numbers, structured


def _only(name: bytes, kind: bytes, data: bytes) -> bool:
    """Whether a field of this name is of this type or null wherever it stands; longer names do not count."""
    key = name + b"\0"
    there = data.count(key)
    for expected in (kind + key, b"\x0a" + key, b"_" + key):
        if there == 0:
            return True
        there -= data.count(expected)
    return there == 0


def _values_hold(document: Document, frame: pl.DataFrame) -> bool:
    """Documents have keys, numbers are whole or finite as declared, times are of this age, lists sound."""
    checks = [pl.col("_id").is_not_null().all(), *_checks(document.fields, pl.col)]
    return bool(frame.select(pl.all_horizontal(checks)).item())


def _checks(fields: Mapping[str, Field], column: Any) -> Iterator[pl.Expr]:
    """Boolean expressions of length one, all true where the values can be trusted; null values are."""
    for name, kind in fields.items():
        value = column(name)
        if kind is Kind.WHOLE:
            yield ((value == value.floor()) & (value.abs() <= LARGEST_WHOLE)).all()
        elif kind is Kind.NUMBER:
            yield value.is_finite().all()
        elif kind is Kind.TIME:
            yield ((value >= _EARLIEST) & (value < _LATEST)).all()
        elif kind is Kind.TEXTS:
            yield value.explode(empty_as_null=False, keep_nulls=False).is_not_null().all()
        elif isinstance(kind, Struct):
            yield from _checks(kind.fields, value.struct.field)
        elif isinstance(kind, Structs):
            elements = value.explode(empty_as_null=False, keep_nulls=False)
            yield from _checks(kind.fields, elements.struct.field)
            # What is no object becomes an object of nulls; one inside it is never null, so it tells nothing.
            leaves = [child for child, inner in kind.fields.items() if isinstance(inner, Kind)]
            yield pl.any_horizontal(elements.struct.field(child).is_not_null() for child in leaves).all()


def _decode_slowly(document: Document, raws: list[bytes]) -> Decoded:
    """Each document by itself; the definition of what a document means."""
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for raw in raws:
        row = _read_document(document, raw)
        if isinstance(row, Refused):
            refused.append(row)
        else:
            rows.append(row)
    return Decoded(pl.DataFrame(rows, schema=_schema(document)), refused)


def is_document(raw: bytes) -> bool:
    """Whether these bytes are one valid document."""
    try:
        bson.decode(raw, OPTIONS)
    except (InvalidBSON, ValueError, OverflowError, RecursionError):
        return False
    return True


def _read_document(document: Document, raw: bytes) -> dict[str, Any] | Refused:
    try:
        values = bson.decode(raw, OPTIONS)
    except (InvalidBSON, ValueError, OverflowError, RecursionError):
        digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
        return Refused(f"unreadable:{digest}", "not valid BSON")
    identity = values.get("_id")
    row: dict[str, Any] = {"_time": getattr(identity, "generation_time", None)}
    reasons = []
    for name, kind in document.fields.items():
        try:
            row[name] = read(kind, values.get(name), name)
        except FieldError as error:
            reasons.append(str(error))
    if row.get("_id") is None:
        digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
        return Refused(f"unreadable:{digest}", reasons[0] if reasons else "_id: missing")
    if reasons:
        readable = {name: value for name, value in row.items() if value is not None and name != "_time"}
        return Refused(row["_id"], "; ".join(sorted(set(reasons))), readable)
    return row


def _schema(document: Document) -> pl.Schema:
    return pl.Schema({**polars_schema(document.fields), "_time": pl.Datetime("ms", "UTC")})


def _empty(document: Document) -> pl.DataFrame:
    return pl.DataFrame(schema=_schema(document))
