"""Given runs at builds, the quality score of each build, its factors and its interval (statistics.md 6.2)."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from pipelines.analysis.release_confidence import Evidence, quality_score
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.test_release_confidence import MAC, given_cases, steady, unsettled
from tests.sql.workbench import AS_OF, Workbench

NEWEST = "is_newest and tier = 'all'"
FACTORS = ("score", "coverage", "reliability", "health")
COUNTS = ("required_count", "fresh_count")


def newest(model: Workbench, *columns: str, where: str = NEWEST) -> tuple[Any, ...]:
    (found,) = model.rows("met_quality_score", *columns, where=where)
    return found


def test_it_is_the_product_of_its_factors(model: Workbench) -> None:
    given_runs(model, *steady("t1", "t2"), *steady("t3", last="F"), *steady("t4", last="S"))
    score, coverage, reliability, health = newest(model, *FACTORS)
    assert (coverage, newest(model, *COUNTS)) == (0.75, (4, 3))
    assert score == pytest.approx(coverage * reliability * health)
    assert 0.9 < reliability < 1
    assert health < 0.95


def test_it_is_the_formula_of_the_evidence(model: Workbench) -> None:
    """Every unit is a root cause of its own here, and each is told."""
    unsettled(model)
    given_runs(
        model,
        *daily(["P", "FP"] * 20, test="t1"),
        *steady("t2", last="FF"),
        *daily(["P", "FP"] * 19 + ["P", "F"], test="t3"),
        *steady("t4", days=15, until_days_ago=25),
        *steady("t5", "t6", last="FPP"),
    )
    columns = ("test_key", "posterior_mean", "hazard", "change_count", "failing_attempt_count")
    rows: list[tuple[Any, ...]] = model.rows(
        "met_release_confidence_drivers",
        *(*columns, "passing_attempt_count"),
        where="build_version = '1.1000' and tier = 'all'",
    )
    expected = quality_score(Evidence(row[0], None, *row[1:]) for row in rows)
    assert len(rows) == 6
    assert newest(model, *FACTORS) == tuple(
        pytest.approx(value)
        for value in (expected.score, expected.coverage, expected.reliability, expected.health)
    )


def test_only_what_ran_at_the_build_is_fresh(model: Workbench) -> None:
    given_runs(model, *steady("t1"), *steady("t2", days=20, until_days_ago=1), *steady("t1", **MAC))
    assert newest(model, *COUNTS) == (4, 2)


@pytest.mark.parametrize(("days_ago", "expected"), [(13, 1), (14, 0)])
def test_a_result_holds_for_fourteen_days(model: Workbench, days_ago: int, expected: int) -> None:
    """The newest build is judged as of now, whenever it was run."""
    given_runs(model, *steady("t1", until_days_ago=days_ago))
    assert newest(model, *COUNTS) == (1, expected)


def test_an_older_build_is_judged_when_the_next_one_came(model: Workbench) -> None:
    given_runs(model, *steady("t1"))
    where = "build_version = '1.980' and tier = 'all'"
    assert newest(model, *COUNTS, "judged_at", where=where) == (1, 1, AS_OF - timedelta(days=19, hours=11))


@pytest.mark.parametrize(("changes", "expected"), [(50, 1), (51, 0)])
def test_a_result_holds_for_fifty_changes_of_the_build(model: Workbench, changes: int, expected: int) -> None:
    """Commits of one build, within hours."""
    at = AS_OF - timedelta(hours=20)
    given_runs(model, next(daily("P", build_version="2.0")) | {"triggered_at": at, "commit_id": "first"})
    for number in range(changes):
        own = {"triggered_at": at + timedelta(minutes=number + 1), "commit_id": f"x{number}"}
        keys = {"execution_key": f"x{number}", "invocation_key": f"x{number}"}
        given_runs(model, next(daily("P", test="watch", build_version="2.0")) | own | keys)
    assert newest(model, *COUNTS) == (2, 1 + expected)


def test_nothing_was_executed(model: Workbench) -> None:
    given_runs(model, *steady("t1", last="S"))
    assert newest(model, *FACTORS, "score_low", "lacks") == (
        None,
        0,
        None,
        None,
        None,
        "executions of the build",
    )


def test_no_test_of_the_tier(model: Workbench) -> None:
    given_cases(model, "t1", priority="low")
    given_runs(model, *steady("t1"))
    where = "is_newest and tier = 'p0'"
    assert newest(model, *COUNTS, *FACTORS, "lacks", where=where) == (
        *(0, 0, None, None, None, None),
        "required tests of this priority",
    )


def test_a_project_without_builds_says_so(model: Workbench) -> None:
    given_runs(model, *daily("P" * 10, build_version=None))
    found = model.rows("met_quality_score", "build_version", "score", "lacks", where="tier = 'all'")
    assert found == [("(none)", None, "build of the last days")]


def test_the_interval_is_of_tests(model: Workbench) -> None:
    """Half of forty tests ran: the coverage has the error of forty tests, not of their eighty units."""
    for number in range(40):
        last = "P" if number % 2 else "S"
        given_runs(model, *steady(f"t{number:02}", last=last, days=25))
        given_runs(model, *steady(f"t{number:02}", last=last, days=25, **MAC))
    score, low, high, coverage = newest(model, "score", "score_low", "score_high", "coverage")
    assert (coverage, newest(model, *COUNTS)) == (0.5, (80, 40))
    assert low < score < high
    error = np.sqrt(0.5 * 0.5 / 40)
    assert high - low == pytest.approx(2 * 1.96 * error * score / coverage, rel=0.15)


def test_the_same_seed_each_night(model: Workbench) -> None:
    rows = [*steady("t1", "t2", "t3"), *steady("t4", "t5", last="S")]
    columns = ("score_low", "score_high")
    given_runs(model, *rows)
    again = model.another()
    given_runs(again, *rows)
    assert newest(again, *columns) == newest(model, *columns)


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    rows = [*steady("t1", last="F"), *steady("t2", last="FP"), *steady("t3", last="S"), *steady("t4", **MAC)]
    expected = told(model, rows, ["met_quality_score"])
    assert told_in_another_order(model, rows, ["met_quality_score"]) == expected
    assert told_before(model, rows, "F", ["met_quality_score"]) == expected


def test_nothing_is_known(model: Workbench) -> None:
    assert model.rows("met_quality_score", "*") == []
