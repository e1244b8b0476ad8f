"""Checks: rows that keep a statement breach nothing, each way to break it is one breach."""

from datetime import date, timedelta

import pytest

from tests.sql.runs import daily, given_runs
from tests.sql.workbench import AS_OF, Row, Workbench

CHECKS = [
    "chk_execution_keys_unique",
    "chk_every_execution_has_an_outcome",
    "chk_counts_add_up",
    "chk_declared_totals_match",
    "chk_source_days_are_complete",
    "chk_projects_are_fresh",
    "chk_words_are_known",
    "chk_child_rows_have_an_execution",
    "chk_tests_run_more_than_once",
]
DAY = date(2026, 3, 31)
DAY_ID = "69cb110000000000000000ff"
"""An ObjectId of 2026-03-31."""


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_given_breaches_nothing(model: Workbench, check: str) -> None:
    assert model.breaches(check) == 0


def test_a_key_twice_in_the_lake_is_a_breach_even_after_as_of(model: Workbench) -> None:
    late = AS_OF + timedelta(days=1)
    model.given("lake_executions", [{"execution_key": "a"}, {"execution_key": "a", "triggered_at": late}])
    assert model.rows("chk_execution_keys_unique", "execution_key", "row_count") == [("a", 2)]


@pytest.mark.parametrize(
    ("status", "outcome", "breaches"),
    [
        ("failed", "failed", 0),
        ("failed", None, 1),
        ("running", None, 0),
        ("running", "passed", 1),
        ("odd", "unknown", 0),
    ],
)
def test_an_ended_execution_has_an_outcome(
    model: Workbench, status: str, outcome: str | None, breaches: int
) -> None:
    model.given(
        "lake_executions", [{"execution_key": "a", "status": status, "outcome": outcome, "is_decided": False}]
    )
    assert model.breaches("chk_every_execution_has_an_outcome") == breaches


def test_counts_add_up_where_decided_agrees_with_the_outcomes(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a"}])
    model.given("lake_executions", [{"execution_key": "b", "outcome": "skipped", "is_decided": True}])
    assert model.breaches("chk_counts_add_up") == 8, "four scopes, by day and by night"


def pipeline(counts: dict[str, int]) -> list[Row]:
    return [
        {"execution_key": f"{word}{number}", "outcome": word, "pipeline_id": "p", "is_decided": False}
        for word, count in counts.items()
        for number in range(count)
    ]


TOTALS: Row = {
    "result_key": "r",
    "suite_execution_id": "p",
    "total_count": 7,
    "passed_count": 2,
    "failed_count": 3,
    "cancelled_count": 2,
}


@pytest.mark.parametrize(
    ("change", "breaches"),
    [
        ({}, 0),
        ({"total_count": 8}, 1),
        ({"passed_count": 1}, 1),
        ({"failed_count": 1}, 1),
        ({"cancelled_count": 0}, 1),
        ({"cancelled_count": None, "passed_count": None}, 0),
        ({"suite_execution_id": "unheard of"}, 1),
    ],
)
def test_declared_totals_are_those_of_the_pipeline(model: Workbench, change: Row, breaches: int) -> None:
    counts = {"passed": 2, "failed": 1, "error": 1, "timed_out": 1, "skipped": 1, "cancelled": 1}
    model.given("lake_executions", pipeline(counts))
    model.given("lake_declared_totals", [TOTALS | change])
    assert model.breaches("chk_declared_totals_match") == breaches


@pytest.mark.parametrize("run", ["key", "id"])
def test_declared_totals_are_those_of_the_cases_of_a_suite_run(model: Workbench, run: str) -> None:
    suite_run: Row = {
        "execution_key": "key",
        "execution_id": "id",
        "execution_type": "test_suite",
        "test_key": None,
    }
    model.given("lake_executions", [suite_run])
    steps = [("passed", "test_case"), ("failed", "test_case"), ("failed", "setup")]
    for number, (outcome, kind) in enumerate(steps, start=1):
        model.given(
            "lake_steps",
            [{"execution_key": "key", "step_number": number, "outcome": outcome, "step_type": kind}],
        )
    declared: Row = {
        "result_key": "r",
        "suite_execution_id": run,
        "total_count": 2,
        "passed_count": 1,
        "failed_count": 1,
    }
    model.given("lake_declared_totals", [declared])
    assert model.breaches("chk_declared_totals_match") == 0


def test_totals_that_differ_are_dated_by_their_last_case(model: Workbench) -> None:
    for hours, key in ((30, "a"), (2, "b"), (20, "c")):
        row: Row = {"execution_key": key, "pipeline_id": "p"}
        model.given("lake_executions", [row | {"triggered_at": AS_OF - timedelta(hours=hours)}])
    model.given("lake_declared_totals", [TOTALS])
    assert model.rows("chk_declared_totals_match", "last_case_at") == [(AS_OF - timedelta(hours=2),)]


def test_the_newest_declared_totals_count(model: Workbench) -> None:
    model.given("lake_executions", pipeline({"passed": 1}))
    newest: Row = {"suite_execution_id": "p", "total_count": 1, "aggregated_at": AS_OF}
    older: Row = {"suite_execution_id": "p", "total_count": 5, "aggregated_at": AS_OF - timedelta(days=1)}
    model.given("lake_declared_totals", [{**newest, "result_key": "a"}, {**older, "result_key": "b"}])
    assert model.breaches("chk_declared_totals_match") == 0


def source_day(documents: int) -> Row:
    """Executions that the source held on DAY, in a collection with a name of its own."""
    return {
        "collection": "our_runs",
        "document_kind": "executions",
        "document_date": DAY,
        "document_count": documents,
    }


@pytest.mark.parametrize(
    ("documents", "executions", "quarantined", "breaches"),
    [
        (2, 2, [], 0),
        (2, 3, [], 0),
        (2, 1, [], 1),
        (2, 0, [], 1),
        (2, 1, [DAY_ID], 0),
        (2, 1, ["49cb110000000000000000ff"], 1),
        (2, 1, ["offset 512"], 0),
        (4, 1, ["offset 512", DAY_ID], 1),
    ],
)
def test_every_document_of_a_day_is_in_the_lake_or_in_quarantine(
    model: Workbench, documents: int, executions: int, quarantined: list[str], breaches: int
) -> None:
    source = source_day(documents)
    other = source | {"collection": "execution_traces", "document_kind": "results", "document_count": 99}
    model.given("lake_source_days", [source, other])
    model.given("lake_executions", [{"execution_key": str(number)} for number in range(executions)])
    held: list[Row] = [{"collection": "our_runs", "document_id": key} for key in quarantined]
    strangers: list[Row] = [
        {"collection": name, "document_id": DAY_ID} for name in ("users", "execution_traces")
    ]
    model.given("lake_quarantine", [*held, *strangers])
    assert model.breaches("chk_source_days_are_complete") == breaches


def test_a_collection_that_was_renamed_is_compared_once(model: Workbench) -> None:
    """Its documents are known by both names: the larger number counts, a refused one is one document."""
    model.given("lake_source_days", [source_day(3), source_day(2) | {"collection": "execution_traces"}])
    model.given("lake_executions", [{"execution_key": "a"}])
    model.given(
        "lake_quarantine",
        [{"collection": name, "document_id": DAY_ID} for name in ("our_runs", "execution_traces")],
    )
    found = model.rows("chk_source_days_are_complete", "document_count", "lake_count", "quarantined_count")
    assert found == [(3, 1, 1)]


def test_unknown_words_are_listed_with_their_number(model: Workbench) -> None:
    odd: Row = {"status": "odd", "outcome": "unknown", "is_decided": False}
    model.given("lake_executions", [{"execution_key": str(n), **odd} for n in range(2)])
    model.given("lake_executions", [{"execution_key": "t", "execution_type": "unknown"}])
    model.given("lake_steps", [{"execution_key": "t", "outcome": "unknown"}])
    assert model.rows("chk_words_are_known", "table_name", "column_name", "word", "row_count") == [
        ("fct_executions", "execution_type", "unknown", 1),
        ("fct_executions", "status", "odd", 2),
        ("fct_steps", "outcome", "unknown", 1),
    ]


@pytest.mark.parametrize("table", ["lake_attempts", "lake_steps", "lake_state_changes"])
def test_a_row_without_its_execution_is_a_breach(model: Workbench, table: str) -> None:
    model.given("lake_executions", [{"execution_key": "a"}])
    model.given(table, [{"execution_key": "a"}, {"execution_key": "lost"}])
    assert model.rows("chk_child_rows_have_an_execution", "table_name", "execution_key") == [
        (table.removeprefix("lake_"), "lost")
    ]


@pytest.mark.parametrize(
    ("days_ago", "hours_late", "is_late"),
    [
        ([3, 2, 1], 0, False),
        ([3, 2, 1], 2, False),
        ([3, 2, 1], 2.1, True),
        ([15, 8, 1], 6 * 24, False),
        ([15, 8, 1], 6 * 24 + 2.1, True),
        ([30], 0, False),
    ],
    ids=["a day old", "26 h old", "older", "weekly", "a week missed", "long gone"],
)
def test_a_project_is_late_by_its_own_rhythm(
    model: Workbench, days_ago: list[int], hours_late: float, is_late: bool
) -> None:
    for days in days_ago:
        triggered_at = AS_OF - timedelta(days=days, hours=hours_late)
        model.given_days([{"execution_key": str(days), "triggered_at": triggered_at}])
    assert model.breaches("chk_projects_are_fresh") == is_late


@pytest.mark.parametrize(
    ("key", "days", "steady", "expected"),
    [
        ("job at day {day}", 23, 0, [("default", 23, 20, "job at day 003")]),
        ("job at day {day}", 22, 0, []),
        ("job at day {day}", 23, 16, [("default", 39, 20, "job at day 003")]),
        ("job at day {day}", 23, 17, []),
        ("job", 23, 0, []),
    ],
    ids=["a key per run", "few", "most", "a half", "a key that stays"],
)
def test_keys_that_are_new_in_every_run_are_a_breach(
    model: Workbench, key: str, days: int, steady: int, expected: list[tuple[object, ...]]
) -> None:
    given_runs(model, *daily("P" * days, test_key=key))
    for number in range(steady):
        given_runs(model, *daily("P" * days, f"steady {number}"))
    columns = ("project", "test_count", "once_count", "example_name")
    assert model.rows("chk_tests_run_more_than_once", *columns) == expected


def test_tests_that_were_deleted_are_no_breach(model: Workbench) -> None:
    for number in range(25):
        given_runs(model, *daily("PP", f"gone {number}", until_days_ago=5))
    given_runs(model, *daily("P" * 10, "steady"))
    assert model.breaches("chk_tests_run_more_than_once") == 0
