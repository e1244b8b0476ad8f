"""What of the catalogue ran lately, where, and what that leaves unseen (statistics.md 7.2)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench

COUNTS = ("test_count", "executed_count", "passing_count", "failing_count", "flaky_count")
UNEXECUTED = ("stale_count", "never_executed_count")
TABLES = ("ana_test_coverage", "met_coverage", "met_coverage_gaps")


def given_cases(model: Workbench, *names: str, **more: object) -> None:
    """Test cases of the catalogue."""
    model.given(
        "lake_tests", [{"test_key": name, "test_name": name, "status": "active", **more} for name in names]
    )


def ran(days_ago: int, test: str = "t1", letters: str = "P", **more: object) -> Row:
    """One run so many days ago, at the commit of that day."""
    return next(daily(letters, test=test, until_days_ago=days_ago, **more))


def commits(count: int) -> Iterator[Row]:
    """A test of the suite that runs at each of so many commits, one a day."""
    return daily("P" * count, test="watch")


def all_tests(model: Workbench, *columns: str) -> tuple[object, ...]:
    (found,) = model.rows("met_coverage", *columns, where="dimension = 'all'")
    return found


def state(model: Workbench, test: str = "t1", dimension: str = "all") -> list[object]:
    found = model.rows(
        "ana_test_coverage",
        "dimension_key",
        "coverage_state",
        where=f"test_key = '{test}' and dimension = '{dimension}'",
    )
    return [word for _, word in found]


def test_every_state_is_counted_once(model: Workbench) -> None:
    given_cases(model, "passing", "failing", "stale", "never", "watch")
    given_runs(model, *commits(20))
    given_runs(model, ran(0, "passing"), ran(0, "failing", "F"), ran(14, "stale"))
    assert all_tests(model, *COUNTS, *UNEXECUTED) == (5, 3, 2, 1, 0, 1, 1)
    assert all_tests(model, "executed_share", "passing_share", "lacks") == (0.6, 0.4, None)


def test_the_catalogue_says_which_tests_should_run(model: Workbench) -> None:
    given_cases(model, "t1")
    given_cases(model, "archived", is_archived=True)
    given_cases(model, "retired", status="deprecated")
    given_runs(model, ran(0), ran(0, "archived"), ran(0, "uncatalogued"))
    assert all_tests(model, "test_count", "executed_count") == (1, 1)


def test_without_a_catalogue_every_test_that_ran_should(model: Workbench) -> None:
    given_runs(model, ran(0), ran(0, "t2"))
    assert all_tests(model, "test_count", "lacks") == (2, "test cases")


@pytest.mark.parametrize(("days_ago", "expected"), [(13, "passing"), (14, "stale")])
def test_a_result_holds_for_fourteen_days(model: Workbench, days_ago: int, expected: str) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(days_ago))
    assert state(model) == [expected]


@pytest.mark.parametrize(("changes", "expected"), [(50, "passing"), (51, "stale")])
def test_a_result_holds_for_fifty_changes(model: Workbench, changes: int, expected: str) -> None:
    """Commits of its suite, within hours; one of another suite is none of its."""
    given_cases(model, "t1")
    at = AS_OF - timedelta(days=1)
    given_runs(model, ran(1) | {"triggered_at": at})
    for number in range(changes):
        later = {"triggered_at": at + timedelta(minutes=number + 1), "commit_id": f"x{number}"}
        own = {"execution_key": f"x{number}", "invocation_key": f"x{number}"}
        given_runs(model, ran(0, "watch") | later | own)
        given_runs(
            model,
            ran(0, "other", suite_key="s2")
            | later
            | {"execution_key": f"y{number}", "commit_id": f"y{number}"},
        )
    assert state(model) == [expected]


def test_an_old_commit_run_again_does_not_bring_a_result_up_to_date(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, *commits(60))
    given_runs(model, ran(59), ran(0) | {"commit_id": "c059"})
    assert model.rows("ana_latest_results", "change_count", where="test_key = 't1'") == [(59,)]
    assert state(model) == ["stale"]


def test_the_last_result_counts(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(2, letters="F"), ran(1))
    assert state(model) == ["passing"]


def test_skips_are_no_runs(model: Workbench) -> None:
    given_cases(model, "t1", "t2")
    given_runs(model, ran(1, letters="F"), ran(0, letters="S"), ran(0, "t2", "S"))
    assert state(model) == ["failing"]
    assert state(model, "t2") == ["never_executed"]


def test_one_failing_variant_fails_the_test_and_not_its_other_variants(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(0), ran(0, letters="F", variant_key="mac||", environment="mac"))
    assert state(model) == ["failing"]
    assert state(model, dimension="environment") == ["passing", "failing"]


def test_a_failure_long_ago_in_another_variant_says_nothing(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(0), ran(20, letters="F", variant_key="mac||", environment="mac"))
    assert state(model) == ["passing"]
    assert state(model, dimension="environment") == ["passing", "stale"]


def test_a_test_is_expected_where_its_suite_is_run(model: Workbench) -> None:
    given_cases(model, "t1", "t2")
    mac = {"variant_key": "mac||", "environment": "mac"}
    given_runs(model, ran(0), ran(0, "t2", suite_key="s2"), ran(0, "watch", **mac))
    found = model.rows(
        "met_coverage", "dimension_key", "test_count", *UNEXECUTED, where="dimension = 'environment'"
    )
    assert found == [("linux", 2, 0, 0), ("mac", 1, 0, 1)]


def test_an_environment_that_is_no_longer_run_is_not_expected(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(0), ran(28, variant_key="mac||", environment="mac"))
    assert model.rows("met_coverage", "dimension_key", where="dimension = 'environment'") == [("linux",)]


def test_a_branch_says_nothing_of_the_product(model: Workbench) -> None:
    """Not even where its commit was run on the main one too."""
    given_cases(model, "t1")
    on_branch = {"branch": "feature", "invocation_key": "pull request"}
    given_runs(model, ran(1), ran(0, "watch"), ran(0, letters="F", **on_branch))
    assert state(model) == ["passing"]


def test_storms_say_nothing_of_the_product(model: Workbench) -> None:
    given_cases(model, "t1", *(f"s{number}" for number in range(25)))
    given_runs(model, ran(1))
    for number in range(25):
        given_runs(model, ran(1, f"s{number}"), ran(0, f"s{number}", "F"))
    assert all_tests(model, "executed_count", "failing_count") == (26, 0)


def test_dimensions_of_a_test(model: Workbench) -> None:
    given_cases(
        model,
        "t1",
        tags=["smoke", "slow"],
        priority="high",
        owner_key="p1",
        test_type="bdd",
        item_keys=["i1"],
    )
    model.given("lake_items", [{"item_key": "i1", "feature_key": "checkout"}])
    given_runs(model, ran(0, project="shop"))
    found = model.rows(
        "met_coverage", "dimension", "dimension_key", "test_count", where="dimension not in ('variant')"
    )
    assert found == [
        ("all", "all", 1),
        ("environment", "linux", 1),
        ("feature", "checkout", 1),
        ("owner", "p1", 1),
        ("priority", "high", 1),
        ("project", "shop", 1),
        ("suite", "s1", 1),
        ("tag", "slow", 1),
        ("tag", "smoke", 1),
        ("test_type", "bdd", 1),
    ]


def test_a_suite_lists_tests_that_never_ran(model: Workbench) -> None:
    given_cases(model, "t1", item_keys=["i1"])
    model.given("lake_suites", [{"suite_key": "s9", "suite_name": "s9", "item_keys": ["i1", "i2"]}])
    columns = ("test_count", "executed_count", "executed_share", "never_executed_count")
    assert model.rows("met_coverage", *columns, where="dimension_key = 's9'") == [(1, 0, 0, 1)]


def test_a_feature_without_tests_is_shown(model: Workbench) -> None:
    given_cases(model, "t1")
    model.given("lake_items", [{"item_key": "i1", "feature_key": "checkout"}])
    columns = ("dimension_key", "test_count", "executed_share", "lacks")
    assert model.rows("met_coverage", *columns, where="dimension = 'feature'") == [
        ("(none)", 1, 0, "feature of tests"),
        ("checkout", 0, None, "test cases of the feature"),
    ]


def test_nothing_is_known(model: Workbench) -> None:
    for table in (*TABLES, "met_coverage_pairs"):
        assert model.rows(table, "*") == []


def test_pairs_of_values(model: Workbench) -> None:
    """Chrome on both platforms lately, Firefox on one, long ago: two of four pairs."""
    for number, (browser, platform, days_ago) in enumerate(
        [("c", "mac", 0), ("c", "win", 0), ("f", "mac", 20)]
    ):
        place: dict[str, Any] = {
            "browser": browser,
            "platform": platform,
            "variant_key": f"|{browser}|{platform}",
            "environment": None,
        }
        given_runs(model, ran(days_ago, f"t{number}", **place))
    columns = ("first_factor", "second_factor", "feasible_count", "seen_count", "covered_count", "pair_share")
    assert model.rows("met_coverage_pairs", *columns, "uncovered_pairs") == [
        ("browser", "platform", 4, 3, 2, 0.5, ["f × mac", "f × win"])
    ]


def test_gaps_are_ranked_by_what_they_let_through(model: Workbench) -> None:
    """Both suites leave one of two tests unexecuted for 20 changes; breaks were seen in the second alone."""
    given_cases(model, "a1", "a2", "b1", "b2")
    given_runs(
        model,
        *daily("P" * 40, test="a1", suite_key="a"),
        *daily("P" * 20, test="a2", suite_key="a", until_days_ago=20),
    )
    given_runs(model, *daily("P" * 20 + "F" * 10 + "P" * 10, test="b1", suite_key="b"))
    given_runs(model, *daily("P" * 20, test="b2", suite_key="b", until_days_ago=20))
    columns = (
        "component_key",
        "test_count",
        "unexecuted_count",
        "change_count",
        "break_count",
        "gap_rank",
        "prior",
    )
    assert model.rows("met_coverage_gaps", *columns) == [
        ("a", 2, 1, 40, 0, 2, "jeffreys"),
        ("b", 2, 1, 40, 1, 1, "jeffreys"),
    ]
    expected = ("mean_change_count", "break_rate", "expected_undetected_breaks", "unexecuted_test_keys")
    assert model.rows("met_coverage_gaps", *expected, where="component_key = 'b'") == [
        (20, pytest.approx(1.5 / 41), pytest.approx(1.5 / 41 * 20 * 0.5), ["b2"])
    ]


def test_what_never_ran_missed_every_change(model: Workbench) -> None:
    given_cases(model, "t1", "t2", item_keys=["i1"])
    model.given("lake_suites", [{"suite_key": "s1", "suite_name": "s1", "item_keys": ["i1"]}])
    given_runs(model, *daily("P" * 30))
    found = model.rows("met_coverage_gaps", "unexecuted_count", "never_executed_count", "mean_change_count")
    assert found == [(1, 1, 30)]


def test_tests_that_broke_together_are_one_break(model: Workbench) -> None:
    given_cases(model, "t1", "t2", "gone")
    for test in ("t1", "t2"):
        given_runs(model, *daily("P" * 20 + "F" * 10 + "P" * 10, test=test))
    given_runs(model, ran(39, "gone"))
    assert model.rows("met_coverage_gaps", "break_count") == [(1,)]


def test_priority_settles_ties(model: Workbench) -> None:
    given_cases(model, "t1", priority="low")
    given_cases(model, "t2", priority="high")
    given_runs(model, ran(39, "t1", suite_key="a"), ran(39, "t2", suite_key="b"))
    found = model.rows("met_coverage_gaps", "component_key", "gap_rank", "top_priority")
    assert found == [("a", 2, "low"), ("b", 1, "high")]


def test_a_suite_without_a_gap_has_no_row(model: Workbench) -> None:
    given_cases(model, "t1")
    given_runs(model, ran(0))
    assert model.rows("met_coverage_gaps", "component_key") == []


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    rows = [
        *commits(30),
        ran(0, "t1", "F"),
        ran(20, "t2"),
        ran(3, "t3", variant_key="mac||", environment="mac"),
    ]
    expected = told(model, rows, TABLES)
    assert told_in_another_order(model, rows, TABLES) == expected
    assert told_before(model, rows, "F", TABLES) == expected


def test_a_test_that_need_not_run_covers_no_pair(model: Workbench) -> None:
    given_cases(model, "t1")
    given_cases(model, "archived", is_archived=True)
    place = {"environment": "e", "browser": "b"}
    given_runs(model, ran(40, **place), ran(0, "archived", **place))
    assert model.rows("met_coverage_pairs", "seen_count", "covered_count") == [(1, 0)]
