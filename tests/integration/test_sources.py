"""A dump and a real mongod give the same rows to the last column, and the rows that the documents mean.

What belongs here: one night over each source, in every shape a document can take. What does not: several
nights (test_nights.py), sources that cannot be read (test_bad_sources.py).
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.extract.dump import open_dump
from pipelines.extract.sample import write_dump as write_sample
from pipelines.home import Home
from pipelines.settings import SAMPLE_FOLDER, Settings
from tests.integration.nights import (
    AS_OF,
    IDENTITY,
    Database,
    Tables,
    assert_same,
    changed_days,
    copy_of,
    dump_of,
    new_home,
    night,
    picked,
    row,
    tables,
)
from tests.integration.synthetic import (
    ALIASES,
    DATABASE,
    HOSTILE,
    SUITE_KEY,
    Documents,
    at,
    case_key,
    documents,
    execution,
    execution_key,
    failing,
    renamed,
    step,
)


@pytest.fixture(scope="module")
def rows(from_dump: Home) -> Tables:
    return tables(from_dump)


def test_mongod_and_dump_give_the_same_rows(rows: Tables, from_mongod: Home) -> None:
    assert not [name for name, frame in rows.items() if frame.is_empty() and name not in EMPTY]
    assert_same(rows, tables(from_mongod))


def test_both_spellings_of_collection_names_give_the_same_rows(
    rows: Tables, whole_set: Documents, database: Database, tmp_path: Path
) -> None:
    others = renamed(whole_set)
    database.put(others)
    one, other = new_home(tmp_path / "dump_home"), new_home(tmp_path / "mongod_home")
    night(one, dump_of(tmp_path / "dump", others))
    night(other, database.source())
    assert_same(tables(one), tables(other))
    own_name = rows["source_days"].with_columns(rows["source_days"]["collection"].replace(ALIASES))
    assert_same({**rows, "source_days": own_name.sort("collection", "document_date")}, tables(one))
    kinds = dict(tables(one)["source_days"].select("collection", "document_kind").unique().iter_rows())
    assert kinds == dict(zip([ALIASES.get(name, name) for name in SUMMED], KINDS, strict=True))


def test_nothing_is_lost(rows: Tables, whole_set: Documents) -> None:
    assert rows["executions"].height == len(whole_set["execution_traces"])
    assert rows["quarantine"].is_empty()
    counts = dict(rows["source_days"].group_by("collection").agg(pl.col("document_count").sum()).iter_rows())
    assert counts == {name: len(whole_set[name]) for name in SUMMED}


EMPTY = ("quarantine", "applied_settings")
"""Tables that one night over sound documents leaves empty."""

SUMMED = ("execution_traces", "execution_steps", "execution_results", "execution_state_history")
KINDS = ("executions", "steps", "results", "state_history")
"""What SUMMED hold, in its order."""

STEP_PLACES = [
    ("exec_embedded", "embedded", 3, [(1, "passed"), (2, "failed"), (3, "skipped")]),
    ("exec_traces", "embedded", 2, [(1, "passed"), (2, "passed")]),
    ("exec_by_key", "step_collection", 3, [(1, "passed"), (2, "failed"), (3, "passed")]),
    ("exec_by_id", "step_collection", 2, [(1, "passed"), (2, "passed")]),
    ("exec_by_object_id", "step_collection", 1, [(1, "passed")]),
    ("exec_results", "results", 2, [(1, "passed"), (2, "failed")]),
    ("exec_suite", "suite_results", 3, [(1, "passed"), (2, "failed"), (3, "cancelled")]),
    ("exec_sixty", "step_collection", 60, [(number, "passed") for number in range(1, 61)]),
    ("exec_sixty_lost", "none", 0, []),
    ("exec_not_allowed", "none", 0, []),
]


@pytest.mark.parametrize(("name", "place", "count", "steps"), STEP_PLACES)
def test_steps_in_all_places(
    rows: Tables, name: str, place: str, count: int, steps: list[tuple[int, str]]
) -> None:
    found = row(rows["executions"], execution_id=name)
    assert (found["step_source"], found["step_count"]) == (place, count)
    key = found["execution_key"]
    assert picked(rows["steps"], ["step_number", "outcome"], execution_key=key) == steps


def test_the_newest_copies_of_steps_count(rows: Tables) -> None:
    results, by_id = execution_key("results", 3), execution_key("by_id", 2)
    columns = ["step_key", "error_message"]
    assert picked(rows["steps"], columns, execution_key=results) == [
        ("step_0", None),
        ("step_1", "from results"),
    ]
    assert picked(rows["steps"], columns, execution_key=by_id) == [("step_1", None), ("step_2", None)]
    suite = picked(
        rows["steps"], ["step_key", "step_type", "duration_ms"], execution_key=execution_key("suite", 3)
    )
    assert suite == [(case_key(number), "test_case", 500) for number in (1, 2, 3)]


OUTCOMES = [
    # execution_id, outcome, first_outcome, attempts, their source, is_flaky
    ("exec_history", "passed", "failed", 2, "state_history", True),
    ("exec_reopened", "passed", "failed", 2, "state_history", True),
    ("exec_reopened_running", None, None, 1, "single", False),
    ("exec_step_retries", "passed", "failed", 3, "step_retries", True),
    ("exec_queue_retries", None, None, 2, "queue_retries", False),
    ("exec_dead_letter", "failed", "failed", 4, "queue_retries", False),
    ("exec_gave_up", "failed", "failed", 2, "state_history", False),
    ("exec_aborted", "aborted", "aborted", 1, "single", False),
    ("exec_is_pending", None, None, 1, "single", False),
    ("exec_is_queued", None, None, 1, "single", False),
    ("exec_is_running", None, None, 1, "single", False),
    ("exec_timeout", "timed_out", "timed_out", 1, "single", False),
    ("exec_cancelled", "cancelled", "cancelled", 1, "single", False),
    ("exec_skipped", "skipped", "skipped", 1, "single", False),
    ("exec_unverified", "passed", "passed", 1, "single", False),
    ("exec_unknown_word", "unknown", "unknown", 1, "single", False),
]


@pytest.mark.parametrize(("name", "outcome", "first", "attempts", "source", "is_flaky"), OUTCOMES)
def test_outcomes_and_attempts(
    rows: Tables, name: str, outcome: str, first: str, attempts: int, source: str, is_flaky: bool
) -> None:
    found = row(rows["executions"], execution_id=name)
    assert (found["outcome"], found["first_outcome"], found["is_flaky"]) == (outcome, first, is_flaky)
    assert (found["attempt_count"], found["attempt_source"]) == (attempts, source)
    assert len(picked(rows["attempts"], ["outcome"], execution_key=found["execution_key"])) == attempts


def test_waits_come_from_the_best_witness(rows: Tables) -> None:
    waits = {
        name: (found["queue_ms"], found["queue_source"])
        for name in ("exec_history", "exec_queue_retries", "exec_dead_letter")
        for found in [row(rows["executions"], execution_id=name)]
    }
    assert waits == {
        "exec_history": (60_000, "state_history"),
        "exec_queue_retries": (3_000, "queue"),
        "exec_dead_letter": (None, None),
    }


def test_worker_and_use_of_resources(rows: Tables) -> None:
    names = ("cpu_usage_percent", "memory_usage_mb", "disk_io_mb", "network_io_mb", "resource_source")
    used = {
        name: tuple(row(rows["executions"], execution_id=name)[column] for column in names)
        for name in ("exec_history", "exec_timeout", "exec_cancelled")
    }
    assert used == {
        "exec_history": (37.5, 512.0, None, 0.25, "execution"),
        "exec_timeout": (None, None, 12.5, None, "statistics"),
        "exec_cancelled": (None, None, None, None, None),
    }
    assert row(rows["executions"], execution_id="exec_history")["execution_agent"] == "worker-1"


def test_a_name_that_two_executions_bear_is_nobodys(rows: Tables) -> None:
    twins = ["execution_key", "step_count", "attempt_count"]
    assert sorted(picked(rows["executions"], twins, execution_id="exec_twin")) == sorted(
        [(execution_key("twin_one", 2), 0, 1), (execution_key("twin_two", 11), 1, 1)]
    )
    names = picked(rows["steps"], ["step_name"], execution_key=execution_key("twin_two", 11))
    assert names == [("surely of two",)]
    assert row(rows["executions"], execution_key=execution_key("borrowed_name", 10))["attempt_count"] == 1


def test_times_as_text_and_without_offset_are_utc(rows: Tables) -> None:
    times = {
        name: row(rows["executions"], execution_id=name)["triggered_at"]
        for name in ("exec_time_z", "exec_time_offset", "exec_time_naive")
    }
    assert times == {
        "exec_time_z": datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
        "exec_time_offset": datetime(2026, 3, 9, 23, 30, 0, 123_000, tzinfo=UTC),
        "exec_time_naive": datetime(2026, 3, 9, 12, tzinfo=UTC),
    }


def test_ids_may_be_objects_texts_or_numbers(rows: Tables) -> None:
    keys = set(rows["executions"]["execution_key"])
    assert {"suite-7_case_1", "suite-7_case_2", "4711"} <= keys
    found = row(rows["executions"], execution_id="exec_object_ids")
    assert (found["test_key"], found["triggered_by_key"]) == (case_key(2), "a" * 16)
    assert row(rows["tests"], test_key="case-as-text")["test_name"] is None


def test_people_are_surrogates_and_one_person_is_one(rows: Tables) -> None:
    by = {
        name: row(rows["executions"], execution_id=f"exec_{name}")["triggered_by_key"]
        for name in ("embedded", "by_address", "vanished", "by_system")
    }
    assert by == {
        "embedded": "a" * 16,
        "by_address": "a" * 16,
        "vanished": "c" * 16,
        "by_system": "system",
    }
    assert picked(rows["users"], ["person_key", "is_active"]) == [("a" * 16, True), ("b" * 16, False)]


def test_suites_items_and_cases(rows: Tables) -> None:
    suite = row(rows["suites"], suite_key=SUITE_KEY)
    assert (suite["is_archived"], suite["item_keys"]) == (True, ["i1", "i2"])
    assert row(rows["suites"], suite_name="By the model")["item_keys"] == ["i9"]
    assert row(rows["executions"], execution_id="exec_suite")["test_key"] is None
    archived = picked(rows["tests"], ["test_name"], is_archived=True)
    assert sorted(archived) == [("Case 4",), ("Case 5",)]
    assert row(rows["tests"], test_key=case_key(1))["tags"] == ["a", "b"]
    item = row(rows["items"], item_name="Item 1")
    assert (item["status"], item["owner_key"], item["created_at"]) == ("archived", "a" * 16, at(1, 1))
    assert "f" * 24 not in set(rows["tests"]["test_key"])  # its execution stays all the same
    assert row(rows["executions"], execution_id="exec_vanished")["test_key"] == "f" * 24


def test_what_is_missing_is_null_and_the_day_comes_from_the_id(rows: Tables) -> None:
    for name in ("bare", "null"):
        found = row(rows["executions"], execution_key=execution_key(name, 11))
        told = (found["triggered_at"], found["triggered_at_source"], found["status"], found["outcome"])
        assert told == (at(11), "document_id", "unknown", "unknown")
        assert (found["execution_type"], found["tags"], found["duration_ms"]) == ("unknown", [], None)


def test_hostile_texts_come_through_as_they_are(rows: Tables) -> None:
    for number, text in enumerate(HOSTILE):
        found = row(rows["executions"], execution_id=f"exec_hostile_{number}")
        assert found["environment"] == text.strip()
        assert found["failing_step_name"] == text
        assert found["error_message"] == text[:4_000]
        assert found["build_version"] == "7"
        assert found["tags"] == [text]


def test_declared_totals(rows: Tables) -> None:
    found = rows["declared_totals"].to_dicts()
    assert [(one["suite_execution_id"], one["total_count"], one["declared"]) for one in found] == [
        (execution_key("suite", 3), 3, '{"passed": 1, "tests": 3}')
    ]


def test_five_days_of_the_sample(database: Database, tmp_path: Path) -> None:
    days = (date(2026, 7, 23), date(2026, 7, 28))
    folder = write_sample(SAMPLE_FOLDER, tmp_path / "dump", days) / DATABASE
    database.put_files(folder)
    settings = Settings(processes=1, error_outcome_types=("LammpsError",))
    as_of = datetime(2026, 7, 28, tzinfo=UTC)
    one, other = new_home(tmp_path / "dump_home"), new_home(tmp_path / "mongod_home")
    night(one, open_dump(folder, DATABASE, IDENTITY, 8_000), settings, as_of=as_of)
    night(other, database.source(settings), settings, as_of=as_of)
    found = tables(one)
    assert found["executions"].height == 13_613
    assert_same(found, tables(other))


@pytest.mark.faults
def test_the_whole_sample(database: Database, tmp_path: Path) -> None:
    folder = write_sample(SAMPLE_FOLDER, tmp_path / "dump") / DATABASE
    database.put_files(folder)
    as_of = datetime(2026, 8, 23, tzinfo=UTC)
    settings = Settings(processes=2, error_outcome_types=("LammpsError",))
    one, other = new_home(tmp_path / "dump_home"), new_home(tmp_path / "mongod_home")
    night(one, open_dump(folder, DATABASE, IDENTITY, 8_000), settings, as_of=as_of)
    night(other, database.source(settings), settings, as_of=as_of)
    found = tables(one)
    assert found["executions"].height == 486_132
    assert_same(found, tables(other))


MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "steps_text": ({"embedded_steps": "none"}, "embedded_steps: string instead of list of objects"),
    "steps_object": (
        {"embedded_steps": {"step_id": "x"}},
        "embedded_steps: object instead of list of objects",
    ),
    "steps_null_element": (
        {"embedded_steps": [step(1), None]},
        "embedded_steps[]: null instead of object",
    ),
    "steps_scalar_element": (
        {"embedded_steps": [step(1), 5]},
        "embedded_steps[]: int instead of object",
    ),
    "steps_list_element": ({"embedded_steps": [[step(1)]]}, "embedded_steps[]: array instead of object"),
    "traces_true": ({"embedded_step_traces": True}, "embedded_step_traces: bool instead of list of objects"),
    "error_text": ({"error_details": "broken"}, "error_details: string instead of object"),
    "step_error_text": (
        {"embedded_steps": [step(1, error_details="broken"), None]},
        "embedded_steps[].error_details: string instead of object",
    ),
    "step_error_list": (
        {"embedded_steps": [step(1, error_details=[failing(1, "x")])]},
        "embedded_steps[].error_details: array instead of object",
    ),
    "context_list": (
        {"execution_context": [{"environment": "a"}, 1]},
        "execution_context: array instead of object",
    ),
    "properties_number": (
        {"execution_context": {"environment": "a", "custom_properties": 3}},
        "execution_context.custom_properties: int instead of object",
    ),
    "statistics_number": ({"statistics": 7.5}, "statistics: double instead of object"),
    "metadata_date": ({"metadata": at(1)}, "metadata: date instead of object"),
    "duration_fraction": (
        {"total_duration_ms": 5.7},
        "total_duration_ms: a fraction instead of a whole number",
    ),
    "step_duration_text_then_null": (
        {"embedded_steps": [step(1, duration_ms="9"), None]},
        "embedded_steps[].duration_ms: string instead of whole number",
    ),
    "tags_text": ({"tags": "a"}, "tags: string instead of list of texts"),
    "several": (
        {"statistics": "x", "metadata": 1, "status": 3},
        "metadata: int instead of object; statistics: string instead of object; status: int instead of text",
    ),
    "far_future": ({"triggered_at": at(1).replace(year=2099)}, "triggered_at: 2099-03-01 lies outside "),
    "long_ago": ({"triggered_at": at(1).replace(year=1970)}, "triggered_at: 1970-03-01 lies outside "),
}


def test_malformed_documents_are_quarantined_alike_and_leave_when_mended(
    rows: Tables, from_dump: Home, database: Database, tmp_path: Path
) -> None:
    found = documents()
    sound = {name: execution(name, 7) for name in MALFORMED}
    wrong = [sound[name] | changes for name, (changes, _) in MALFORMED.items()]
    result = {"_id": "bad result", "execution_id": execution_key("results", 3), "step_results": 5}
    queue_entry = {"_id": "bad entry", "execution_id": 1.5}
    bad_case = {"_id": "bad case", "title": 5, "owner_id": "anna@example.org"}
    found["execution_traces"] += wrong
    found["execution_results"].append(result)
    found["execution_queue"].append(queue_entry)
    found["test_cases"].append(bad_case)
    database.put(found)
    one, other = new_home(tmp_path / "dump_home"), new_home(tmp_path / "mongod_home")
    night(one, dump_of(tmp_path / "dump", found))
    night(other, database.source())
    after = tables(one)
    assert_same(after, tables(other))
    reasons = {entry["document_id"]: entry["reason"] for entry in after["quarantine"].to_dicts()}
    assert len(reasons) == len(MALFORMED) + 3
    for name, (_, reason) in MALFORMED.items():
        assert reasons[execution_key(name, 7)].startswith(reason), name
    assert not changed_days(rows, after)
    assert "anna" not in "".join(after["quarantine"]["readable_fields"])

    mended = {
        "execution_traces": [*sound.values()],
        "execution_results": [result | {"step_results": []}],
        "execution_queue": [queue_entry | {"execution_id": "nobody"}],
        "test_cases": [bad_case | {"title": "five"}],
    }
    _replace(found, mended)
    for name, documents_of in mended.items():
        for document in documents_of:
            database.replace(name, document)
    night(one, dump_of(tmp_path / "dump", found))
    night(other, database.source())
    assert_same(tables(one), tables(other))
    assert tables(one)["quarantine"].is_empty()
    assert tables(one)["executions"].height == rows["executions"].height + len(MALFORMED)


def _replace(found: Documents, changed: Documents) -> None:
    for name, rows in changed.items():
        ids = [one["_id"] for one in rows]
        found[name] = [one for one in found[name] if one["_id"] not in ids] + rows


def test_a_second_night_after_changes_is_the_same_from_both(
    from_dump: Home, from_mongod: Home, database: Database, tmp_path: Path
) -> None:
    """What was in flight is read again by its key, what changed by its clock; each with its companions,
    whatever kind of id names them."""
    found, as_of = documents(), AS_OF.replace(day=14)
    changes: Documents = {"execution_traces": []}
    for one in found["execution_traces"]:
        ended = {"status": "failed", "completed_at": at(13)}
        if one.get("execution_id") in TOUCHED:
            changes["execution_traces"].append(one | ended | {"updated_at": at(13)})
        elif one.get("status") in ("running", "pending", "queued", "retrying"):
            changes["execution_traces"].append(one | ended)
    _replace(found, changes)
    database.put(found)
    dump_home, mongod_home = (
        copy_of(from_dump, tmp_path / "dump_home"),
        copy_of(from_mongod, tmp_path / "mongod_home"),
    )
    settings = Settings(processes=1, reread_days=1)
    night(dump_home, dump_of(tmp_path / "dump", found), settings, as_of=as_of)
    night(mongod_home, database.source(), settings, as_of=as_of)
    after = tables(dump_home)
    assert_same(after, tables(mongod_home))
    expected = new_home(tmp_path / "fresh")
    night(expected, dump_of(tmp_path / "dump", found), as_of=as_of)
    for name in ("executions", "attempts", "steps", "state_changes"):
        assert_same({name: after[name]}, {name: tables(expected)[name]})
    ended = {
        key: row(after["executions"], execution_key=key)["outcome"] for key in ("4711", "suite-7_case_2")
    }
    assert ended == {"4711": "failed", "suite-7_case_2": "failed"}


TOUCHED = ("exec_by_object_id", "exec_by_id", "exec_by_key", "exec_results", "exec_history")


def test_a_dump_with_the_same_bytes_is_not_read_again(tmp_path: Path, whole_set: Documents) -> None:
    """Not even what was in flight; a file that differs is read, with all that belongs to its executions."""
    home, folder = new_home(tmp_path / "home"), tmp_path / "dump"
    night(home, dump_of(folder, whole_set))
    assert "execution_traces" not in night(home, dump_of(folder, whole_set)).document_counts
    before = tables(home)["executions"].height
    more = {**whole_set, "execution_traces": [*whole_set["execution_traces"], execution("new", 12)]}
    assert night(home, dump_of(folder, more)).document_counts["execution_traces"] > 0
    assert tables(home)["executions"].height == before + 1
