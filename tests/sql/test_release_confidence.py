"""Given runs at builds, the confidence in each build and what takes it (statistics.md 6.1)."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.analysis.release_confidence import Evidence, release_confidence
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench

NEWEST = "is_newest and tier = 'all'"
COUNTS = ("required_count", "executed_count", "failing_count", "unexecuted_count", "group_count")
DRIVER = ("kind", "test_key", "test_count", "failing_attempt_count", "passing_attempt_count")
LAST = "build_version = '1.1000' and tier = 'all'"
TABLES = (
    *("ana_candidate_builds", "ana_required_units", "ana_release_scores"),
    *("met_release_confidence", "met_release_confidence_drivers"),
)
MAC: dict[str, Any] = {"variant_key": "mac||", "environment": "mac"}


def given_cases(model: Workbench, *names: str, **more: object) -> None:
    """Test cases of the catalogue."""
    given = ({"test_key": name, "test_name": name, "status": "active", **more} for name in names)
    model.given("lake_tests", given)


def steady(*tests: str, last: str = "P", days: int = 40, **more: Any) -> Iterator[Row]:
    """Tests that passed every day, but for how they ended at the newest build."""
    for test in tests:
        yield from daily([*"P" * (days - 1), last], test=test, **more)


def newest(model: Workbench, *columns: str, where: str = NEWEST) -> tuple[object, ...]:
    (found,) = model.rows("met_release_confidence", *columns, where=where)
    return found


def confidence(model: Workbench, where: str = NEWEST) -> float:
    return float(str(newest(model, "confidence", where=where)[0]))


def drivers(model: Workbench, *columns: str, where: str = LAST) -> list[tuple[object, ...]]:
    found = model.rows("met_release_confidence_drivers", "driver_rank", *columns, where=where)
    return [row[1:] for row in found]


def unsettled(model: Workbench) -> None:
    """Every root cause is told, however improbable."""
    parameters = replace(model.policy.parameters, confidence_settled_probability=1e-15)
    model.policy = replace(model.policy, parameters=parameters)


def failing(rows: Iterator[Row], fingerprint: str, step: str | None = None) -> Iterator[Row]:
    """The same, where runs that failed say why."""
    for row in rows:
        is_failed = "P" not in str(row["letters"])
        yield row | ({"fingerprint": fingerprint, "failing_step_name": step} if is_failed else {})


def test_all_passed(model: Workbench) -> None:
    given_runs(model, *steady("t1", "t2"))
    assert newest(model, *COUNTS) == (2, 2, 0, 0, 2)
    assert confidence(model) > 0.99999


def test_a_failure_of_a_test_that_always_passed_leaves_little(model: Workbench) -> None:
    """Of a test that flakes more often the same failure says less."""
    given_runs(model, *steady("t1", last="FF"), *daily(["FP", "P", "P"] * 13 + ["F"], test="t2"))
    found = {str(row[0]): row[1] for row in drivers(model, "test_key", "broken_probability")}
    assert float(str(found["t1"])) > 10 * float(str(found["t2"]))
    assert newest(model, *COUNTS) == (2, 2, 2, 0, 2)


def test_it_is_the_formula_of_the_evidence(model: Workbench) -> None:
    """Like P8: passed, passed on retry, failed twice, flaky and failed, unexecuted, failed long ago."""
    unsettled(model)
    given_runs(
        model,
        *steady("t1", "t2"),
        *daily(["P", "FP"] * 20, test="t3"),
        *steady("t4", last="FF"),
        *daily(["P", "FP"] * 19 + ["P", "F"], test="t6"),
        *steady("t7", days=15, until_days_ago=25),
        *daily("P" * 20 + "F" * 10, test="t8", until_days_ago=3),
    )
    columns = ("test_key", "posterior_mean", "hazard", "change_count", "failing_attempt_count")
    rows = drivers(model, *columns, "passing_attempt_count", "earlier_failing_count", "broken_probability")
    evidence = [
        Evidence(str(test), None, phi, hazard, changes, failed + (0 if passed else earlier), passed)  # type: ignore[operator, arg-type]
        for test, phi, hazard, changes, failed, passed, earlier, _ in rows
    ]
    expected = release_confidence(evidence)
    assert len(evidence) == 7
    assert confidence(model) == pytest.approx(expected.confidence, rel=1e-9)
    assert newest(model, "expected_failures") == (pytest.approx(expected.expected_failures),)
    assert {str(row[0]): row[-1] for row in rows} == {
        test: pytest.approx(r) for test, (_, r) in expected.per_test.items()
    }


def test_contributions_add_up(model: Workbench) -> None:
    unsettled(model)
    given_runs(model, *steady(*(f"t{n:02}" for n in range(60))), *steady("u1", "u2", last="F"))
    contributions = [float(str(row[0])) for row in drivers(model, "contribution")]
    assert len(contributions) == 51
    assert sum(contributions) == pytest.approx(math.log(confidence(model)))
    assert sum(float(str(row[0])) for row in drivers(model, "share")) == pytest.approx(1)
    assert drivers(model, "kind", "test_count")[-1] == ("all others", 12)


def test_fifty_tests_of_one_fingerprint_are_one_cause(model: Workbench) -> None:
    """Pitfall 18; the build before them tells that the storm rule is not what makes them one."""
    rows = [row for n in range(50) for row in failing(steady(f"t{n:02}", last="F"), "same")]
    given_runs(model, *rows, *steady(*(f"p{n:02}" for n in range(50))))
    assert newest(model, *COUNTS) == (100, 100, 50, 0, 51)
    assert float(str(newest(model, "expected_failures")[0])) < 1.01
    assert drivers(model, *DRIVER)[0] == ("failing", "t00", 50, 50, 0)
    assert len(drivers(model, "execution_keys")[0][0]) == 10  # type: ignore[arg-type]


def test_another_step_is_another_cause(model: Workbench) -> None:
    given_runs(model, *failing(steady("t1", last="F"), "same", "open"))
    given_runs(model, *failing(steady("t2", last="F"), "same", "close"))
    assert newest(model, "group_count") == (2,)
    assert drivers(model, "test_key", "cause_key") == [("t1", "same open"), ("t2", "same close")]


def test_failures_without_a_message_are_causes_of_their_own(model: Workbench) -> None:
    given_runs(model, *steady("t1", "t2", last="F"))
    assert newest(model, "group_count") == (2,)


def test_a_cause_lasts_while_its_test_is_not_run(model: Workbench) -> None:
    rows = [*failing(daily("P" * 20 + "F" * 3, test="t1", until_days_ago=2), "same")]
    rows += [*failing(daily("P" * 20 + "F" * 3, test="t2", until_days_ago=2), "same")]
    given_runs(model, *rows, *steady("t3"))
    assert newest(model, *COUNTS) == (3, 1, 0, 2, 2)


def test_a_skipped_test_is_not_executed(model: Workbench) -> None:
    given_runs(model, *steady("t1", last="S"), *steady("t2"))
    assert newest(model, *COUNTS) == (2, 1, 0, 1, 2)


def test_a_test_that_did_not_run_keeps_the_chance_of_a_break(model: Workbench) -> None:
    given_runs(model, *steady("t1"), *steady("t2", days=15, until_days_ago=25))
    columns = (
        "kind",
        "test_key",
        "change_count",
        "failing_attempt_count",
        "broken_prior = broken_probability",
    )
    assert drivers(model, *columns)[0] == ("stale", "t2", 25, 0, True)


def test_a_test_that_never_ran_missed_all_changes(model: Workbench) -> None:
    given_cases(model, "t1", "t2", item_keys=["i1"], created_at=AS_OF - timedelta(days=300))
    model.given("lake_suites", [{"suite_key": "s1", "suite_name": "s1", "item_keys": ["i1"]}])
    given_runs(model, *steady("t1"))
    assert drivers(model, "kind", "test_key", "change_count")[0] == ("unexecuted", "t2", 40)
    assert newest(model, "unplaced_count") == (0,)


def test_a_test_is_required_where_its_suite_is_run(model: Workbench) -> None:
    given_runs(model, *steady("t1", "t2"), *steady("t1", **MAC))
    assert newest(model, *COUNTS) == (4, 3, 0, 1, 4)
    assert drivers(model, "kind", "test_key", "variant_key")[0] == ("unexecuted", "t2", "mac||")


def test_variants_are_not_pooled(model: Workbench) -> None:
    """Pitfall 19: it fails on one of two platforms, at every build of late."""
    unsettled(model)
    given_runs(model, *steady("t1"), *daily("P" * 30 + "F" * 10, test="t1", **MAC))
    found = drivers(model, *DRIVER, "variant_key", "earlier_failing_count")
    assert found[0] == ("failing", "t1", 1, 1, 0, "mac||", 9)
    assert found[1][:3] == ("passing", "t1", 1)
    assert confidence(model) < 0.01


def test_a_test_that_failed_of_late_is_not_good_because_it_was_not_run(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30 + "F" * 5, test="t1", until_days_ago=1), *steady("t2"))
    assert drivers(model, "kind", "test_key", "earlier_failing_count")[0] == ("stale", "t1", 5)
    assert confidence(model) < 0.01


def test_failures_before_the_last_pass_are_over(model: Workbench) -> None:
    """All of them long before the first candidate."""
    unsettled(model)
    given_runs(model, *daily("P" * 3 + "F" * 5 + "P", test="t1", until_days_ago=30), *steady("t2"))
    columns = ("kind", "test_key", "earlier_failing_count", "change_count")
    assert drivers(model, *columns)[0] == ("stale", "t1", 0, 30)


def test_a_pass_at_the_build_outweighs_failures_before_it(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30 + "F" * 5 + "P", test="t1"), *steady("t2"))
    assert confidence(model) > 0.999


@pytest.mark.parametrize(
    ("priority", "expected"),
    [("high", [1, 1, 1]), ("medium", [0, 1, 1]), ("low", [0, 0, 1]), (None, [0, 0, 1])],
)
def test_tiers_by_priority(model: Workbench, priority: str | None, expected: list[int]) -> None:
    given_cases(model, "t1", priority=priority)
    given_runs(model, *steady("t1"))
    tiers = ("p0", "p0_p1", "all")
    assert [
        newest(model, "required_count", where=f"is_newest and tier = '{t}'")[0] for t in tiers
    ] == expected
    lacks = [newest(model, "lacks", "confidence is null", where=f"is_newest and tier = '{t}'") for t in tiers]
    words = {0: ("required tests of this priority", True), 1: ("outcomes of past releases", False)}
    assert lacks == [words[count] for count in expected]


def test_nothing_is_calibrated(model: Workbench) -> None:
    given_runs(model, *steady("t1"))
    assert newest(model, "calibration", "lacks") == ("uncalibrated", "outcomes of past releases")


def test_candidates_are_the_builds_of_28_days(model: Workbench) -> None:
    given_runs(model, *steady("t1"))
    found = model.rows("ana_candidate_builds", "build_number", "build_version", "is_newest")
    assert (len(found), found[0], found[-1]) == (28, (1, "1.973", False), (28, "1.1000", True))


def test_at_most_thirty_of_a_project(model: Workbench) -> None:
    for number in range(2):
        given_runs(
            model, *steady(f"t{number}", build_version=f"{number}.{{day}}", commit_id=f"x{number}{{day}}")
        )
    assert len(model.rows("ana_candidate_builds", "build_version")) == 30
    assert len(model.rows("met_release_confidence", "tier")) == 90


def test_an_old_build_that_is_run_again_is_not_the_newest(model: Workbench) -> None:
    rows = [*steady("t1")]
    again = rows[10] | {"execution_key": "again", "triggered_at": AS_OF - timedelta(hours=1)}
    given_runs(model, *rows, again | {"letters": "F"})
    assert newest(model, "build_version", "failing_count") == ("1.1000", 0)


def test_branches_are_no_candidates_but_their_runs_of_its_commit_are_evidence(model: Workbench) -> None:
    unsettled(model)
    given_runs(model, *steady("t1"), *daily("F", test="t1", branch="pr-1"))
    given_runs(model, *daily("F", test="t1", branch="pr-2", commit_id="pr", build_version="pr"))
    assert newest(model, "build_version", "failing_count") == ("1.1000", 1)
    assert drivers(model, *DRIVER)[0][3:] == (1, 1)


def test_a_pass_at_an_older_commit_of_the_build_clears_nothing(model: Workbench) -> None:
    given_runs(model, *daily("P" * 38 + "PF", build_version="2.0"))
    assert drivers(model, *DRIVER, where="build_version = '2.0' and tier = 'all'") == [
        ("failing", "t1", 1, 1, 0)
    ]


def test_without_commits_a_build_is_of_one_piece(model: Workbench) -> None:
    given_runs(model, *daily("P" * 38 + "PF", build_version="2.0", commit_id=None))
    assert confidence(model) > 0.999


def test_a_test_is_not_required_before_it_was_known(model: Workbench) -> None:
    given_runs(model, *steady("t1"), *steady("t2", days=5))
    assert newest(model, "required_count", where=LAST) == (2,)
    assert newest(model, "required_count", where="build_version = '1.990' and tier = 'all'") == (1,)


def test_a_test_that_is_run_nowhere_is_counted_apart(model: Workbench) -> None:
    given_cases(model, "t1", "t2", "t3")
    given_runs(model, *steady("t1"), *steady("t3", suite_key="gone", days=10, until_days_ago=29))
    assert newest(model, "required_count", "unplaced_count") == (1, 2)


def test_a_project_without_builds_says_so(model: Workbench) -> None:
    given_runs(model, *daily("P" * 10, build_version=None))
    columns = ("build_version", "tier", "required_count", "confidence", "lacks")
    assert model.rows("met_release_confidence", *columns) == [
        ("(none)", tier, 0, None, "build of the last days") for tier in ("all", "p0", "p0_p1")
    ]
    assert model.rows("met_release_confidence_drivers", "*") == []


def test_storms_are_no_evidence(model: Workbench) -> None:
    given_runs(model, *steady(*(f"t{n:02}" for n in range(25)), last="F"))
    assert newest(model, *COUNTS) == (25, 0, 0, 25, 25)


def test_what_would_change_it(model: Workbench) -> None:
    given_runs(model, *steady("t1", last="FF"), *steady("t2", days=15, until_days_ago=25))
    given_runs(model, *steady(*(f"p{n}" for n in range(5))))
    (needed, after, remedy), (stale, _, words) = drivers(
        model, "pass_count_needed", "probability_after", "remedy"
    )[:2]
    assert (needed, stale) == (2, 1)
    assert float(str(after)) < 0.001
    assert str(remedy).startswith("2 passes, then broken with ")
    assert str(words).startswith("1 pass at this build, then broken with ")


def test_what_passes_cannot_settle_takes_a_fix(model: Workbench) -> None:
    """Twelve failures of a test that never flaked: were it good, they would be one chance in 10^20."""
    given_runs(model, *steady("t1", last="F" * 12))
    assert str(drivers(model, "remedy")[0][0]).startswith("a fix: after 5 passes r is still ")
    assert drivers(model, "pass_count_needed")[0] == (None,)


def test_sensitivity_holds_the_confidence(model: Workbench) -> None:
    given_runs(model, *steady("t1", last="F"), *steady("t2", "t3"))
    low, value, high = (
        float(str(x)) for x in newest(model, "confidence_low", "confidence", "confidence_high")
    )
    assert low < value < high


def test_grades_are_shares_of_the_required(model: Workbench) -> None:
    given_runs(model, *steady("t1"), *steady("t2", commit_id=None, invocation_key="i{day}"))
    assert newest(model, "grade_a_share", "grade_b_share", "grade_c_share") == (0, 0.5, 0.5)


def test_another_project_changes_nothing(model: Workbench) -> None:
    rows = [*steady("t1", last="F"), *steady("t2")]
    alone = told(model, rows, ["met_release_confidence"])[0]
    other = model.another()
    given_runs(
        other, *steady("u1", project="other", suite_key="other", commit_id="o{day}", invocation_key="o{day}")
    )
    both = told(other, rows, ["met_release_confidence"])[0]
    assert [row for row in both if row[0] == "default"] == alone


def test_figures_of_the_newest_build_are_kept_each_night(model: Workbench) -> None:
    given_runs(model, *steady("t1", last="F"), *steady("t2"))
    columns = ("kpi", "scope_type", "scope_key", "numerator", "denominator", "unit")
    found = model.rows("met_kpis_nightly", *columns, where="unit = 'probability'")
    assert found == [
        ("quality_score", "project", "default", 2, 2, "probability"),
        ("release_confidence", "project", "default", 2, 2, "probability"),
    ]
    figures = ("confidence", "confidence_low", "confidence_high")
    assert model.rows("fct_kpi_history", "value", "low", "high", where="kpi = 'release_confidence'") == [
        newest(model, *figures)
    ]


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    """Pitfalls 15 and 20."""
    rows = [
        *failing(steady("t1", last="F"), "same"),
        *failing(steady("t2", last="F"), "same"),
        *steady("t3", last="FP"),
        *steady("t4", days=10, until_days_ago=20),
        *steady("t5", **MAC),
    ]
    expected = told(model, rows, TABLES)
    assert told_in_another_order(model, rows, TABLES) == expected
    assert told_before(model, rows, "F", TABLES) == expected


def test_nothing_is_known(model: Workbench) -> None:
    for table in TABLES:
        assert model.rows(table, "*") == []
