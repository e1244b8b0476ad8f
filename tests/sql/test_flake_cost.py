"""What flakes cost: reruns, pipelines that failed for nothing, looks at them (statistics.md 7.1)."""

from datetime import date, timedelta

import pytest

from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.costs import Cost
from warehouse.policy import BuildPolicy

MET = "met_flake_cost"
ALL = "scope_type = 'all'"
PIPELINES = ("failed_pipeline_count", "flake_failed_pipeline_count", "possible_flake_failed_pipeline_count")
DAY = date(2026, 1, 1)


def ran(days_ago: int, letters: str, test: str = "t1", **more: object) -> Row:
    """A run in the named pipeline of that day."""
    return next(daily([letters], test=test, until_days_ago=days_ago, invocation_source="pipeline", **more))


def rerun(row: Row, letters: str) -> Row:
    """Another pipeline at the same commit, an hour later."""
    later = {
        "execution_key": f"{row['execution_key']}-again",
        "invocation_key": f"{row['invocation_key']}-again",
    }
    return row | later | {"letters": letters, "triggered_at": AS_OF - timedelta(hours=1)}


def costs(*entries: Cost) -> BuildPolicy:
    return BuildPolicy(costs=list(entries))


def test_time_of_attempts_after_the_first_failed_one(model: Workbench) -> None:
    """FFP: 200 and 300 ms; FP whose commit is missing is no proved flake, PP is none."""
    row = ran(0, "FFP")
    del row["letters"]
    flaked = {"outcome": "passed", "first_outcome": "failed", "is_flaky": True, "attempt_count": 3}
    model.given("lake_executions", [row | flaked])
    names = ("execution_key", "attempt_number", "outcome", "duration_ms")
    attempts = [(1, "failed", 900), (2, "failed", 200), (3, "passed", 300)]
    model.given(
        "lake_attempts", [dict(zip(names, (row["execution_key"], *one), strict=True)) for one in attempts]
    )
    given_runs(model, ran(1, "FP", commit_id=None), ran(2, "PP"))
    assert model.rows(MET, "flake_count", "flake_rerun_ms", where=ALL) == [(1, 500)]


def test_a_pipeline_that_failed_and_passed_at_the_same_commit_failed_for_nothing(model: Workbench) -> None:
    failed = ran(0, "F")
    given_runs(model, failed, rerun(failed, "P"), ran(1, "P"))
    assert model.rows(MET, *PIPELINES, where=ALL) == [(1, 1, 1)]
    assert model.rows(MET, "false_alarm_rate", "round(false_alarm_rate_low, 4)", where=ALL) == [(1, 0.2065)]


def test_a_pipeline_with_one_genuine_failure_did_not(model: Workbench) -> None:
    failed = ran(0, "F")
    given_runs(
        model,
        failed,
        rerun(failed, "P"),
        *daily("P" * 20 + "F" * 10, test="broken", invocation_source="pipeline"),
    )
    found = model.rows(
        "ana_pipeline_failures", "failing_count", "flake_failing_count", where="invocation_key = 'i000'"
    )
    assert found == [(2, 1)]
    assert model.rows(MET, "flake_failed_pipeline_count", where=ALL) == [(0,)]


def test_a_hard_failure_in_a_good_segment_may_be_a_flake(model: Workbench) -> None:
    given_runs(model, *daily("PPPPPFPPPP", invocation_source="pipeline"))
    assert model.rows(MET, *PIPELINES, where=ALL) == [(1, 0, 1)]
    assert model.rows(MET, "false_alarm_rate", "possible_false_alarm_rate", where=ALL) == [(0, 1)]


def test_what_is_no_pipeline(model: Workbench) -> None:
    """Guessed invocations, branches, suite runs, older and later ones."""
    given_runs(
        model,
        ran(0, "P"),
        ran(1, "F", test="t2") | {"invocation_source": "derived_day"},
        ran(1, "F", test="t3", branch="feature"),
        ran(2, "P", test="t3"),
        ran(1, "F", test="t4", execution_type="test_suite"),
        ran(28, "F", test="t5"),
    )
    assert model.rows(MET, *PIPELINES, where=ALL) == [(0, 0, 0)]


def test_no_failed_pipeline_no_rate(model: Workbench) -> None:
    given_runs(model, ran(0, "P"))
    columns = (
        "false_alarm_rate",
        "false_alarm_rate_low",
        "false_alarm_rate_high",
        "possible_false_alarm_rate",
    )
    assert model.rows(MET, *columns, where=ALL) == [(None,) * 4]


def test_nothing_ran(model: Workbench) -> None:
    assert model.rows(MET, "scope_key") == []


def test_without_costs_there_is_no_money_and_it_is_said(model: Workbench) -> None:
    failed = ran(0, "F")
    given_runs(model, failed, rerun(failed, "P"))
    lacking = (
        "minutes that a look takes; cost of a machine minute; cost of an hour; start and end of executions"
    )
    columns = ("cost_low", "cost_high", "currency", "investigation_hours_low", "lacks")
    assert model.rows(MET, *columns, where=ALL) == [(None, None, None, None, lacking)]


def test_looks_are_counted_in_hours_without_money(model: Workbench) -> None:
    model.policy = costs(Cost(DAY, "QA", DAY, "asked the team", investigation_minutes=30))
    failed = ran(0, "F")
    given_runs(
        model,
        failed,
        rerun(failed, "P"),
        ran(1, "F", test="t2"),
        *daily("P" * 9, test="t2", until_days_ago=2),
    )
    columns = ("investigation_hours_low", "investigation_hours_high", "cost_low", "currency")
    assert model.rows(MET, *columns, where=ALL) == [(0.5, 1, None, None)]


def test_each_day_costs_what_holds_on_it(model: Workbench) -> None:
    """Two pipelines failed by a flake, each of one execution of a minute; a look is half an hour."""
    cheap = Cost(
        DAY,
        "QA",
        DAY,
        "contract",
        "EUR",
        engineer_hour_cost=60,
        machine_minute_cost=1,
        investigation_minutes=30,
    )
    dear = Cost(AS_OF.date(), "QA", DAY, "contract", "EUR", 60, 3, 30)
    model.policy = costs(dear, cheap)
    for days_ago, test in ((0, "t1"), (5, "t2")):
        failed = ran(days_ago, "F", test=test, duration_ms=60_000)
        given_runs(model, failed, rerun(failed, "P") | {"test_key": test, "invocation_key": f"again-{test}"})
    found = model.rows(MET, "flake_failed_pipeline_count", "cost_low", "cost_high", "currency", where=ALL)
    assert found == [(2, pytest.approx(60 + 3 + 1), pytest.approx(64), "EUR")]


def test_wall_time_where_start_and_end_are_known(model: Workbench) -> None:
    at = AS_OF - timedelta(hours=11)
    failed = ran(0, "F", started_at=at, completed_at=at + timedelta(seconds=90))
    given_runs(model, failed, rerun(failed, "P"))
    assert model.rows(MET, "flake_pipeline_wall_ms", where=ALL) == [(90_000,)]


def test_scopes_add_up(model: Workbench) -> None:
    given_runs(model, ran(0, "F", project="p1"), ran(0, "F", test="t2", suite_key=None, invocation_key="x"))
    found = model.rows(MET, "scope_type", "scope_key", "failed_pipeline_count")
    assert found == [
        ("all", "all", 2),
        ("project", "default", 1),
        ("project", "p1", 1),
        ("suite", "(none)", 1),
        ("suite", "s1", 1),
    ]


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    rows = [
        *daily("PPFPPFPP" * 3, invocation_source="pipeline"),
        ran(0, "FP", test="t2"),
        ran(3, "F", test="t3"),
    ]
    tables = (MET, "ana_flake_days", "ana_pipeline_failures")
    expected = told(model, rows, tables)
    assert told_in_another_order(model, rows, tables) == expected
    assert told_before(model, rows, "F", tables) == expected


def test_days_before_the_first_cost_are_said_to_lack_it(model: Workbench) -> None:
    since = AS_OF.date() - timedelta(days=1)
    model.policy = costs(Cost(since, "QA", since, "contract", "EUR", 60, 1, 30))
    for days_ago, test in ((0, "t1"), (5, "t2")):
        failed = ran(days_ago, "F", test=test, duration_ms=60_000)
        given_runs(model, failed, rerun(failed, "P") | {"test_key": test, "invocation_key": f"again-{test}"})
    ((cost, lacks),) = model.rows(MET, "cost_low", "lacks", where=ALL)
    assert cost == pytest.approx(31)
    assert str(lacks).startswith("minutes that a look takes; cost of a machine minute; cost of an hour")


@pytest.mark.parametrize("days_ago", [0, 5])
def test_wall_time_of_some_pipelines_is_not_told_as_that_of_all(model: Workbench, days_ago: int) -> None:
    at = AS_OF - timedelta(hours=11)
    timed = ran(0, "F", started_at=at, completed_at=at + timedelta(seconds=90))
    untimed = ran(days_ago, "F", test="t2", invocation_key="untimed", commit_id="c-untimed")
    for row in (timed, untimed):
        again = rerun(row, "P") | {"test_key": row["test_key"]}
        given_runs(model, row, again)
    found = model.rows(MET, "flake_failed_pipeline_count", "flake_pipeline_wall_ms", where=ALL)
    assert found == [(2, None)]


def test_no_wall_time_where_an_end_lies_before_its_start(model: Workbench) -> None:
    at = AS_OF - timedelta(hours=11)
    failed = ran(0, "F", started_at=at, completed_at=at - timedelta(seconds=90))
    given_runs(model, failed, rerun(failed, "P"))
    assert model.rows(MET, "flake_pipeline_wall_ms", where=ALL) == [(None,)]
