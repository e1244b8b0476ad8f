"""Given documents, expected rows: executions, steps of all places, companions, and the catalog.

What belongs here: from nested documents to flat rows. What does not: types (test_decode.py), secrets
(test_redact.py).
"""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bson import DatetimeMS, Int64, ObjectId

from pipelines.extract import catalog, executions, state_changes, steps
from pipelines.extract.batches import Batch, Decoded
from pipelines.extract.decode import decode
from pipelines.extract.documents import (
    CASE,
    ITEM,
    QUEUE_ENTRY,
    RESULT,
    STATE_CHANGE,
    STEP,
    SUITE,
    USER,
    Document,
    execution_document,
)
from pipelines.extract.executions import DayBounds, TextLimits
from pipelines.extract.people import People
from pipelines.extract.raw_tables import RAW_EXECUTIONS, RAW_STEPS
from pipelines.settings import IdentityPaths
from tests.unit.extract.given import EXECUTION, Values, object_id, stream
from warehouse.errors import UsageError
from warehouse.tables import DECLARED_TOTALS

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
MADE = object_id(1).generation_time
BOUNDS = DayBounds(date(2000, 1, 1), date(2026, 12, 31))
LIMITS = TextLimits(10, 20)
ALONE = dict.fromkeys(("error_type", "error_message", "error_code", "stack_trace", "expected", "actual"))


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path / "people", ("system", "ci"))


def decoded(document: Document, *documents: Values) -> Decoded:
    return decode(
        document, Batch(stream(*({"_id": object_id(n + 1), **one} for n, one in enumerate(documents))))
    )


def frame(document: Document, *documents: Values) -> pl.DataFrame:
    found = decoded(document, *documents)
    assert found.refused == []
    return found.frame


def admitted(*documents: Values) -> Decoded:
    return executions.admit(decoded(EXECUTION, *documents), BOUNDS)


def raw_execution(people: People, values: Values, paths: IdentityPaths | None = None) -> Values:
    """The one row of an execution document."""
    paths = paths or IdentityPaths()
    found = executions.admit(decoded(execution_document(paths), values), BOUNDS)
    [row] = executions.raw_executions(found.frame, paths, people, LIMITS).to_dicts()
    return row


def filled(row: Values) -> Values:
    """The columns that hold something."""
    return {name: value for name, value in row.items() if value is not None}


def columns(table: pl.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return table.select(names).rows()


# --- executions


def test_an_execution_of_nothing_but_an_id_has_its_day_from_it(people: People) -> None:
    assert filled(raw_execution(people, {})) == {
        "execution_key": str(object_id(1)),
        "document_time": MADE,
        "document_date": MADE.date(),
        "copy": 0,
    }


def test_an_execution_is_flattened_as_the_source_wrote_it(people: People) -> None:
    row = raw_execution(
        people,
        {
            "execution_id": "exec_1",
            "test_case_id": ObjectId("69" * 12),
            "execution_type": "TEST_CASE",
            "status": "PASSED",
            "triggered_by": "system",
            "triggered_at": "2026-03-01T12:00:00+02:00",
            "created_at": AT,
            "total_duration_ms": Int64(1500),
            "statistics": {"total_steps": 3.0, "completed_steps": 2, "total_duration_ms": 1400},
            "error_details": {"error_type": "TimeoutError", "error_message": "0123456789abc"},
            "tags": ["b", None, "a"],
            "schema_version": "1.0",
            "id": None,
        },
    )
    assert filled(row) == {
        "execution_key": str(object_id(1)),
        "execution_id": "exec_1",
        "test_case_id": "69" * 12,
        "execution_type": "TEST_CASE",
        "status": "PASSED",
        "triggered_by_key": "system",
        "document_time": MADE,
        "triggered_at": AT,
        "created_at": AT,
        "total_duration_ms": 1500,
        "statistics_duration_ms": 1400,
        "statistics_total_steps": 3,
        "statistics_completed_steps": 2,
        "error_type": "TimeoutError",
        "error_message": "0123456789",
        "tags": ["b", "a"],
        "document_date": AT.date(),
        "copy": 0,
    }
    assert tuple(row) == RAW_EXECUTIONS.names


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"execution_context": {"environment": "prod"}, "metadata": {"environment": "other"}}, "prod"),
        ({"execution_context": {"environment": None}, "metadata": {"environment": "other"}}, "other"),
        ({"execution_context": {"environment": "  "}, "metadata": {"environment": " other "}}, "other"),
        ({"execution_context": {"environment": {"a": 1}}, "metadata": {"environment": 7}}, "7"),
        ({"execution_context": {}, "metadata": None}, None),
        ({}, None),
    ],
)
def test_the_first_path_that_holds_text_counts(people: People, values: Values, expected: str | None) -> None:
    assert raw_execution(people, values)["environment"] == expected


def test_paths_are_configured_and_may_name_declared_texts(people: People) -> None:
    paths = IdentityPaths(
        project=("metadata.team.name", "execution_type"), suite=("test_suite_id",), browser=()
    )
    values = {"execution_type": "batch", "test_suite_id": "s1", "execution_context": {"browser": "firefox"}}
    row = raw_execution(people, values, paths)
    assert (row["project"], row["suite"], row["browser"]) == ("batch", "s1", None)
    row = raw_execution(people, values | {"metadata": {"team": {"name": "core"}}}, paths)
    assert row["project"] == "core"


@pytest.mark.parametrize("path", ["priority", "tags", "metadata", "status.word", "embedded_steps.status"])
def test_a_path_to_no_text_is_said_before_anything_is_read(path: str) -> None:
    paths = IdentityPaths(project=(path,), commit_id=("metadata.commit",), browser=("statistics.browser",))
    other = IdentityPaths(project=("metadata.commit",), suite=(path,))
    with pytest.raises(
        UsageError, match=re.escape(f"EXR_IDENTITY__SUITE: no text can be read at {path}, since")
    ):
        execution_document(other)
    if path != "metadata":
        with pytest.raises(UsageError, match="EXR_IDENTITY__PROJECT"):
            execution_document(paths)


@pytest.mark.parametrize(
    ("values", "day"),
    [
        ({"triggered_at": AT, "created_at": AT - timedelta(days=1)}, date(2026, 3, 1)),
        ({"triggered_at": None, "created_at": AT - timedelta(days=1)}, date(2026, 2, 28)),
        ({"triggered_at": "2026-03-01T23:30:00-02:00"}, date(2026, 3, 2)),
        ({}, MADE.date()),
        ({"_id": "text", "created_at": AT}, date(2026, 3, 1)),
    ],
)
def test_the_day_of_a_document(values: Values, day: date) -> None:
    assert admitted(values).frame["document_date"].to_list() == [day]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"triggered_at": datetime(1970, 1, 1, tzinfo=UTC)},
            "triggered_at: 1970-01-01 lies outside 2000-01-01 to",
        ),
        (
            {"triggered_at": datetime(2099, 1, 1, tzinfo=UTC)},
            "triggered_at: 2099-01-01 lies outside 2000-01-01 to",
        ),
        ({"_id": "text"}, "triggered_at: missing, and nothing else tells the time"),
        ({"triggered_at": DatetimeMS(2**60)}, "triggered_at: a time outside the years 1900 to 2300"),
    ],
)
def test_a_document_of_no_fit_day_is_refused_not_lost(values: Values, reason: str) -> None:
    found = admitted(
        {"triggered_at": AT}, {"_id": object_id(2), "status": "passed", **values}, {"triggered_at": AT}
    )
    assert found.frame["_id"].to_list() == [str(object_id(1)), str(object_id(3))]
    [refused] = found.refused
    assert refused.reason.startswith(reason)
    assert '"status": "passed"' in refused.readable_fields


def test_people_are_replaced_and_one_is_one_over_spellings(people: People) -> None:
    given = [{"triggered_by": who} for who in ("Ann@Example.com", "ann@example.com", "CI", "", None)]
    rows = executions.raw_executions(admitted(*given).frame, IdentityPaths(), people, LIMITS)
    one, same, *rest = rows["triggered_by_key"]
    assert one == same
    assert "ann" not in one
    assert rest == ["ci", None, None]


@pytest.mark.parametrize(
    ("values", "agent"),
    [
        ({"execution_context": {"execution_agent": " worker-7 "}}, "worker-7"),
        ({"execution_context": {"execution_agent": "  "}}, None),
        ({"execution_context": {"execution_agent": None}}, None),
        ({"execution_context": {"execution_agent": {"name": "worker-7"}}}, None),
        ({"execution_context": {"execution_agent": "runner@node-3"}}, "node-3"),
        ({"execution_context": {"execution_agent": "ann@example.com"}}, "example.com"),
        ({"execution_context": {"execution_agent": "ann@"}}, None),
        ({"execution_context": {"execution_agent": "node token=hunter2swordfish"}}, "node token=[redacted]"),
        ({"execution_context": {"execution_agent": "CI"}, "triggered_by": "ci"}, "CI"),
        ({"execution_context": {"execution_agent": "u77"}, "triggered_by": "U77 "}, None),
        ({"execution_context": {"execution_agent": "Ann@e.com"}, "triggered_by": "ann@e.com"}, None),
        ({}, None),
    ],
)
def test_the_agent_is_a_worker_and_no_person(people: People, values: Values, agent: str | None) -> None:
    assert raw_execution(people, values)["execution_agent"] == agent


def test_what_was_used_is_read_and_what_may_be_used_is_not(people: People) -> None:
    used = {"cpu_usage_percent": 12.5, "memory_usage_mb": 512, "disk_io_mb": None}
    values = {
        "resource_usage": used,
        "statistics": {"resource_usage": {"network_io_mb": 0.25}},
        "execution_config": {"resource_limits": dict.fromkeys((*used, "network_io_mb"), 99)},
    }
    row = raw_execution(people, values)
    assert {name: value for name, value in filled(row).items() if name.endswith(("_percent", "_mb"))} == {
        "cpu_usage_percent": 12.5,
        "memory_usage_mb": 512.0,
        "statistics_network_io_mb": 0.25,
    }


# --- steps


STEPS = [{"step_id": "a", "step_order": 1}, {"step_id": "b", "step_sequence": 2}]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"embedded_steps": STEPS}, [("a", 0, 1), ("b", 1, 2)]),
        ({"embedded_step_traces": STEPS}, [("a", 0, 1), ("b", 1, 2)]),
        ({"embedded_steps": [], "embedded_step_traces": STEPS}, [("a", 0, 1), ("b", 1, 2)]),
        ({"embedded_steps": None, "embedded_step_traces": STEPS}, [("a", 0, 1), ("b", 1, 2)]),
        ({"embedded_steps": STEPS[:1], "embedded_step_traces": STEPS}, [("a", 0, 1)]),
        ({"embedded_steps": STEPS, "step_results_collection": "execution_steps"}, [("a", 0, 1), ("b", 1, 2)]),
        ({"embedded_steps": [{}]}, [(None, 0, None)]),
        ({"embedded_steps": []}, []),
        ({}, []),
    ],
)
def test_embedded_steps_stand_in_either_list(values: Values, expected: list[tuple[Any, ...]]) -> None:
    rows = executions.embedded_steps(admitted(values).frame, LIMITS)
    assert columns(rows, "step_id", "list_position", "step_order") == expected
    assert tuple(rows.columns) == RAW_STEPS.names


def test_an_embedded_step_keeps_what_it_says_and_whose_it_is() -> None:
    step = {
        "step_id": 7,
        "step_name": "log in",
        "step_type": "action",
        "status": "FAILED",
        "started_at": AT,
        "completed_at": "2026-03-01T10:00:01.500Z",
        "duration_ms": 1500.0,
        "retry_count": 2,
        "error_details": {
            "error_type": "AssertionError",
            "error_message": "0123456789abc",
            "error_code": 404,
            "stack_trace": "0123456789" * 3,
            "expected": "0123456789abc",
            "actual": 5,
            "scenario_index": 3,
        },
        "input_data": {"password": "never read"},
    }
    [row] = executions.embedded_steps(
        admitted({"updated_at": AT, "embedded_steps": [step]}).frame, LIMITS
    ).to_dicts()
    assert row == {
        "execution_ref": str(object_id(1)),
        "step_source": "embedded",
        "source_key": str(object_id(1)),
        "source_at": AT,
        "list_position": 0,
        "step_order": None,
        "step_id": "7",
        "step_name": "log in",
        "step_type": "action",
        "status": "FAILED",
        "started_at": AT,
        "completed_at": AT + timedelta(seconds=1.5),
        "duration_ms": 1500,
        "retry_count": 2,
        "error_type": "AssertionError",
        "error_message": "0123456789",
        "error_code": "404",
        "stack_trace": "0123456789" * 2,
        "expected": "0123456789",
        "actual": "5",
        "document_date": MADE.date(),
        "collection": None,
        "copy": 0,
    }


def test_sixty_embedded_steps_come_in_their_order() -> None:
    values = {"embedded_steps": [{"step_id": f"s{place}"} for place in range(60)], "estimated_step_count": 60}
    rows = executions.embedded_steps(admitted(values, {}, values).frame, LIMITS)
    assert rows["step_id"].to_list() == [f"s{place}" for place in range(60)] * 2
    assert rows["list_position"].to_list() == [*range(60)] * 2
    assert rows["execution_ref"].n_unique() == 2


def test_documents_of_a_step_collection() -> None:
    rows = steps.collection_steps(
        frame(
            STEP,
            {"execution_id": "e1", "step_sequence": 5, "status": "passed", "completed_at": AT},
            {"execution_id": None, "step_id": "nobody's"},
            {"execution_id": ObjectId("69" * 12), "step_order": 0, "step_sequence": 9},
            {
                "execution_id": "e2",
                "updated_at": "2026-03-01T10:00:00Z",
                "completed_at": AT + timedelta(days=1),
            },
        ),
        "execution_steps",
        10,
        20,
    )
    assert rows["collection"].to_list() == ["execution_steps"] * 3
    names = (
        "execution_ref",
        "source_key",
        "source_at",
        "list_position",
        "step_order",
        "step_source",
        "document_date",
    )
    assert columns(rows, *names) == [
        ("e1", str(object_id(1)), AT, 0, 5, "step_collection", None),
        ("69" * 12, str(object_id(3)), object_id(3).generation_time, 0, 0, "step_collection", None),
        ("e2", str(object_id(4)), AT, 0, None, "step_collection", None),
    ]


def test_results_of_a_run_give_steps_and_those_of_a_suite_give_cases() -> None:
    shape_a = {
        "execution_id": "e1",
        "processed_at": "2026-03-01T10:00:00+00:00",
        "step_results": [
            {"step_id": "a", "status": "passed", "duration_ms": 5},
            {"step_id": "b", "status": "failed"},
        ],
    }
    shape_b = {
        "suite_execution_id": "s1",
        "aggregated_at": "2026-03-01T10:00:00",
        "test_case_results": [
            {
                "execution_id": "x",
                "test_case_id": "c1",
                "status": "PASSED",
                "statistics": {"total_duration_ms": 9},
            },
            {"execution_id": "y", "status": "FAILED", "step_results": [{"step_id": "not read"}]},
        ],
    }
    nameless = {"step_results": [{"step_id": "z"}], "test_case_results": [{"status": "PASSED"}]}
    empty: Values = {
        "execution_id": "e2",
        "step_results": [],
        "suite_execution_id": "s2",
        "test_case_results": None,
    }
    rows = steps.result_steps(frame(RESULT, shape_a, shape_b, nameless, empty), 10, 20)
    names = ("execution_ref", "step_source", "list_position", "step_id", "step_type", "status", "duration_ms")
    assert columns(rows, *names) == [
        ("e1", "results", 0, "a", None, "passed", 5),
        ("e1", "results", 1, "b", None, "failed", None),
        ("s1", "suite_results", 0, "c1", "test_case", "PASSED", 9),
        ("s1", "suite_results", 1, "y", "test_case", "FAILED", None),
    ]
    assert rows["source_at"].to_list() == [AT] * 4


# --- companions


def test_declared_totals_of_a_suite_run() -> None:
    given = {
        "suite_execution_id": "s1",
        "total_test_cases": 5,
        "passed_cases": 3,
        "failed_cases": 1,
        "cancelled_cases": Int64(1),
        "success_rate": 60.0,
        "aggregated_at": "2026-03-01T10:00:00Z",
        "insights": {"declared": {"passed": 3, "a.b": 1, "note": "text"}},
    }
    rows = state_changes.declared_totals(
        frame(RESULT, given, {"execution_id": "e1"}, {"suite_execution_id": "s2"})
    )
    assert rows.rows() == [
        (str(object_id(1)), "s1", 5, 3, 1, 1, '{"a.b": 1, "passed": 3}', AT),
        (str(object_id(3)), "s2", None, None, None, None, None, None),
    ]
    assert tuple(rows.columns) == DECLARED_TOTALS.names


def test_state_changes_keep_the_words_of_the_source() -> None:
    rows = state_changes.state_changes(
        frame(
            STATE_CHANGE,
            {"execution_id": "e1", "old_status": "failed", "new_status": "RETRYING", "timestamp": AT},
            {"execution_id": "e1", "old_status": None, "new_status": "queued"},
            {"old_status": "failed", "new_status": "retrying", "timestamp": AT},
        )
    )
    assert columns(rows, "execution_ref", "from_status", "to_status", "changed_at") == [
        ("e1", "failed", "RETRYING", AT),
        ("e1", None, "queued", object_id(2).generation_time),
    ]


@pytest.mark.parametrize(
    "written", ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00", AT]
)
def test_queue_times_are_texts_in_any_of_the_usual_forms(written: object) -> None:
    rows = state_changes.queue_entries(
        frame(QUEUE_ENTRY, {"execution_id": "e1", "queued_at": written}, {"a": 1})
    )
    assert columns(rows, "execution_ref", "queued_at", "processing_started_at", "retry_count") == [
        ("e1", AT, None, None)
    ]


# --- catalog


def test_a_case_as_the_model_writes_it(people: People) -> None:
    given = {
        "title": "Log in",
        "status": "Active",
        "test_type": "BDD",
        "priority": "HIGH",
        "tags": ["b", "a", None, "b"],
        "owner_id": "69" * 12,
        "related_test_items": ["i2", "i1", "i2"],
        "created_at": AT,
    }
    [row] = catalog.tests(frame(CASE, given), people).to_dicts()
    owner = row.pop("owner_key")
    assert owner == people.surrogates(["69" * 12])["69" * 12]
    assert row == {
        "test_key": str(object_id(1)),
        "test_name": "Log in",
        "status": "active",
        "is_archived": False,
        "test_type": "bdd",
        "priority": "high",
        "tags": ["a", "b"],
        "item_keys": ["i1", "i2"],
        "created_at": AT,
        "updated_at": None,
    }


@pytest.mark.parametrize("rows", [catalog.tests, catalog.suites])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"is_archived": True, "status": "active"}, True),
        ({"is_archived": False, "status": "ARCHIVED"}, True),
        ({"status": "archived"}, True),
        ({"is_archived": None, "status": "deprecated"}, False),
        ({"is_archived": False}, False),
        ({}, False),
    ],
)
def test_both_forms_of_deletion(people: People, rows: Any, values: Values, expected: bool) -> None:
    document = CASE if rows is catalog.tests else SUITE
    assert rows(frame(document, values), people)["is_archived"].to_list() == [expected]


def item(key: str | None, order: float | None = None, **other: Any) -> Values:
    return {"test_item_id": key, "order": order, **other}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"suite_items": [item("b", 1), item("a", 0)]}, ["a", "b"]),
        ({"items": [item("b", 2), item("a", 1)]}, ["a", "b"]),
        ({"suite_items": [], "items": [item("a")]}, ["a"]),
        ({"suite_items": None, "items": [item("a")]}, ["a"]),
        ({"suite_items": [item("a")], "items": [item("b")]}, ["a"]),
        ({"suite_items": [item("a", 0, skip=True), item("b", 1, skip=False), item("c", 2)]}, ["b", "c"]),
        ({"suite_items": [item("a", 0, skip=True)]}, []),
        ({"suite_items": [item("c", 0), item("a", 0), item("b", 0)]}, ["c", "a", "b"]),
        ({"suite_items": [item("a"), item("b"), item("c")]}, ["a", "b", "c"]),
        (
            {"suite_items": [item("c", 9, skip=True), item("b", 2), item("d", 0, skip=True), item("a", 1)]},
            ["a", "b"],
        ),
        ({"suite_items": [item(None, 0), item("a", 1)]}, ["a"]),
        ({"suite_items": [item("a", 0, custom_tags=["x"], note="n")]}, ["a"]),
        ({}, []),
    ],
)
def test_items_of_a_suite_in_its_order_without_the_skipped(
    people: People, values: Values, expected: list[str]
) -> None:
    other = {"suite_items": [item("other", 0)], "title": "a neighbour"}
    rows = catalog.suites(frame(SUITE, other, values, other), people)
    assert rows["item_keys"].to_list() == [["other"], expected, ["other"]]


def test_an_item_has_its_times_and_owner_under_audit_and_its_tags_under_metadata(people: People) -> None:
    given = {
        "title": "Log in",
        "feature_id": "f1",
        "scenario_id": "s1",
        "test_type": "Manual",
        "metadata": {"tags": ["b", "a"], "status": "ARCHIVED"},
        "audit": {"created_by_user_id": "system", "created_at": AT, "created_source": "manual"},
        "dom_snapshot_id": ObjectId("69" * 12),
    }
    full, bare = catalog.items(frame(ITEM, given, {}), people).to_dicts()
    assert filled(full) == {
        "item_key": str(object_id(1)),
        "item_name": "Log in",
        "feature_key": "f1",
        "scenario_key": "s1",
        "status": "archived",
        "test_type": "manual",
        "tags": ["a", "b"],
        "owner_key": "system",
        "created_at": AT,
    }
    assert filled(bare) == {"item_key": str(object_id(2)), "tags": []}


def test_accounts_are_surrogates_and_the_address_is_the_same_person(people: People) -> None:
    rows = catalog.users(
        frame(USER, {"email": "Ann@example.com", "is_active": True, "created_at": AT}, {"email": None}),
        people,
    )
    known = people.surrogates(["ann@example.com", str(object_id(1)), str(object_id(2))])
    assert rows.rows() == [
        (known["ann@example.com"], True, AT),
        (known[str(object_id(2))], None, None),
    ]
    assert known["ann@example.com"] == known[str(object_id(1))]


SOONER, LATER = AT, AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("counts", "other"),
    [
        ({"title": "a", "updated_at": LATER}, {"title": "b", "updated_at": SOONER}),
        ({"title": "a", "created_at": LATER}, {"title": "b", "updated_at": SOONER, "created_at": LATER}),
        ({"title": "a", "created_at": SOONER}, {"title": "b"}),
        ({"title": "b"}, {"title": "a"}),
        ({"title": "a", "tags": ["x", "y"]}, {"title": "a", "tags": ["x"]}),
    ],
)
def test_the_newest_of_two_documents_with_one_key_counts_whatever_their_order(
    people: People, counts: Values, other: Values
) -> None:
    key = {"_id": "69" * 12}
    copies = [key | counts, key | other]
    for order in (copies, copies[::-1]):
        rows = catalog.tests(frame(CASE, order[0], {"title": "alone"}, order[1]), people)
        found = {row["test_key"]: (row["test_name"], row["tags"]) for row in rows.to_dicts()}
        assert found == {
            "69" * 12: (counts["title"], counts.get("tags", [])),
            str(object_id(2)): ("alone", []),
        }


def test_the_newest_of_two_accounts_counts_whatever_their_order(people: People) -> None:
    key = {"_id": "69" * 12, "email": "ann@example.com"}
    newer, older = {"is_active": False, "created_at": LATER}, {"is_active": True, "created_at": SOONER}
    copies = [key | newer, key | older]
    for order in (copies, copies[::-1]):
        assert catalog.users(frame(USER, *order), people)["is_active"].to_list() == [False]


def test_nothing_gives_empty_tables_of_the_declared_columns(people: People) -> None:
    none = admitted().frame
    assert executions.raw_executions(none, IdentityPaths(), people, LIMITS).equals(RAW_EXECUTIONS.empty())
    assert executions.embedded_steps(none, LIMITS).equals(RAW_STEPS.empty())
    assert steps.collection_steps(frame(STEP), "execution_steps", 10, 20).equals(RAW_STEPS.empty())
    assert steps.result_steps(frame(RESULT), 10, 20).equals(RAW_STEPS.empty())
    assert state_changes.declared_totals(frame(RESULT)).equals(DECLARED_TOTALS.empty())
    for document, rows in (
        (CASE, catalog.tests),
        (SUITE, catalog.suites),
        (ITEM, catalog.items),
        (USER, catalog.users),
    ):
        assert rows(frame(document), people).height == 0
