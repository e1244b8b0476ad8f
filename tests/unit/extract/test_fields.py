"""One value as its declared kind: what is read, what is refused and why; and what follows from the fields.

What belongs here: the rules of fields.py. What does not: documents and batches (test_decode.py).
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import polars as pl
import pytest
from bson import Code, DatetimeMS, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.decode import OPTIONS
from pipelines.extract.fields import (
    EARLIEST,
    LATEST,
    Field,
    FieldError,
    Kind,
    Struct,
    Structs,
    leaf_paths,
    polars_schema,
    read,
    type_name,
    with_label,
)
from tests.unit.extract.given import DOCUMENTS, ODD

AT_TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
OID = ObjectId("69" * 12)
STEP = Struct({"name": Kind.TEXT, "order": Kind.WHOLE})
DECLARED: Mapping[str, Field] = {
    "status": Kind.TEXT,
    "tags": Kind.TEXTS,
    "statistics": Struct({"total": Kind.WHOLE}),
    "steps": Structs(STEP.fields),
}


@pytest.mark.parametrize("field", [*Kind, STEP, Structs(STEP.fields)])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_null_and_nan_read_as_null_whatever_is_declared(field: Any, value: object) -> None:
    assert read(field, value, "f") is None


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.TEXT, "", ""),
        (Kind.TEXT, "a\0b", "a\0b"),
        (Kind.TEXT, "\u202e\U0001f600", "\u202e\U0001f600"),
        (Kind.REFERENCE, OID, "69" * 12),
        (Kind.REFERENCE, "suite_case_1", "suite_case_1"),
        (Kind.REFERENCE, Int64(2**62), str(2**62)),
        (Kind.LABEL, 5.0, "5"),
        (Kind.LABEL, 5.5, "5.5"),
        (Kind.LABEL, False, "false"),
        (Kind.LABEL, AT_TEN, "2026-03-01T10:00:00+00:00"),
        (Kind.LABEL, Decimal128("1.50"), "1.50"),
        (Kind.LABEL, OID, "69" * 12),
        (Kind.LABEL, {"a": 1}, None),
        (Kind.LABEL, ["a"], None),
        (Kind.LABEL, float("inf"), "inf"),
        (Kind.WHOLE, 5, 5.0),
        (Kind.WHOLE, -0.0, 0.0),
        (Kind.WHOLE, Int64(2**53 - 1), float(2**53 - 1)),
        (Kind.WHOLE, Decimal128("5.0"), 5.0),
        (Kind.NUMBER, 5.75, 5.75),
        (Kind.NUMBER, -3, -3.0),
        (Kind.NUMBER, Int64(2**53 + 1), float(2**53)),
        (Kind.NUMBER, Decimal128("5.7"), 5.7),
        (Kind.FLAG, False, False),
        (Kind.TEXTS, ["a", None, "b"], ["a", "b"]),
        (Kind.TEXTS, [], []),
        (Kind.JSON, {"b": 1, "a": OID, "c": "text", "d": None}, '{"b": 1}'),
        (
            Kind.JSON,
            {"a": float("nan"), "b": {"c": 1.5, "d": "text"}, "e": {"f": "text"}},
            '{"b": {"c": 1.5}}',
        ),
        (Kind.JSON, {"a.b": 1, "$c": 2}, '{"$c": 2, "a.b": 1}'),
        (STEP, {"name": "a", "other": 1}, {"name": "a", "order": None}),
        (STEP, {}, {"name": None, "order": None}),
        (STEP, DBRef("c", 1, name="a"), {"name": "a", "order": None}),
        (Structs(STEP.fields), [], []),
        (
            Structs(STEP.fields),
            [{}, {"order": 1}],
            [{"name": None, "order": None}, {"name": None, "order": 1.0}],
        ),
    ],
)
def test_what_is_read(kind: Any, value: object, expected: object) -> None:
    assert read(kind, value, "f") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00Z", AT_TEN),
        ("2026-03-01T10:00:00+00:00", AT_TEN),
        ("2026-03-01T10:00:00", AT_TEN),
        ("2026-03-01 10:00:00", AT_TEN),
        ("2026-03-01T12:00:00+02:00", AT_TEN),
        ("2026-02-28T20:00:00-14:00", AT_TEN),
        (" 2026-03-01T10:00:00Z\n", AT_TEN),
        ("20260301T100000Z", AT_TEN),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00:00.123456Z", AT_TEN.replace(microsecond=123_000)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2099-12-31T23:59:59Z", datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_iso_texts_are_utc_instants_of_whole_milliseconds(text: str, expected: datetime) -> None:
    assert read(Kind.TIME, text, "f") == expected


OUTSIDE = "f: a time outside the years 1900 to 2300"
NO_TIME = "f: text that is no ISO 8601 time"


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (Kind.TEXT, 5, "f: int instead of text"),
        (Kind.TEXT, ["a"], "f: array instead of text"),
        (Kind.TEXT, "a\udcff", "f: text that is no UTF-8"),
        (Kind.REFERENCE, True, "f: bool instead of reference"),
        (Kind.REFERENCE, 5.0, "f: double instead of reference"),
        (Kind.REFERENCE, {"a": 1}, "f: object instead of reference"),
        (Kind.REFERENCE, "\udcff", "f: text that is no UTF-8"),
        (Kind.LABEL, "\udcff", "f: text that is no UTF-8"),
        (Kind.WHOLE, 5.7, "f: a fraction instead of a whole number"),
        (Kind.WHOLE, "5", "f: string instead of whole number"),
        (Kind.WHOLE, True, "f: bool instead of whole number"),
        (Kind.WHOLE, 2**53, "f: a number of 2^53 or more"),
        (Kind.WHOLE, Int64(-(2**63)), "f: a number of 2^53 or more"),
        (Kind.WHOLE, float("inf"), "f: a number of 2^53 or more"),
        (Kind.WHOLE, Decimal128("NaN"), "f: a number of 2^53 or more"),
        (Kind.WHOLE, Decimal128("sNaN"), "f: a number of 2^53 or more"),
        (Kind.WHOLE, Decimal128("-1E+6000"), "f: a number of 2^53 or more"),
        (Kind.WHOLE, Decimal128("5.7"), "f: a fraction instead of a whole number"),
        (Kind.NUMBER, "5", "f: string instead of number"),
        (Kind.NUMBER, True, "f: bool instead of number"),
        (Kind.NUMBER, float("-inf"), "f: a number that is not finite"),
        (Kind.NUMBER, Decimal128("NaN"), "f: a number that is not finite"),
        (Kind.NUMBER, Decimal128("1E+6000"), "f: a number that is not finite"),
        (Kind.TIME, "", NO_TIME),
        (Kind.TIME, "yesterday", NO_TIME),
        (Kind.TIME, "2026-02-30", NO_TIME),
        (Kind.TIME, "2026-03-01T25:00:00Z", NO_TIME),
        (Kind.TIME, "0001-01-01T00:00:00+14:00", OUTSIDE),
        (Kind.TIME, "9999-12-31T23:59:59-14:00", OUTSIDE),
        (Kind.TIME, "1899-12-31T23:59:59Z", OUTSIDE),
        (Kind.TIME, LATEST, OUTSIDE),
        (Kind.TIME, DatetimeMS(2**60), OUTSIDE),
        (Kind.TIME, 1_700_000_000, "f: int instead of time"),
        (Kind.TIME, Timestamp(5, 1), "f: timestamp instead of time"),
        (Kind.FLAG, 1, "f: int instead of flag"),
        (Kind.FLAG, "true", "f: string instead of flag"),
        (Kind.TEXTS, "a", "f: string instead of list of texts"),
        (Kind.TEXTS, ["a", ["b"]], "f[]: array instead of text"),
        (Kind.JSON, [], "f: array instead of dictionary"),
        (Kind.JSON, {"\udcff": 1}, "f: text that is no UTF-8"),
        (STEP, [], "f: array instead of object"),
        (STEP, {"order": 0.5}, "f.order: a fraction instead of a whole number"),
        (Structs(STEP.fields), {}, "f: object instead of list of objects"),
        (Structs(STEP.fields), [None], "f[]: null instead of object"),
        (Structs(STEP.fields), [float("nan")], "f[]: double instead of object"),
        (Structs(STEP.fields), [{"name": 5}], "f[].name: int instead of text"),
    ],
)
def test_what_is_refused(kind: Any, value: object, reason: str) -> None:
    with pytest.raises(FieldError) as refused:
        read(kind, value, "f")
    assert str(refused.value).replace("time or ISO", "time") == reason


def test_the_reason_never_holds_the_value() -> None:
    for kind in (*Kind, STEP, Structs(STEP.fields)):
        for value in (
            "hunter2",
            ["hunter2"],
            {"name": ["hunter2"]},
            [{"name": ["hunter2"]}],
            Code("hunter2"),
        ):
            reasons = []
            try:
                read(kind, value, "f")
            except FieldError as refused:
                reasons.append(str(refused))
            assert "hunter2" not in "".join(reasons)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "bool"),
        (5, "int"),
        (Int64(5), "long"),
        (5.5, "double"),
        ("a", "string"),
        (AT_TEN, "date"),
        (DatetimeMS(2**60), "date"),
        (OID, "objectId"),
        (Decimal128("1"), "decimal"),
        (b"a", "binData"),
        (Regex("a"), "regex"),
        (Timestamp(1, 1), "timestamp"),
        (MinKey(), "minKey"),
        (MaxKey(), "maxKey"),
        (Code("a"), "javascript"),
        (DBRef("c", 1), "object"),
        ({}, "object"),
        ([], "array"),
    ],
)
def test_types_are_named_as_mongodb_names_them(value: object, name: str) -> None:
    assert type_name(value) == name


def test_no_value_of_any_type_raises_anything_but_a_refusal() -> None:
    values = bson.decode(bson.encode({"values": [*ODD.values()]}), OPTIONS)["values"]
    for kind in (*Kind, STEP, Structs(STEP.fields)):
        for value in values:
            for given_value in (value, [value], {"name": value, "order": value}):
                with suppress(FieldError):
                    read(kind, given_value, "f")


@settings(max_examples=50)
@given(st.integers(-(2**41), 2**43), st.integers(0, 999), st.sampled_from(["", "Z"]))
def test_text_and_date_of_one_instant_are_equal(at_ms: int, microseconds: int, zone: str) -> None:
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=at_ms, microseconds=microseconds)  # noqa: DTZ001
    stored = bson.decode(bson.encode({"at": moment}), OPTIONS)["at"]
    assert read(Kind.TIME, moment.isoformat() + zone, "f") == read(Kind.TIME, stored, "f")


@given(st.text())
def test_any_text_of_a_time_field_is_read_or_refused(text: str) -> None:
    with suppress(FieldError):
        assert EARLIEST <= read(Kind.TIME, text, "f") < LATEST


FREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), FREE, max_size=4))
def test_any_dictionary_becomes_json_that_can_be_parsed(value: Mapping[str, object]) -> None:
    parsed = json.loads(read(Kind.JSON, value, "f"), parse_constant=pytest.fail)
    assert parsed.keys() <= value.keys()


def test_a_configured_path_is_added_once_and_never_replaces_a_declared_field() -> None:
    fields = DECLARED
    added = with_label(with_label(fields, "metadata.build.number"), "metadata.build.name")
    assert added["metadata"] == Struct({"build": Struct({"number": Kind.LABEL, "name": Kind.LABEL})})
    assert with_label(fields, "status") == fields
    assert "metadata" not in fields


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("tags", "'tags' is read as list of texts"),
        ("status.word", "'status' is read as text"),
        ("statistics", "'statistics' is read as object"),
        ("statistics.total", "'total' is read as whole number"),
        ("steps.name", "'steps' is read as list of objects"),
    ],
)
def test_a_path_that_leads_to_no_text_is_an_error_of_the_settings(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        with_label(DECLARED, path)


def test_leaf_paths_are_the_allow_list_and_hold_no_secret_field() -> None:
    assert list(
        leaf_paths({"a": Kind.TEXT, "b": Structs({"c": Kind.TEXT, "d": Struct({"e": Kind.TIME})})})
    ) == [
        "a",
        "b.c",
        "b.d.e",
    ]
    never = {"hashed_password", "input_data", "output_data", "custom_config", "debug_data", "state_history"}
    for document in DOCUMENTS:
        parts = {part for path in leaf_paths(document.fields) for part in path.split(".")}
        assert not parts & never


def test_the_schema_of_a_frame_has_whole_numbers_as_doubles_and_times_in_utc() -> None:
    schema = polars_schema({"n": Kind.WHOLE, "at": Kind.TIME, "s": Structs({"t": Kind.TEXTS})})
    assert schema == {
        "n": pl.Float64(),
        "at": pl.Datetime("ms", "UTC"),
        "s": pl.List(pl.Struct({"t": pl.List(pl.String)})),
    }
