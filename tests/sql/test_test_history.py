"""The days of a test: which outcome stands for a day, and how far the days go back."""

from datetime import timedelta

from tests.sql.workbench import AS_OF, Row, Workbench


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
