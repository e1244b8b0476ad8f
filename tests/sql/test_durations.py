"""Durations: passed attempts only, inverse CDF, no p95 without evidence (statistics.md 3.1)."""

import pytest

from tests.sql.workbench import Row, Workbench

COLUMNS = ("passed_count", "duration_p50_ms", "duration_p95_ms", "duration_max_ms", "method")


def passes(count: int, **more: object) -> list[Row]:
    suite = more.get("suite_key", "s1")
    return [
        {"execution_key": f"{suite}-{number}", "duration_ms": number, **more}
        for number in range(1, count + 1)
    ]


def test_quantiles_are_values_at_rank_ceil_pn(model: Workbench) -> None:
    model.given_days(passes(100))
    assert model.rows("met_duration_daily", *COLUMNS) == [(100, 50, 95, 100, "inverse_cdf")]


def test_p95_needs_seventy_two(model: Workbench) -> None:
    model.given_days(passes(71) + passes(72, suite_key="s2"))
    assert model.rows("met_duration_daily", "suite_key", *COLUMNS) == [
        ("s1", 71, 36, None, 71, "insufficient"),
        ("s2", 72, 36, 69, 72, "inverse_cdf"),
    ]


def test_only_passed_attempts_with_a_duration_count_each_by_itself(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a"}, {"execution_key": "b", "suite_key": None}])
    attempts: list[Row] = [
        {"execution_key": "a", "attempt_number": 1, "outcome": "failed", "duration_ms": 900},
        {"execution_key": "a", "attempt_number": 2, "outcome": "passed", "duration_ms": 0},
        {"execution_key": "a", "attempt_number": 3, "outcome": "passed", "duration_ms": None},
        {"execution_key": "b", "attempt_number": 1, "outcome": "passed", "duration_ms": 7},
    ]
    model.given("lake_attempts", attempts)
    assert model.rows("met_duration_daily", "suite_key", "passed_count", "duration_sum_ms") == [
        ("(none)", 1, 7),
        ("s1", 1, 0),
    ]


@pytest.mark.parametrize(
    ("metric", "count"),
    [
        ("met_duration_daily", "passed_count"),
        ("met_durations_nightly", "duration_count"),
        ("met_test_durations", "passed_count"),
    ],
)
def test_what_passed_unverified_is_no_duration_of_the_test(model: Workbench, metric: str, count: str) -> None:
    model.given_days([{"execution_key": "whole", "duration_ms": 90}])
    model.given_days(
        [{"execution_key": "cut short", "duration_ms": 1, "is_unverified": True, "is_decided": False}]
    )
    assert model.rows(metric, f"distinct {count}", "duration_sum_ms") == [(1, 90)]


def test_suite_runs_are_left_out(model: Workbench) -> None:
    model.given_days([{"execution_key": "a", "execution_type": "test_suite", "test_key": None}])
    assert model.rows("met_duration_daily", "*") == []
