"""A dump's file: cut at documents whatever its state, and every selection gives at least what it names.

What belongs here: files and selections. What does not: what documents mean (test_decode.py).
"""

import gzip
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import DatetimeMS, ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.extract import dump
from pipelines.extract.batches import Batch, Refused, offsets
from pipelines.extract.decode import OPTIONS, decode
from pipelines.extract.documents import CASE, RESULT, STATE_CHANGE, STEP, Document
from pipelines.extract.dump import DumpSource, open_dump
from pipelines.extract.fields import FieldError, Kind, read
from pipelines.extract.reader import EVERYTHING, Selection, day_sums
from tests.unit.extract.given import EXECUTION, START, Values, element, good, object_id, raw, stream, text
from warehouse.errors import SourceError, UsageError

THREE = [stream({"_id": object_id(number), "title": f"test {number}"}) for number in range(3)]
SINCE = START


def source(
    folder: Path, content: bytes, name: str = "test_cases.bson", batch_documents: int = 100
) -> DumpSource:
    (folder / name).write_bytes(content)
    return DumpSource(folder, "dump", batch_documents)


def read_all(place: DumpSource) -> tuple[bytes, list[Refused]]:
    """All bytes handed out, and the damage said."""
    batches = list(place.batches("test_cases", CASE, EVERYTHING))
    assert all(batch.data or batch.damage for batch in batches)
    return b"".join(batch.data for batch in batches), [batch.damage for batch in batches if batch.damage]


def test_a_file_cut_off_at_any_byte_gives_the_documents_before_it(tmp_path: Path) -> None:
    whole = stream(*THREE)
    places = offsets(whole)
    for length in range(len(whole) + 1):
        data, damage = read_all(source(tmp_path, whole[:length]))
        kept = max(place for place in places if place <= length)
        assert data == whole[:kept]
        if length == kept:
            assert damage == []
        else:
            [one] = damage
            assert one.document_id == f"test_cases.bson at byte {kept}"
            assert one.reason == "the file ends inside a document (dump it again)"


@pytest.mark.parametrize("length", [0, 1, 4, -1, -(2**31), 2**31 - 1, 2**27])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_length_that_cannot_be_ends_the_file_and_is_said(tmp_path: Path, number: int, length: int) -> None:
    broken = struct.pack("<i", length) + THREE[number][4:]
    data, [damage] = read_all(source(tmp_path, stream(*THREE[:number], broken, *THREE[number + 1 :])))
    assert data == stream(*THREE[:number])
    assert damage.document_id == f"test_cases.bson at byte {len(data)}"
    assert damage.reason == "a document's length cannot be; nothing behind it was read (dump it again)"


@pytest.mark.parametrize("wrong_by", [*range(-20, 0), *range(1, 20)])
def test_a_length_that_is_wrong_by_a_few_bytes_never_passes_for_a_document(
    tmp_path: Path, wrong_by: int
) -> None:
    length = len(THREE[1]) + wrong_by
    broken = struct.pack("<i", length) + THREE[1][4:]
    place = source(tmp_path, stream(THREE[0], broken, THREE[2]))
    read_ones, refused = [], []
    for batch in place.batches("test_cases", CASE, EVERYTHING):
        decoded = decode(CASE, batch)
        read_ones += decoded.frame["title"].to_list()
        refused += [*decoded.refused, *([batch.damage] if batch.damage else [])]
    assert read_ones == ["test 0"]
    assert refused


@pytest.mark.parametrize("batch_documents", [1, 2, 3, 4])
def test_batches_hold_at_most_so_many_documents(tmp_path: Path, batch_documents: int) -> None:
    place = source(tmp_path, stream(*THREE, *THREE), batch_documents=batch_documents)
    counts = [len(offsets(batch.data)) - 1 for batch in place.batches("test_cases", CASE, EVERYTHING)]
    assert sum(counts) == 6
    assert max(counts) == batch_documents


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 120), st.integers(1, 5), st.booleans())
def test_the_size_of_what_is_read_at_once_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], chunk: int, batch: int, zipped: bool
) -> None:
    whole = stream(*({"_id": object_id(number), "x": "x" * size} for number, size in enumerate(sizes)))
    name = "test_cases.bson.gz" if zipped else "test_cases.bson"
    place = source(tmp_path, gzip.compress(whole) if zipped else whole, name, batch)
    monkeypatch.setattr(dump, "_CHUNK_BYTES", chunk)
    try:
        assert read_all(place) == (whole, [])
    finally:
        (tmp_path / name).unlink()


def test_documents_that_end_where_a_chunk_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stream(*THREE)
    for multiple in (1, 2, 3):
        for off_by in (-1, 0, 1):
            monkeypatch.setattr(dump, "_CHUNK_BYTES", multiple * len(THREE[0]) + off_by)
            assert read_all(source(tmp_path, whole)) == (whole, [])


@pytest.mark.parametrize("name", ["test_cases.bson", "test_cases.bson.gz"])
def test_an_empty_file_is_an_empty_collection(tmp_path: Path, name: str) -> None:
    content = gzip.compress(b"") if name.endswith("gz") else b""
    assert read_all(source(tmp_path, content, name)) == (b"", [])


def test_a_compressed_file_of_no_bytes_at_all_is_empty_too(tmp_path: Path) -> None:
    assert read_all(source(tmp_path, b"", "test_cases.bson.gz")) == (b"", [])


def test_a_compressed_file_cut_off_anywhere_gives_what_could_be_unpacked(tmp_path: Path) -> None:
    documents = [stream({"_id": object_id(number), "title": f"test {number}"}) for number in range(300)]
    whole = stream(*documents)
    packed = gzip.compress(whole, compresslevel=1)
    kept = []
    for length in range(1, len(packed), 97):
        data, damage = read_all(source(tmp_path, packed[:length], "test_cases.bson.gz"))
        assert whole.startswith(data)
        assert [one.reason for one in damage] == ["the compressed file is cut off or damaged (dump it again)"]
        assert damage[0].document_id == f"test_cases.bson.gz at byte {len(data)}"
        kept.append(len(offsets(data)) - 1)
    assert kept == sorted(kept)
    assert kept[-1] > 250


@pytest.mark.parametrize(
    "spoil",
    [
        lambda packed: b"no gzip at all" + packed,
        lambda packed: packed[:-8] + b"\0" * 8,
        lambda packed: packed[:20] + b"\xff" * 40 + packed[60:],
        lambda packed: packed + b"garbage behind it",
    ],
    ids=["no header", "wrong checksum", "spoiled inside", "garbage behind"],
)
def test_a_damaged_compressed_file_is_said_once(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    whole = stream(*THREE * 20)
    data, damage = read_all(source(tmp_path, spoil(gzip.compress(whole)), "test_cases.bson.gz"))
    assert whole.startswith(data)
    assert len(damage) == 1


def test_a_file_packed_in_parts_is_read_whole(tmp_path: Path) -> None:
    packed = b"".join(gzip.compress(one) for one in THREE)
    assert read_all(source(tmp_path, packed, "test_cases.bson.gz")) == (stream(*THREE), [])


def test_a_document_of_16_mb_is_one_document(tmp_path: Path) -> None:
    large = stream({"_id": object_id(9), "title": "large", "debug_data": {"log": "x" * (16 << 20)}})
    place = source(tmp_path, stream(THREE[0], large, THREE[1]))
    decoded = [decode(CASE, batch) for batch in place.batches("test_cases", CASE, EVERYTHING)]
    assert [title for one in decoded for title in one.frame["title"]] == ["test 0", "large", "test 1"]
    assert [one.refused for one in decoded] == [[]] * len(decoded)


def test_garbage_is_said_not_read(tmp_path: Path) -> None:
    data, [damage] = read_all(source(tmp_path, b"%PDF-1.7 this is another file"))
    assert data == b""
    assert damage.document_id == "test_cases.bson at byte 0"


def test_the_first_alias_that_is_there_is_read_and_a_missing_file_is_named(tmp_path: Path) -> None:
    place = source(tmp_path, stream(*THREE), "testcases.bson")
    assert place.collection(["test_cases", "testcases"]) == "testcases"
    assert place.collection(["users"]) is None
    with pytest.raises(SourceError, match=r"holds no users\.bson or users\.bson\.gz"):
        list(place.batches("users", CASE, EVERYTHING))


def test_the_database_is_found_or_the_ones_there_are_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        source(tmp_path / name, stream(*THREE))
    assert open_dump(tmp_path, "two", None, 10).folder == tmp_path / "two"
    assert open_dump(tmp_path / "one", "other", None, 10).folder == tmp_path / "one"
    with pytest.raises(UsageError, match=r"no database three \(found: one, two\); set EXR_DATABASE"):
        open_dump(tmp_path, "three", None, 10)
    with pytest.raises(UsageError, match="neither a MongoDB URI nor a folder"):
        open_dump(tmp_path / "nowhere", "one", None, 10)


# --- selections: compared with plain Python over the decoded documents


def first_time(values: Values, names: tuple[str, ...]) -> Iterator[datetime]:
    """The times a document names in these fields, and the one in its _id, as far as they can be read."""
    for name in names:
        try:
            value = read(Kind.TIME, values.get(name), name)
        except FieldError:
            continue
        if value is not None:
            yield value
    identity = values.get("_id")
    if isinstance(identity, ObjectId):
        yield identity.generation_time


def is_changed(document: Document, values: Values, since: datetime) -> bool:
    return any(time >= since for time in first_time(values, document.clock))


def day_of(document: Document, values: Values) -> date | None:
    return next((time.date() for time in first_time(values, document.day)), None)


def is_named(document: Document, values: Values, keys: frozenset[str]) -> bool:
    found = [values.get(name) for name in document.refers_by]
    return any(str(value) in keys for value in found if isinstance(value, str | int | ObjectId))


def chosen(folder: Path, document: Document, documents: list[Values], selection: Selection) -> list[Values]:
    place = source(folder, stream(*documents), "x.bson", 7)
    return [
        values
        for batch in place.batches("x", document, selection)
        for values in bson.decode_all(batch.data, OPTIONS)
    ]


TIMES = st.one_of(
    st.none(),
    st.integers(-3 * 1440, 3 * 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.tuples(
        st.integers(-3 * 1440, 3 * 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
        st.sampled_from(["Z", "+00:00", "", "+14:00", "-12:00", "spaces", "basic"]),
    ).map(lambda pair: as_text(*pair)),
    st.sampled_from(
        ["soon", 5, 5.5, True, [], {}, DatetimeMS(2**60), DatetimeMS(-(2**60)), ObjectId("69" * 12)]
    ),
    st.just(datetime(2099, 1, 1, tzinfo=UTC)),
)
IDS = st.one_of(
    st.integers(-3 * 86_400, 3 * 86_400).map(
        lambda seconds: ObjectId(f"{int(START.timestamp()) + seconds:08x}" + "ab" * 8)
    ),
    st.sampled_from(["e1", "e2", "69" * 12, 7, bson.Int64(2**40), 5.5, None, ObjectId("69" * 12)]),
)


def as_text(moment: datetime, form: str) -> str:
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    if form == "spaces":
        return f"  {text}Z "
    return text.replace("-", "").replace(":", "") if form == "basic" else text + form


def documents_of(document: Document) -> st.SearchStrategy[list[Values]]:
    names = {*document.clock, *document.day}
    references = set(document.refers_by) - {"_id"}
    fields: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(names, TIMES) | dict.fromkeys(references, IDS)
    return st.lists(st.fixed_dictionaries({"_id": IDS}, optional=fields), max_size=25)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_since_gives_at_least_what_changed_since(tmp_path: Path, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from((EXECUTION, STEP, RESULT, STATE_CHANGE)))
    documents = data.draw(documents_of(document))
    found = chosen(tmp_path, document, documents, Selection(since=SINCE))
    expected = [values for values in as_read(documents) if is_changed(document, values, SINCE)]
    assert [values for values in expected if values not in found] == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_days_give_at_least_what_lies_on_them(tmp_path: Path, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from((EXECUTION, STEP, RESULT, STATE_CHANGE)))
    documents = data.draw(documents_of(document))
    days = (START.date(), START.date() + timedelta(days=2))
    found = chosen(tmp_path, document, documents, Selection(days=days))
    expected = [values for values in as_read(documents) if day_of(document, values) in days]
    assert [values for values in expected if values not in found] == []
    sums = day_sums(document, Batch(stream(*documents)))
    assert sums["document_date"].to_list() == [day_of(document, values) for values in as_read(documents)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_keys_give_at_least_what_they_name(tmp_path: Path, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from((EXECUTION, STEP, RESULT, STATE_CHANGE)))
    documents = data.draw(documents_of(document))
    keys = frozenset(["e1", "69" * 12, "7", str(2**40)])
    found = chosen(tmp_path, document, documents, Selection(keys=keys))
    expected = [values for values in as_read(documents) if is_named(document, values, keys)]
    assert [values for values in expected if values not in found] == []


def as_read(documents: list[Values]) -> list[Values]:
    return bson.decode_all(stream(*documents), OPTIONS)


@pytest.mark.parametrize(
    "selection",
    [Selection(since=SINCE), Selection(days=(START.date(),)), Selection(keys=frozenset(["e1"]))],
    ids=["since", "days", "keys"],
)
def test_a_selection_leaves_out_what_it_does_not_name(tmp_path: Path, selection: Selection) -> None:
    old = {**good(EXECUTION, 1), "_id": object_id(1), "execution_id": "e0"}
    for name in ("triggered_at", "created_at", "updated_at"):
        old[name] = START - timedelta(days=9)
    new = {**good(EXECUTION, 2), "execution_id": "e1"}
    assert [values["execution_id"] for values in chosen(tmp_path, EXECUTION, [old, new, old], selection)] == [
        "e1"
    ]


STRANGE = {
    "a field twice": raw(
        element(7, b"_id", b"1" * 12),
        element(2, b"execution_id", text(b"e1")),
        element(2, b"execution_id", text(b"e2")),
    ),
    "a clock twice": raw(
        element(7, b"_id", b"1" * 12),
        element(2, b"updated_at", text(b"x")),
        element(2, b"updated_at", text(b"y")),
    ),
    "broken UTF-8 in a clock": raw(element(7, b"_id", b"1" * 12), element(2, b"updated_at", text(b"\xff"))),
    "broken UTF-8 in a name": raw(element(7, b"_id", b"1" * 12), element(2, b"execution_id", text(b"\xff"))),
    "nothing at all": raw(),
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE.keys())
def test_strange_documents_shift_no_selection(tmp_path: Path, strange: bytes) -> None:
    wanted = stream({"_id": object_id(1), "execution_id": "e1", "updated_at": START, "triggered_at": START})
    for selection in (
        Selection(since=SINCE),
        Selection(days=(START.date(),)),
        Selection(keys=frozenset(["e1"])),
    ):
        place = source(tmp_path, strange + wanted + strange, "x.bson")
        data = b"".join(batch.data for batch in place.batches("x", EXECUTION, selection))
        assert wanted in data


def test_neighbouring_days_are_one_span() -> None:
    days = (date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 4), date(2026, 3, 1))
    spans = Selection(days=days).spans()
    assert [(start.date(), end.date()) for start, end in spans] == [
        (date(2026, 3, 1), date(2026, 3, 3)),
        (date(2026, 3, 4), date(2026, 3, 5)),
    ]
