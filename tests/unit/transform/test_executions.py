"""Executions: newest copy, times, words, outcome, error. Each test is given rows and expected rows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.transform.day import TransformPolicy
from pipelines.transform.fingerprints import fingerprint
from tests.unit.transform.raw_rows import (
    Row,
    at,
    raw_execution,
    raw_history,
    raw_step,
    raw_steps,
    transformed,
    values,
)


def one(
    *columns: str, steps: list[Row] | None = None, history: list[Row] | None = None, **changes: Any
) -> Any:
    rows = values(transformed([raw_execution(**changes)], steps or [], history or []).executions, *columns)
    assert len(rows) == 1
    return rows[0] if len(columns) > 1 else rows[0][0]


def test_newest_copy_wins_by_the_first_known_change_time() -> None:
    old = raw_execution(status="running", updated_at=at(10), created_at=at(99))
    new = raw_execution(status="failed", updated_at=at(20), created_at=at(0))
    for copies in ([old, new], [new, old], [new, old, new]):
        rows = transformed(copies).executions
        assert values(rows, "status", "changed_at") == [("failed", at(20))]


def test_of_equally_new_copies_the_larger_text_wins_whatever_the_order() -> None:
    first, second = raw_execution(environment="a"), raw_execution(environment="b")
    assert values(transformed([first, second]).executions, "environment") == [("b",)]
    assert values(transformed([second, first]).executions, "environment") == [("b",)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"triggered_at": at(1), "created_at": at(2), "document_time": at(3)}, (at(1), "triggered_at")),
        ({"triggered_at": None, "created_at": at(2), "document_time": at(3)}, (at(2), "created_at")),
        ({"triggered_at": None, "created_at": None, "document_time": at(3)}, (at(3), "document_id")),
    ],
)
def test_triggered_at_falls_back_and_says_so(changes: Row, expected: tuple[datetime, str]) -> None:
    assert one("triggered_at", "triggered_at_source", **changes) == expected


def test_triggered_date_is_utc_and_bucket_date_is_of_the_start_in_the_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    dates = ("triggered_date", "bucket_date")
    assert one(*dates, triggered_at=late) == (date(2026, 3, 1), date(2026, 3, 2))
    started = datetime(2026, 3, 3, 1, tzinfo=UTC)
    assert one(*dates, triggered_at=late, started_at=started) == (date(2026, 3, 1), date(2026, 3, 3))


@pytest.mark.parametrize(
    ("before", "midnight"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # the end of a day of 23 hours
        (date(2026, 10, 24), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # the end of a day of 25 hours
    ],
)
def test_a_day_ends_at_midnight_of_the_zone(before: date, midnight: datetime) -> None:
    """Pitfall 5: half an hour before and after it; what began before it is of that day, whenever it ended."""
    for minutes, day in ((-30, before), (30, before + timedelta(days=1))):
        began = midnight + timedelta(minutes=minutes)
        assert one("bucket_date", triggered_at=began, completed_at=began + timedelta(hours=1)) == day


@pytest.mark.parametrize(
    ("status", "word", "outcome"),
    [
        (" PASSED ", "passed", "passed"),
        ("completed", "completed", "passed"),
        ("timeout", "timeout", "timed_out"),
        ("cancelled", "cancelled", "cancelled"),
        ("aborted", "aborted", "aborted"),
        ("pending", "pending", None),
        ("retrying", "retrying", None),
        ("exploded", "exploded", "unknown"),
        ("  ", "unknown", "unknown"),
        (None, "unknown", "unknown"),
    ],
)
def test_status_is_folded_and_gives_the_outcome(status: str | None, word: str, outcome: str | None) -> None:
    assert one("status", "outcome", "first_outcome", status=status) == (word, outcome, outcome)


def test_unknown_execution_type_is_unknown() -> None:
    assert one("execution_type", execution_type=" Test_Suite") == "test_suite"
    assert one("execution_type", execution_type="smoke") == "unknown"
    assert one("execution_type", execution_type=None) == "unknown"


@pytest.mark.parametrize(
    ("status", "step_statuses", "outcome", "is_unverified", "is_decided"),
    [
        ("passed", ["skipped", "blocked"], "skipped", False, False),
        ("cancelled", ["skipped"], "skipped", False, False),
        ("failed", ["blocked"], "skipped", False, False),
        ("running", ["skipped"], None, False, False),
        ("exploded", ["skipped"], "unknown", False, False),
        ("passed", [], "passed", False, True),
        ("passed", ["passed", "skipped"], "passed", False, True),
        ("passed", ["warning"], "passed", True, False),
        ("passed", ["warning", "skipped", "BLOCKED"], "passed", True, False),
        ("passed", ["warning", "passed"], "passed", False, True),
        ("passed", ["warning", "failed"], "passed", False, True),
        ("passed", ["warning", "running"], "passed", False, True),
        ("failed", ["warning"], "failed", False, True),
        ("timeout", ["passed"], "timed_out", False, True),
        ("cancelled", ["passed"], "cancelled", False, False),
    ],
)
def test_outcome_from_status_and_steps(
    status: str, step_statuses: list[str], outcome: str | None, is_unverified: bool, is_decided: bool
) -> None:
    found = one("outcome", "is_unverified", "is_decided", status=status, steps=raw_steps(*step_statuses))
    assert found == (outcome, is_unverified, is_decided)


def test_a_suite_run_follows_the_same_rules() -> None:
    suite: Row = {"execution_type": "test_suite", "test_case_id": None, "test_suite_id": "s"}
    steps = raw_steps("SKIPPED", step_source="suite_results", source_key="r", step_type="test_case")
    assert one("outcome", "step_source", steps=steps, **suite) == ("skipped", "suite_results")


def test_failed_with_a_configured_error_type_is_an_error() -> None:
    failing = [raw_step(status="failed", error_type="SetupError")]
    assert one("outcome", "is_decided", status="failed", error_type="SetupError") == ("error", True)
    assert one("outcome", status="failed", steps=failing) == "error"
    assert one("outcome", status="failed", error_type="AssertionError", steps=failing) == "failed"
    assert one("outcome", status="passed", error_type="SetupError") == "passed"
    assert one("outcome", status="timeout", error_type="SetupError") == "timed_out"


def test_in_flight_has_no_end_even_where_an_earlier_attempt_left_one() -> None:
    history = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "running"))
    found = one(
        "outcome", "first_outcome", "completed_at", "duration_ms", "duration_source", "is_flaky",
        status="running", completed_at=at(2), total_duration_ms=5, history=history,
    )  # fmt: skip
    assert found == (None, None, None, None, None, False)


ERRORS = ("error_type", "error_message", "failing_step_name")


def test_error_of_the_document_before_that_of_the_first_failing_step() -> None:
    steps = [
        raw_step(status="warning", error_message="slow"),
        raw_step(list_position=1, status="timeout", step_name="log in", error_type="T", error_message="late"),
        raw_step(list_position=2, status="failed", step_name="pay", error_type="A", error_message="no"),
    ]
    own: Row = {"status": "failed", "error_type": "D", "error_message": "document"}
    assert one(*ERRORS, steps=steps, **own) == ("D", "document", "log in")
    assert one(*ERRORS, steps=steps, status="failed") == ("T", "late", "log in")
    assert one(*ERRORS, steps=steps, status="failed", error_message=" ") == ("T", "late", "log in")


def test_no_message_of_a_skipped_or_unverified_execution_is_lost() -> None:
    skipped = [
        raw_step(status="skipped"),
        raw_step(list_position=1, status="skipped", error_message="no GPU"),
    ]
    warned = [raw_step(status="warning", error_type="Drift", error_message="off by 1e-9")]
    columns = ("outcome", "error_type", "error_message", "fingerprint")
    assert one(*columns, status="cancelled", steps=skipped) == ("skipped", None, "no GPU", None)
    assert one(*columns, steps=warned) == ("passed", "Drift", "off by 1e-9", None)
    assert one(*columns, steps=[*warned, raw_step(list_position=1)]) == ("passed", None, None, None)


def test_only_failing_executions_get_a_fingerprint_of_type_and_message() -> None:
    error: Row = {"error_type": "AssertionError", "error_message": "expected 42"}
    expected = fingerprint("AssertionError: expected 17").key
    assert one("fingerprint", status="failed", **error) == expected
    assert one("fingerprint", status="passed", **error) is None
    assert one("fingerprint", status="failed", error_type="AssertionError") is None


@pytest.mark.parametrize(
    ("total", "completed", "estimated", "expected"),
    [(7, 0, 9, 7), (0, 0, 9, 9), (0, 0, 0, None), (None, None, None, None), (-1, 0, 2**40, None)],
)
def test_declared_step_count(
    total: int | None, completed: int | None, estimated: int | None, expected: int | None
) -> None:
    found = one(
        "declared_step_count",
        statistics_total_steps=total,
        statistics_completed_steps=completed,
        estimated_step_count=estimated,
    )
    assert found == expected


def test_tags_are_sorted_unique_and_never_null() -> None:
    assert one("tags", tags=["b", None, "a", "b"]) == ["a", "b"]
    assert one("tags", tags=None) == []


def test_lammps_like_results() -> None:
    executions = [
        raw_execution(execution_key="skip", status="cancelled"),
        raw_execution(execution_key="warn", status="passed"),
        raw_execution(execution_key="error", status="failed"),
    ]
    steps = [
        raw_step(execution_ref="skip", source_key="skip", status="skipped", error_message="package missing"),
        raw_step(execution_ref="warn", source_key="warn", status="warning", error_message="thermo differs"),
        raw_step(
            execution_ref="error",
            source_key="error",
            status="failed",
            error_type="LammpsError",
            error_message="Lost atoms: original 32000 current 31982",
        ),
    ]
    policy = TransformPolicy(timezone="UTC", error_types=("LammpsError",))
    lake = transformed(executions, steps, policy=policy)
    assert sorted(values(lake.executions, "execution_key", "outcome", "is_unverified", "error_message")) == [
        ("error", "error", False, "Lost atoms: original 32000 current 31982"),
        ("skip", "skipped", False, "package missing"),
        ("warn", "passed", True, "thermo differs"),
    ]
    assert values(lake.steps.filter(outcome="error"), "execution_key") == [("error",)]
