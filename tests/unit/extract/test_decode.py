"""The fast path against the slow one: every field of every collection, every type, then documents by hand.

What belongs here: what becomes of a batch's documents. What does not: one value's rules (test_fields.py).
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import bson
import polars as pl
import pytest
from bson import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract import decode as module
from pipelines.extract.batches import Batch, Decoded, Refused, offsets
from pipelines.extract.decode import decode
from pipelines.extract.documents import CASE, ITEM, RESULT, STATE_CHANGE, SUITE, Document
from tests.unit.extract.given import (
    DOCUMENTS,
    EXECUTION,
    ODD,
    START,
    Path,
    Values,
    element,
    good,
    narrowed,
    object_id,
    outcome,
    paths,
    put,
    raw,
    stream,
    text,
    without,
)

NAMES = [document.name for document in DOCUMENTS]
GOOD_ID = element(7, b"_id", object_id(1).binary)
OTHER_ID = element(7, b"_id", object_id(2).binary)


def slowly(document: Document, data: bytes) -> Decoded:
    places = offsets(data)
    raws = [data[start:end] for start, end in pairwise(places)]
    return module._decode_slowly(document, raws)


def fast(document: Document, data: bytes, count: int) -> list[Any] | None:
    """Rows of the fast path, or None where it leaves the documents to the slow one."""
    frame = module._decode_fast(document, data, count)
    return None if frame is None else outcome(Decoded(frame, []))[0]


@cache
def encoded(name: str, number: int) -> bytes:
    return bson.encode(good(DOCUMENTS[NAMES.index(name)], number))


def mutated(document: Document, number: int, path: Path, word: str) -> Values:
    """A good document with one odd value; `missing` takes the place away."""
    values = good(document, number)
    return without(values, path) if word == "missing" else put(values, path, ODD[word])


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_type_in_every_field_is_read_right_or_left_to_the_slow_path(document: Document) -> None:
    wrong = []
    for path in paths(document.fields):
        # One field is declared at a time, which is many times faster; all of them stand in the bytes.
        alone = replace(document, fields=narrowed(document.fields, path))
        before, after = (bson.encode(good(document, number)) for number in (1, 3))
        expected_before, expected_after = (slowly(alone, one) for one in (before, after))
        values = good(document, 2)
        for word in (*ODD, "missing"):
            odd = bson.encode(without(values, path) if word == "missing" else put(values, path, ODD[word]))
            found = fast(alone, before + odd + after, 3)
            if found is None:
                continue
            row = module._read_document(alone, odd)
            middle = Decoded(
                pl.DataFrame([] if isinstance(row, Refused) else [row], expected_before.frame.schema), []
            )
            parts = (expected_before, middle, expected_after)
            if found != [row for part in parts for row in outcome(part)[0]]:
                wrong.append((path, word, found))
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_one_odd_document_among_many_good_ones_changes_nothing_but_itself(document: Document) -> None:
    """A dozen of its fields, each with another type; all fields are declared."""
    places = [*paths(document.fields)]
    odd = [
        bson.encode(
            mutated(document, 1000 + number, path, [*ODD, "missing"][(7 * number + 3) % (len(ODD) + 1)])
        )
        for number, path in enumerate(places[:: len(places) // 12 + 1])
    ]
    crowd = [bson.encode(good(document, number)) for number in range(17)]
    data = stream(*(one for strange in odd for one in (*crowd, strange)), *crowd)
    assert outcome(decode(document, Batch(data))) == outcome(slowly(document, data))


def test_all_good_documents_take_the_fast_path() -> None:
    for document in DOCUMENTS:
        data = stream(*(good(document, number) for number in range(5)))
        assert fast(document, data, 5) == outcome(slowly(document, data))[0]


@settings(max_examples=25)
@given(st.data())
def test_any_mixture_loses_nothing_and_keeps_the_order(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from((STATE_CHANGE, CASE, SUITE, ITEM, RESULT, EXECUTION)))
    places = [*paths(document.fields)]
    words = st.sampled_from([*ODD, "missing"])
    odd = st.lists(st.tuples(st.integers(0, 45), st.sampled_from(places), words), max_size=6)
    documents = [encoded(document.name, number) for number in range(data.draw(st.integers(0, 46)))]
    for number, path, word in data.draw(odd):
        if number < len(documents):
            documents[number] = bson.encode(mutated(document, number, path, word))
    batch = Batch(stream(*documents))
    decoded = decode(document, batch)
    assert decoded.frame.height + len(decoded.refused) == len(documents)
    assert outcome(decoded) == outcome(slowly(document, batch.data))


SAME = {
    "_id is the last field": raw(element(2, b"title", text(b"a")), GOOD_ID),
    "_id is text": stream({"_id": "suite_case_1", "title": "a"}),
    "_id is text of 24 hex digits": stream({"_id": "69" * 12, "title": "a"}),
    "_id is an int": stream({"_id": 5, "title": "a"}),
    "_id is a fraction": stream({"_id": 5.5, "title": "a"}),
    "_id is null": stream({"_id": None, "title": "a"}),
    "_id is an object": stream({"_id": {"a": 1}, "title": "a"}),
    "_id is missing": stream({"title": "a"}),
    "nothing at all": raw(),
    "a name that ends in another": stream(
        {"_id": object_id(1), "custom_tags": 5, "xtags": True, "reorder": True}
    ),
    "free values under declared names": stream(
        {
            "_id": object_id(1),
            "metadata": {"tags": 5, "items": "text", "order": True, "suite_items": {"a": 1}},
        }
    ),
    "free lists under declared names": stream(
        {"_id": object_id(1), "metadata": {"tags": [1, None], "items": [1], "title": ["a"]}}
    ),
    "a text that looks like a field": stream(
        {"_id": object_id(1), "title": "\4tags\0\x10order\0\3items\0\10order\0"}
    ),
    "a field twice": raw(GOOD_ID, element(2, b"title", text(b"one")), element(2, b"title", text(b"two"))),
    "a field twice, text and int": raw(
        GOOD_ID, element(2, b"title", text(b"one")), element(16, b"title", b"\1\0\0\0")
    ),
    "a field twice, null and text": raw(
        GOOD_ID, element(10, b"title", b""), element(2, b"title", text(b"two"))
    ),
    "_id twice": raw(GOOD_ID, OTHER_ID, element(2, b"title", text(b"one"))),
    "an array in place of an element": raw(
        GOOD_ID, element(4, b"items", raw(element(4, b"0", raw(element(2, b"test_item_id", text(b"a"))))))
    ),
    "array keys out of order": raw(
        GOOD_ID, element(4, b"tags", raw(element(2, b"7", text(b"a")), element(2, b"0", text(b"b"))))
    ),
    "an undefined value": raw(GOOD_ID, element(6, b"title", b""), element(6, b"items", b"")),
    "a symbol": raw(GOOD_ID, element(14, b"title", text(b"symbol"))),
    "no name": raw(GOOD_ID, element(2, b"", text(b"a"))),
    "NUL in a text": stream({"_id": object_id(1), "title": "a\0b", "status": "\0"}),
    "broken UTF-8 in a text that is read": raw(GOOD_ID, element(2, b"title", text(b"a\xff\xfeb"))),
    "broken UTF-8 in a reference": raw(GOOD_ID, element(2, b"owner_id", text(b"a\xff\xfeb"))),
    "broken UTF-8 in a list": raw(GOOD_ID, element(4, b"tags", raw(element(2, b"0", text(b"\xc0\x80"))))),
    "broken UTF-8 in a list of objects": raw(
        GOOD_ID, element(4, b"items", raw(element(3, b"0", raw(element(2, b"test_item_id", text(b"\xff"))))))
    ),
    "half a surrogate pair": raw(GOOD_ID, element(2, b"title", text(b"\xed\xa0\x80"))),
    "broken UTF-8 in a text that is not read": raw(GOOD_ID, element(2, b"other", text(b"a\xff\xfeb"))),
    "broken UTF-8 in a name": raw(
        GOOD_ID, element(2, b"o\xff", text(b"a")), element(2, b"title", text(b"a"))
    ),
    "the last byte is not NUL": raw(GOOD_ID, element(2, b"title", text(b"a")))[:-1] + b"\1",
    "10,000 characters": stream({"_id": object_id(1), "title": "ä" * 10_000, "tags": ["x" * 10_000]}),
    "a name of 10,000 characters": stream({"_id": object_id(1), "x" * 10_000: 1, "title": "a"}),
    "bidi and zero width": stream({"_id": object_id(1), "title": "\u202ea\u2066b\u200b\ufeff\U0001f600"}),
    "markup": stream({"_id": object_id(1), "title": '<script>\'; drop table x; --#import "a"'}),
}


@pytest.mark.parametrize("strange", SAME.values(), ids=SAME.keys())
def test_strange_documents_are_read_the_same_both_ways(strange: bytes) -> None:
    neighbour = stream({"_id": object_id(3), "title": "neighbour", "tags": ["a"], "items": [{"order": 1}]})
    expected = outcome(slowly(SUITE, neighbour + strange + neighbour))
    found = fast(SUITE, neighbour + strange + neighbour, 3)
    assert found is None or (found, []) == expected
    assert outcome(decode(SUITE, Batch(neighbour * 40 + strange + neighbour * 40)))[1] == expected[1]


REFUSED = {
    "_id is null": ("unreadable:", "_id: missing"),
    "_id is missing": ("unreadable:", "_id: missing"),
    "_id is a fraction": ("unreadable:", "_id: double instead of reference"),
    "_id is an object": ("unreadable:", "_id: object instead of reference"),
    "nothing at all": ("unreadable:", "_id: missing"),
    "a field twice, text and int": (str(object_id(1)), "title: int instead of text"),
    "an array in place of an element": (str(object_id(1)), "items[]: array instead of object"),
    "broken UTF-8 in a text that is read": (str(object_id(1)), "title: text that is no UTF-8"),
    "broken UTF-8 in a reference": (str(object_id(1)), "owner_id: text that is no UTF-8"),
    "broken UTF-8 in a list": (str(object_id(1)), "tags[]: text that is no UTF-8"),
    "broken UTF-8 in a list of objects": (str(object_id(1)), "items[].test_item_id: text that is no UTF-8"),
    "half a surrogate pair": (str(object_id(1)), "title: text that is no UTF-8"),
    "the last byte is not NUL": ("unreadable:", "not valid BSON"),
}


def test_strange_documents_are_refused_for_a_reason_or_kept() -> None:
    for name, strange in SAME.items():
        refused = decode(SUITE, Batch(strange)).refused
        start, reason = REFUSED.get(name, ("", None))
        assert [one.reason for one in refused] == ([reason] if reason else []), name
        assert all(one.document_id.startswith(start) for one in refused), name


@pytest.mark.parametrize("form", ["object", "list"])
def test_200_levels_of_a_dictionary_nobody_reads_do_not_matter(form: str) -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"tags": deep} if form == "object" else [deep]
    values = {"_id": object_id(1), "metadata": deep, "title": "a"}
    data = stream(values, values)
    assert outcome(decode(SUITE, Batch(data))) == outcome(slowly(SUITE, data))
    assert decode(SUITE, Batch(data)).frame["title"].to_list() == ["a", "a"]


def test_200_levels_of_a_dictionary_that_is_read_are_kept() -> None:
    deep: Values = {"n": 1}
    for _ in range(200):
        deep = {"a": deep}
    result = decode(RESULT, Batch(stream({"_id": object_id(1), "insights": {"declared": deep}})))
    assert result.refused == []
    assert result.frame["insights"].struct.field("declared")[0] == '{"a": ' * 200 + '{"n": 1}' + "}" * 200


def test_sixty_steps_stay_in_their_order() -> None:
    steps = [{"step_id": f"s{place}", "step_order": place, "duration_ms": place} for place in range(60)]
    data = stream({"_id": object_id(1), "triggered_at": START, "embedded_steps": steps}) * 2
    found = fast(EXECUTION, data, 2)
    assert found == outcome(slowly(EXECUTION, data))[0]
    assert found is not None
    assert [step["step_id"] for step in found[1]["embedded_steps"]] == [f"s{place}" for place in range(60)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"embedded_steps": "text"}, "embedded_steps: string instead of list of objects"),
        ({"embedded_steps": [{"step_id": "a"}, None]}, "embedded_steps[]: null instead of object"),
        ({"embedded_steps": [5]}, "embedded_steps[]: int instead of object"),
        ({"embedded_steps": [["step_id"]]}, "embedded_steps[]: array instead of object"),
        (
            {"embedded_steps": [{"error_details": "text"}]},
            "embedded_steps[].error_details: string instead of object",
        ),
        ({"statistics": []}, "statistics: array instead of object"),
        (
            {"statistics": {"total_steps": 5.7}},
            "statistics.total_steps: a fraction instead of a whole number",
        ),
        ({"resource_usage": "much"}, "resource_usage: string instead of object"),
        (
            {"resource_usage": {"disk_io_mb": "5"}},
            "resource_usage.disk_io_mb: string instead of number",
        ),
        (
            {"resource_usage": {"cpu_usage_percent": True}},
            "resource_usage.cpu_usage_percent: bool instead of number",
        ),
        (
            {"statistics": {"resource_usage": {"cpu_usage_percent": float("inf")}}},
            "statistics.resource_usage.cpu_usage_percent: a number that is not finite",
        ),
        ({"total_duration_ms": True}, "total_duration_ms: bool instead of whole number"),
        ({"total_duration_ms": "5"}, "total_duration_ms: string instead of whole number"),
        ({"triggered_at": "yesterday"}, "triggered_at: text that is no ISO 8601 time"),
        ({"triggered_at": bson.DatetimeMS(2**60)}, "triggered_at: a time outside the years 1900 to 2300"),
        ({"tags": ["a", 5]}, "tags[]: int instead of text"),
        ({"status": ObjectId(b"1" * 12)}, "status: objectId instead of text"),
        (
            {"priority": 1.5, "status": 5},
            "priority: a fraction instead of a whole number; status: int instead of text",
        ),
    ],
)
def test_a_refused_document_says_why(values: Values, reason: str) -> None:
    sound = [good(EXECUTION, number) for number in range(2, 40)]
    odd = {"_id": object_id(1), "execution_id": "e1", "triggered_at": START, **values}
    decoded = decode(EXECUTION, Batch(stream(*sound, odd, *sound)))
    [refused] = decoded.refused
    assert (refused.document_id, refused.reason) == (str(object_id(1)), reason)
    assert '"execution_id": "e1"' in refused.readable_fields
    assert decoded.frame.height == 2 * len(sound)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"tags": ["a", None, "b"]}, {"tags": ["a", "b"]}),
        ({"tags": None, "statistics": None}, {}),
        ({"tags": []}, {"tags": []}),
        ({"embedded_steps": [{}]}, {"embedded_steps": [None]}),
        ({"statistics": {}}, {}),
        ({"priority": float("nan")}, {}),
        ({"priority": bson.Int64(5)}, {"priority": 5.0}),
        ({"resource_usage": {"disk_io_mb": float("nan")}}, {}),
        ({"resource_usage": {"disk_io_mb": 0.1}}, {"resource_usage": {"disk_io_mb": 0.1}}),
        ({"resource_usage": {"disk_io_mb": -7}}, {"resource_usage": {"disk_io_mb": -7.0}}),
        ({"priority": bson.Decimal128("5")}, {"priority": 5.0}),
        ({"execution_id": ObjectId("69" * 12), "parent_execution_id": 7}, None),
        ({"metadata": {"commit": 123, "branch": True, "pipeline_id": 5.0}}, None),
        ({"metadata": {"commit": {"a": 1}, "branch": ["a"], "pipeline_id": None}}, {}),
    ],
)
def test_loose_but_readable_values(values: Values, expected: Values | None) -> None:
    texts = {
        "execution_id": {"execution_id": "69" * 12, "parent_execution_id": "7"},
        "metadata": {"metadata": {"commit": "123", "branch": "true", "pipeline_id": "5"}},
    }
    wanted = texts[next(iter(values))] if expected is None else expected
    rows, refused = outcome(decode(EXECUTION, Batch(stream({"_id": object_id(1), **values}))))
    assert refused == []
    assert [{name: row[name] for name in row if name not in ("_id", "_time")} for row in rows] == [wanted]


def test_the_time_inside_an_object_id_is_read_and_text_has_none() -> None:
    frame = decode(STATE_CHANGE, Batch(stream({"_id": object_id(7)}, {"_id": "text"}))).frame
    times = [None if time is None else time.timestamp() for time in frame["_time"]]
    assert times == [0x69000007, None]


def test_an_empty_batch_is_an_empty_frame_of_the_declared_columns() -> None:
    for document in DOCUMENTS:
        frame = decode(document, Batch(b"")).frame
        assert frame.height == 0
        assert frame.columns == [*document.fields, "_time"]


def test_a_batch_that_ends_inside_a_document_is_an_error_of_the_caller() -> None:
    whole = stream({"_id": object_id(1)})
    for length in range(1, len(whole)):
        with pytest.raises(ValueError, match="broken document length at byte 0"):
            decode(CASE, Batch(whole[:length]))
