"""The night: its day, how fresh it is, its figures per scope; they are the daily ones where both exist."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.policy import BuildPolicy

YESTERDAY = AS_OF - timedelta(days=1)


def runs(outcomes: str, **changes: object) -> list[Row]:
    """One execution per letter: p passed, f failed, s skipped, c cancelled, a aborted, i in flight."""
    words = {"p": "passed", "f": "failed", "s": "skipped", "c": "cancelled", "a": "aborted", "i": None}
    suite = str(changes.get("suite_key", "s1"))
    rows: list[Row] = []
    for number, letter in enumerate(outcomes):
        row: Row = {
            "execution_key": f"{suite}-{number}",
            "test_key": f"{suite}-t{number // 2}",
            "outcome": words[letter],
            "first_outcome": words[letter],
            "status": words[letter] or "running",
            "is_decided": letter in "pf",
            "invocation_key": f"{suite}-i{number % 6}",
            "duration_ms": 100 + number,
        }
        rows.append(row | changes)
    return rows


def test_without_executions_there_is_still_a_night(model: Workbench) -> None:
    assert model.rows("met_nights", "as_of", "bucket_date", "execution_count", "freshness_hours") == [
        (AS_OF, date(2026, 3, 31), 0, None)
    ]
    assert model.rows("met_kpis_nightly", "scope_key", "kpi", "value", "numerator", "denominator") == [
        ("all", "duration_p50", None, None, 0),
        ("all", "executed_share", None, 0, 0),
        ("all", "executions", 0.0, 0, None),
        ("all", "failing_tests", 0.0, 0, 0),
        ("all", "final_pass_rate", None, 0, 0),
        ("all", "first_attempt_pass_rate", None, 0, 0),
    ]


def test_only_the_day_of_as_of_is_the_night(model: Workbench) -> None:
    model.given_days(runs("pf", suite_key="old", triggered_at=YESTERDAY))
    assert model.rows("met_nights", "execution_count", "freshness_hours", "newest_execution_at") == [
        (0, 24.0, YESTERDAY)
    ]


def test_the_day_is_that_of_the_projects_zone(model: Workbench) -> None:
    model.policy = BuildPolicy(time_zone="Asia/Tokyo")
    model.as_of = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert model.rows("met_nights", "bucket_date", "first_utc_date", "last_utc_date") == [
        (date(2026, 4, 1), date(2026, 3, 31), date(2026, 3, 31))
    ]


def test_figures_of_a_scope(model: Workbench) -> None:
    model.given_days(runs("ppff" + "sca" + "ii"))
    found = model.rows(
        "met_kpis_nightly", "kpi", "value", "numerator", "denominator", "unit", where="scope_type = 'suite'"
    )
    assert found == [
        ("duration_p50", 100.0, None, 2, "ms"),
        ("executed_share", pytest.approx(4 / 9), 4, 9, "rate"),
        ("executions", 9.0, 9, None, "executions"),
        ("failing_tests", 1.0, 1, 2, "tests"),
        ("final_pass_rate", 0.5, 2, 4, "rate"),
        ("first_attempt_pass_rate", 0.5, 2, 4, "rate"),
    ]
    share = model.rows("met_kpis_nightly", "low", "high", where="kpi = 'executed_share' and scope_key = 's1'")
    assert share == [(pytest.approx(4 / 9), pytest.approx(6 / 9))]


def test_the_nights_rates_and_durations_are_those_of_its_day(model: Workbench) -> None:
    for suite, outcomes in (("s1", "pppppppfff"), ("s2", "ppfpppfppppp"), ("s3", "pp")):
        model.given_days(runs(outcomes, suite_key=suite))
    columns = ("low", "high", "numerator", "denominator", "n_eff")
    of_night = model.rows(
        "met_kpis_nightly", "scope_type", "scope_key", "value", *columns, where="kpi = 'final_pass_rate'"
    )
    of_day = model.rows(
        "met_pass_rate_daily",
        "scope_type",
        "scope_key",
        "final_pass_rate",
        "final_pass_rate_low",
        "final_pass_rate_high",
        "passed_count",
        "decided_count",
        "final_n_eff",
    )
    assert of_night == of_day
    assert len(of_night) == 6
    durations = model.rows(
        "met_kpis_nightly",
        "scope_key",
        "value",
        "denominator",
        where="kpi = 'duration_p50' and scope_type = 'suite'",
    )
    assert durations == model.rows("met_duration_daily", "suite_key", "duration_p50_ms", "passed_count")


def history(as_of: datetime, generation: int, value: float) -> Row:
    return {
        "as_of": as_of,
        "scope_type": "all",
        "scope_key": "all",
        "kpi": "executions",
        "lake_generation": generation,
        "value": value,
        "unit": "executions",
    }


def test_history_keeps_what_was_published_and_adds_this_night_once(model: Workbench) -> None:
    later = AS_OF + timedelta(days=1)
    model.given(
        "lake_kpi_history", [history(YESTERDAY, 0, 7.0), history(later, 0, 8.0), history(AS_OF, 9, 5.0)]
    )
    found = model.rows("fct_kpi_history", "as_of", "lake_generation", "value", where="kpi = 'executions'")
    assert found == [(YESTERDAY, 0, 7.0), (AS_OF, 0, 0.0), (AS_OF, 9, 5.0)]


def test_a_night_that_was_published_from_the_same_generation_adds_nothing(model: Workbench) -> None:
    model.given("lake_kpi_history", [history(AS_OF, 0, 3.0)])
    assert model.rows("fct_kpi_history", "as_of", "kpi", "value") == [(AS_OF, "executions", 3.0)]
