"""A small history in the platform's document shape, with everything that the LAMMPS sample lacks.

What belongs here: documents, and writing them to a dump or a database. What does not: what is expected of
them (the tests). The set is the same each time: telling cases by name, and ordinary runs from a seed.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import bson
from bson import ObjectId
from pymongo.database import Database

DATABASE: Final = "intellibrowse"
FIRST_DAY: Final = datetime(2026, 3, 1, tzinfo=UTC)
DAY_COUNT: Final = 12

Document = dict[str, Any]
Documents = dict[str, list[Document]]

ALIASES: Final = {
    "execution_traces": "testexecutions",
    "test_cases": "testcases",
    "test_suites": "testsuites",
    "test_items": "testitems",
}
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "'; drop table executions; --",
    '#include "/etc/passwd" $x$ *bold*',
    "evil\u202etxt.exe",
    "tab\tand\nline",
    "null\u0000byte",
    "x" * 10_000,
)


def oid(moment: datetime, name: str) -> ObjectId:
    """The same id for the same name, with the time inside."""
    digest = blake2b(name.encode(), digest_size=8).digest()
    return ObjectId(int(moment.timestamp()).to_bytes(4, "big") + digest)


def at(day: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the history; its first day is 1."""
    return FIRST_DAY + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)


def execution_key(name: str, day: int) -> str:
    return str(oid(at(day), name))


def case_key(number: int) -> str:
    return str(oid(at(1, 1), f"case {number}"))


SUITE_KEY: Final = str(oid(at(1, 1), "suite 1"))
ANNA: Final = oid(at(1, 1), "user anna")
BEN: Final = oid(at(1, 1), "user ben")

PEOPLE: Final = {
    str(ANNA): "a" * 16,
    "anna@example.org": "a" * 16,
    str(BEN): "b" * 16,
    "ben@example.org": "b" * 16,
    "carl@example.org": "c" * 16,
}
"""What every home of these tests calls the people; surrogates are random otherwise."""


def execution(name: str, day: int, status: str = "passed", **changes: Any) -> Document:
    """One document of execution_traces, as model_dump() writes it."""
    moment = at(day)
    document: Document = {
        "_id": oid(moment, name),
        "id": None,
        "schema_version": "1.0",
        "created_at": moment,
        "updated_at": moment + timedelta(minutes=5),
        "execution_id": f"exec_{name}",
        "parent_execution_id": None,
        "test_case_id": case_key(1),
        "test_suite_id": None,
        "execution_type": "test_case",
        "execution_context": {
            "environment": "staging",
            "browser": "chrome",
            "platform": "linux",
            "build_version": f"1.{day}",
            "execution_agent": "worker-1",
            "custom_properties": {"feature_flags": ["a"]},
        },
        "status": status,
        "triggered_by": str(ANNA),
        "triggered_at": moment,
        "started_at": None,
        "completed_at": moment + timedelta(minutes=4),
        "is_partitioned": False,
        "step_count_threshold": 50,
        "estimated_step_count": 0,
        "embedded_steps": [],
        "step_results_collection": None,
        "step_results_query": None,
        "statistics": {"total_steps": 0, "completed_steps": 0, "passed_steps": 0, "total_duration_ms": None},
        "total_duration_ms": None,
        "resource_usage": None,
        "execution_config": {"custom_config": {"webhook": "https://hooks.example.org/secret"}},
        "state_history": [],
        "tags": ["nightly"],
        "metadata": {"environment": "metadata", "build": "b1"},
    }
    return document | changes


def step(order: int, status: str = "passed", **changes: Any) -> Document:
    document: Document = {
        "step_id": f"step_{order}",
        "step_name": f"Step {order}",
        "step_order": order,
        "status": status,
        "started_at": None,
        "completed_at": None,
        "duration_ms": 100,
        "input_data": {"password": "hunter2"},
        "error_details": None,
        "warnings": [],
        "retry_count": 0,
        "step_type": "action",
    }
    return document | changes


def failing(order: int, message: str, **changes: Any) -> Document:
    details = {"error_type": "AssertionError", "error_message": message, "expected": "1", "actual": "2"}
    return step(order, "failed", error_details=details, **changes)


def step_document(reference: Any, name: str, day: int, step: Document) -> Document:
    """One document of a step collection."""
    moment = at(day, 10, 1)
    return {"_id": oid(moment, f"{name} {step['step_id']}"), "execution_id": reference, **step}


def state_change(reference: Any, name: str, moment: datetime, old: str | None, new: str) -> Document:
    return {
        "_id": oid(moment, f"{name} {old} {new} {moment}"),
        "execution_id": reference,
        "old_status": old,
        "new_status": new,
        "timestamp": moment,
        "metadata": {},
    }


def documents() -> Documents:
    """The whole set by collection."""
    found: Documents = {
        "execution_traces": [*_in_all_places(), *_retried(), *_unfinished(), *_odd(), *_ordinary()],
        "execution_steps": [*_steps()],
        "execution_results": [*_results()],
        "execution_state_history": [*_history()],
        "execution_queue": [*_queue()],
        "execution_dead_letter_queue": [*_dead_letters()],
        "test_cases": [*_cases()],
        "test_suites": [*_suites()],
        "test_items": [*_items()],
        "users": [*_users()],
    }
    return found


def _in_all_places() -> Iterator[Document]:
    """Steps in each of the places that source-schema.md 1.2 c names."""
    yield execution(
        "embedded",
        1,
        "failed",
        embedded_steps=[step(0), failing(1, "Expected 1 but was 2"), step(2, "skipped", duration_ms=None)],
        is_partitioned=True,
        step_results_collection="execution_steps",
    )
    yield execution("traces", 1, embedded_steps=None, embedded_step_traces=[step(1), step(2, "warning")])
    yield execution("by_key", 2, "failed", step_results_collection="execution_steps", is_partitioned=True)
    yield execution("by_id", 2, step_results_collection="execution_steps", is_partitioned=True)
    yield execution("by_object_id", 2, step_results_collection="execution_steps", is_partitioned=True)
    yield execution("results", 3, "failed")
    yield execution(
        "suite", 3, "failed", execution_type="test_suite", test_case_id=None, test_suite_id=SUITE_KEY
    )
    yield execution(
        "sixty", 4, step_results_collection="execution_steps", is_partitioned=True, estimated_step_count=60
    )
    yield execution(
        "sixty_lost",
        4,
        step_results_collection="execution_steps",
        is_partitioned=True,
        estimated_step_count=60,
    )
    yield execution("not_allowed", 4, step_results_collection="users", is_partitioned=True)


def _retried() -> Iterator[Document]:
    """Retries as each source tells them, and executions that were opened again."""
    used = {"cpu_usage_percent": 37.5, "memory_usage_mb": 512, "disk_io_mb": None, "network_io_mb": 0.25}
    yield execution("history", 5, started_at=at(5, 10, 1), resource_usage=used)
    yield execution("reopened", 5, completed_at=at(5, 10, 2), updated_at=at(6, 9), test_case_id=case_key(2))
    yield execution("reopened_running", 5, "retrying", completed_at=at(5, 10, 2))
    yield execution("step_retries", 6, embedded_steps=[step(1, retry_count=2), step(2)])
    yield execution("queue_retries", 6, "running", completed_at=None)
    yield execution("dead_letter", 6, "failed")
    yield execution("gave_up", 7, "aborted")
    yield execution("aborted", 7, "aborted")


def _unfinished() -> Iterator[Document]:
    for status in ("pending", "queued", "running"):
        yield execution(f"is_{status}", 8, status, completed_at=None, updated_at=None)
    yield execution("timeout", 8, "timeout", statistics={"resource_usage": {"disk_io_mb": 12.5}})
    yield execution("cancelled", 8, "cancelled")
    yield execution("skipped", 8, "cancelled", embedded_steps=[step(0, "skipped"), step(1, "blocked")])
    yield execution("unverified", 8, embedded_steps=[step(0, "warning")])
    yield execution("unknown_word", 8, "exploded", execution_type="smoke")


def _odd() -> Iterator[Document]:
    """Times as text, ids as text or number, what is missing, twins, hostile names."""
    yield execution("time_z", 9, triggered_at="2026-03-09T23:30:00Z", created_at="2026-03-09T23:30:00Z")
    yield execution("time_offset", 9, triggered_at="2026-03-10T01:30:00.123456+02:00", updated_at=None)
    yield execution("time_naive", 9, triggered_at="2026-03-09T12:00:00", completed_at="2026-03-09T12:00:01.5")
    yield execution("text_id", 9, _id="suite-7_case_1", execution_id=None)
    yield execution("text_id_running", 9, "running", _id="suite-7_case_2", completed_at=None)
    yield execution("number_id", 9, "running", _id=4711, execution_id=4712, completed_at=None)
    yield execution("object_ids", 9, test_case_id=ObjectId(case_key(2)), triggered_by=ANNA)
    yield execution("vanished", 10, test_case_id="f" * 24, triggered_by="carl@example.org")
    yield execution("by_system", 10, triggered_by="system", parent_execution_id="exec_embedded")
    yield execution("by_address", 10, triggered_by="Anna@Example.org")
    yield execution("twin_one", 2, execution_id="exec_twin", step_results_collection="execution_steps")
    yield execution("twin_two", 11, execution_id="exec_twin", step_results_collection="execution_steps")
    # One execution bears the name that is another's key: the key counts (references.py).
    yield execution("borrowed_name", 10, execution_id=execution_key("history", 5))
    yield {"_id": oid(at(11), "bare")}
    yield dict.fromkeys(execution("null", 11)) | {"_id": oid(at(11), "null")}
    for number, text in enumerate(HOSTILE):
        yield execution(
            f"hostile_{number}",
            11,
            "failed",
            execution_context={
                "environment": text,
                "build_version": 7,
                "custom_properties": {"a.b": 1, "$c": 2},
            },
            embedded_steps=[failing(1, text, step_name=text)],
            tags=[text, None],
        )


def _ordinary() -> Iterator[Document]:
    """Runs of two cases on every day, some of them failing."""
    chance = random.Random(1)
    for day in range(1, DAY_COUNT + 1):
        for number in (1, 2):
            count, has_failed = chance.randint(1, 4), chance.random() < 0.3
            steps = [step(order, duration_ms=chance.randint(1, 900)) for order in range(count)]
            if has_failed:
                steps[-1] = failing(count - 1, f"Timed out after {chance.randint(1, 99)} s")
            yield execution(
                f"ordinary_{day}_{number}",
                day,
                "failed" if has_failed else "passed",
                test_case_id=case_key(number),
                embedded_steps=steps,
                total_duration_ms=chance.randint(1, 9_000),
                metadata={"commit": f"{day:040x}", "branch": "main", "pipeline_id": f"p{day}"},
            )


def _steps() -> Iterator[Document]:
    for order in range(3):
        one = failing(order, "by key") if order == 1 else step(order)
        yield step_document(execution_key("by_key", 2), "by_key", 2, one)
    for order in (2, 1):  # counted from 1, in step_sequence, and not in order
        one = step(order, step_sequence=order)
        del one["step_order"]
        yield step_document("exec_by_id", "by_id", 2, one)
    again = step_document("exec_by_id", "by_id again", 2, step(1, "failed", step_order=None, step_sequence=1))
    yield again | {"updated_at": at(2, 9)}  # an older copy of step_1
    yield step_document(oid(at(2), "by_object_id"), "by_object_id", 2, step(1))
    for order in range(60):
        yield step_document(execution_key("sixty", 4), "sixty", 4, step(order, duration_ms=order))
    yield step_document("exec_twin", "twin", 2, step(1))  # of which twin, nobody knows
    yield step_document(execution_key("twin_two", 11), "twin_two", 11, step(1, step_name="surely of two"))
    yield step_document(None, "nobody", 2, step(1))
    yield step_document(execution_key("embedded", 1), "embedded", 1, step(1, step_name="not chosen"))


def _results() -> Iterator[Document]:
    key = execution_key("results", 3)
    old = {"_id": oid(at(3, 11), "old"), "execution_id": key, "processed_at": "2026-03-03T11:00:00+00:00"}
    new = {"_id": oid(at(3, 10), "new"), "execution_id": key, "processed_at": "2026-03-03T12:00:00Z"}
    yield old | {"status": "passed", "step_results": [step(0)]}
    yield new | {"status": "failed", "step_results": [step(0), failing(1, "from results")]}
    cases = [
        {"execution_id": f"{SUITE_KEY}_case_{number}", "test_case_id": case_key(number), "status": status}
        for number, status in ((1, "PASSED"), (2, "FAILED"), (3, "CANCELLED"))
    ]
    yield {
        "_id": oid(at(3, 12), "suite result"),
        "suite_execution_id": execution_key("suite", 3),
        "total_test_cases": 3,
        "passed_cases": 1,
        "failed_cases": 1,
        "cancelled_cases": 1,
        "success_rate": 33.3,
        "insights": {"declared": {"tests": 3, "passed": 1}},
        "test_case_results": [one | {"statistics": {"total_duration_ms": 500}} for one in cases],
        "aggregated_at": "2026-03-03T12:00:00",
    }


def _history() -> Iterator[Document]:
    yield from _failed_then_passed(execution_key("history", 5), "history")
    yield from _failed_then_passed("exec_reopened", "reopened")
    key = oid(at(7), "gave_up")
    for minute, old, new in ((1, "queued", "running"), (2, "running", "failed"), (3, "failed", "retrying")):
        yield state_change(key, "gave_up", at(7, 10, minute), old, new)
    yield state_change(key, "gave_up", at(7, 10, 4), "retrying", "aborted")
    yield state_change("exec_twin", "twin", at(2, 10, 1), "failed", "retrying")


def _failed_then_passed(reference: Any, name: str) -> Iterator[Document]:
    words = ("queued", "running", "failed", "retrying", "queued", "running", "passed")
    for minute, (old, new) in enumerate(zip(("pending", *words), words, strict=False)):
        yield state_change(reference, name, at(5, 10, minute), old, new)


def _queue() -> Iterator[Document]:
    yield {
        "_id": oid(at(6), "queue entry"),
        "execution_id": execution_key("queue_retries", 6),
        "execution_type": "test_case",
        "payload": {"triggered_by": str(ANNA)},
        "queued_at": "2026-03-06T10:00:00",
        "processing_started_at": "2026-03-06T10:00:03Z",
        "retry_count": 1,
    }


def _dead_letters() -> Iterator[Document]:
    yield {
        "_id": oid(at(6), "dead letter"),
        "execution_id": "exec_dead_letter",
        "queued_at": "2026-03-06T10:00:00+00:00",
        "processing_started_at": None,
        "retry_count": 3,
        "moved_to_dlq_at": "2026-03-06T11:00:00",
        "failure_reason": "gave up",
    }


def _cases() -> Iterator[Document]:
    for number in range(1, 6):
        yield {
            "_id": oid(at(1, 1), f"case {number}"),
            "_schema_version": "1.0",
            "title": HOSTILE[0] if number == 3 else f"Case {number}",
            "test_type": "bdd" if number == 1 else "generic",
            "priority": "high",
            "tags": ["b", "a", "a"],
            "status": "archived" if number == 4 else "active",
            "is_archived": number == 5,
            "owner_id": str(BEN),
            "related_test_items": [str(oid(at(1, 1), "item 1"))],
            "metadata": {},
            "created_at": at(1, 1),
        }
    yield {"_id": "case-as-text"}


def _suites() -> Iterator[Document]:
    stored = [{"test_item_id": "i3", "order": 2, "skip": True}, {"test_item_id": "i2", "order": 1}]
    yield {
        "_id": ObjectId(SUITE_KEY),
        "title": "Suite 1",
        "description": None,
        "tags": [],
        "priority": "medium",
        "status": "archived",
        "owner_id": str(BEN),
        "suite_items": [*stored, {"test_item_id": "i1", "order": 0, "skip": False}],
        "created_at": at(1, 1),
        "updated_at": at(1, 2),
    }
    yield {"_id": oid(at(1, 1), "suite 2"), "title": "By the model", "items": [{"test_item_id": "i9"}]}


def _items() -> Iterator[Document]:
    yield {
        "_id": oid(at(1, 1), "item 1"),
        "title": "Item 1",
        "feature_id": "f1",
        "scenario_id": "s1",
        "metadata": {"tags": ["x"], "status": "archived"},
        "audit": {"created_by_user_id": str(ANNA), "created_at": at(1, 1), "updated_at": None},
        "test_type": "manual",
        "dom_snapshot_id": oid(at(1, 1), "snapshot"),
    }
    yield {"_id": oid(at(1, 1), "item 2"), "title": None, "metadata": None, "audit": None}


def _users() -> Iterator[Document]:
    for identity, address, is_active in ((ANNA, "anna@example.org", True), (BEN, "ben@example.org", False)):
        yield {
            "_id": identity,
            "email": address,
            "hashed_password": "$2b$12$planted",
            "is_active": is_active,
            "created_at": at(1, 1),
            "login_count": 3,
        }


def renamed(found: Documents) -> Documents:
    """The same under the names that the platform's description uses."""
    return {ALIASES.get(name, name): rows for name, rows in found.items()}


def write_dump(folder: Path, found: Documents) -> Path:
    """The documents as mongodump writes them: one file per collection."""
    place = folder / DATABASE
    place.mkdir(parents=True)
    for name, rows in found.items():
        (place / f"{name}.bson").write_bytes(b"".join(bson.encode(row) for row in rows))
    return folder


def fill(database: Database[Document], found: Documents) -> None:
    """The documents into a database; a collection without documents is there, and empty."""
    for name, rows in found.items():
        if rows:
            database[name].insert_many([dict(row) for row in rows])
        else:
            database.create_collection(name)
