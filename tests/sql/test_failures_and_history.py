"""Failures by fingerprint, and the days of a test: counts, what is new, which outcome stands for a day."""

from datetime import timedelta

from tests.sql.workbench import AS_OF, Row, Workbench

FAILED: Row = {"outcome": "failed", "first_outcome": "failed", "fingerprint": "f", "error_message": "boom"}


def test_failures_are_counted_in_all_and_in_the_last_day(model: Workbench) -> None:
    old, recent = AS_OF - timedelta(hours=24), AS_OF - timedelta(hours=1)
    model.given(
        "lake_executions",
        [
            {**FAILED, "execution_key": "a", "triggered_at": old},
            {**FAILED, "execution_key": "b", "triggered_at": recent, "error_message": "boom 2"},
            {
                **FAILED,
                "execution_key": "c",
                "triggered_at": recent,
                "error_message": "boom 3",
                "test_key": "t2",
            },
            {
                **FAILED,
                "execution_key": "d",
                "triggered_at": recent,
                "fingerprint": "g",
                "invocation_key": "i2",
            },
        ],
    )
    columns = (
        "fingerprint",
        "execution_count",
        "test_count",
        "recent_execution_count",
        "is_new",
        "sample_message",
    )
    assert model.rows("met_failures_by_fingerprint", *columns) == [
        ("f", 3, 2, 2, False, "boom 3"),
        ("g", 1, 1, 1, True, "boom"),
    ]
    assert model.rows(
        "met_failures_by_fingerprint", "first_seen_at", "last_seen_at", where="fingerprint = 'f'"
    ) == [(old, recent)]


def test_a_test_counts_once_for_each_variant(model: Workbench) -> None:
    places = [("t1", "linux||"), ("t1", "mac||"), ("t1", "linux||"), (None, "linux||")]
    model.given(
        "lake_executions",
        [
            {**FAILED, "execution_key": str(number), "test_key": test, "variant_key": variant}
            for number, (test, variant) in enumerate(places)
        ],
    )
    counts = ("execution_count", "test_count", "recent_test_count")
    assert model.rows("met_failures_by_fingerprint", *counts) == [(4, 2, 2)]


def test_only_failing_case_runs_with_a_message_are_failures(model: Workbench) -> None:
    model.given(
        "lake_executions",
        [
            {**FAILED, "execution_key": "a", "outcome": "skipped", "is_decided": False},
            {**FAILED, "execution_key": "b", "fingerprint": None},
            {**FAILED, "execution_key": "c", "execution_type": "test_suite", "test_key": None},
        ],
    )
    assert model.rows("met_failures_by_fingerprint", "*") == []


def test_a_day_is_shown_by_its_worst_outcome(model: Workbench) -> None:
    days: dict[str, list[str | None]] = {
        "t1": ["passed", "error", "failed"],
        "t2": ["skipped", "passed"],
        "t3": ["skipped", "unknown"],
        "t4": [None],
    }
    for test, outcomes in days.items():
        for outcome in outcomes:
            status: Row = {"status": "running"} if outcome is None else {}
            decided = outcome in ("passed", "error", "failed")
            row: Row = {
                "execution_key": f"{test}{outcome}",
                "test_key": test,
                "outcome": outcome,
                "is_decided": decided,
            }
            model.given("lake_executions", [row | status])
    columns = (
        "test_key",
        "worst_outcome",
        "execution_count",
        "decided_count",
        "failing_count",
        "in_flight_count",
    )
    assert model.rows("met_test_history", *columns) == [
        ("t1", "failed", 3, 3, 2, 0),
        ("t2", "passed", 2, 1, 0, 0),
        ("t3", "unknown", 2, 0, 0, 0),
        ("t4", None, 1, 0, 0, 1),
    ]


def test_history_ends_sixty_days_before_as_of(model: Workbench) -> None:
    for days in (0, 59, 60):
        model.given(
            "lake_executions", [{"execution_key": str(days), "triggered_at": AS_OF - timedelta(days=days)}]
        )
    assert [(AS_OF.date() - row[0]).days for row in model.rows("met_test_history", "night_date")] == [59, 0]  # type: ignore[operator]
