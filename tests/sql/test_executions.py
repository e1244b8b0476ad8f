"""Facts and dimensions: what stands in them, in which order of invocations, and what an infra storm is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.errors import DataError

NIGHT = datetime(2026, 3, 30, 1, tzinfo=UTC)


def runs(night: int, failing: int, count: int = 25, **more: object) -> list[Row]:
    """One invocation of `count` tests, the first `failing` of which failed."""
    return [
        {
            "execution_key": f"{more.get('branch', '')}{night}-{number}",
            "test_key": f"t{number}",
            "invocation_key": f"{more.get('branch', '')}night{night}",
            "triggered_at": NIGHT - timedelta(days=10 - night),
            "outcome": "failed" if number < failing else "passed",
            **more,
        }
        for number in range(count)
    ]


def storms(model: Workbench) -> list[object]:
    found = model.rows("fct_executions", "distinct invocation_key", where="is_infra_suspect")
    return [row[0] for row in found]


def test_nothing_given_gives_empty_tables(model: Workbench) -> None:
    for table in ("fct_executions", "fct_attempts", "fct_steps", "fct_state_changes", "quarantine"):
        assert model.rows(table, "*") == []
    for table in ("dim_tests", "dim_suites", "dim_items", "dim_variants", "dim_builds", "dim_people"):
        assert model.rows(table, "*") == []


def test_what_was_triggered_after_as_of_is_not_there(model: Workbench) -> None:
    late = AS_OF + timedelta(seconds=1)
    model.given("lake_executions", [{"execution_key": "a", "triggered_at": AS_OF}])
    model.given("lake_executions", [{"execution_key": "b", "triggered_at": late}])
    model.given("lake_executions", [{"execution_key": "c", "triggered_at": AS_OF + timedelta(days=1)}])
    for table in ("lake_attempts", "lake_steps", "lake_state_changes"):
        next_day = {"execution_key": "c", "triggered_date": AS_OF.date() + timedelta(days=1)}
        model.given(table, [{"execution_key": "a"}, {"execution_key": "b"}, next_day])
    for table in ("fct_executions", "fct_attempts", "fct_steps", "fct_state_changes"):
        assert model.rows(table, "execution_key") == [("a",)]


def test_a_state_change_after_as_of_is_not_there(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a"}])
    changes = [
        {"execution_key": "a", "to_status": "passed", "changed_at": AS_OF + timedelta(seconds=n)}
        for n in (0, 1)
    ]
    model.given("lake_state_changes", changes)
    assert model.rows("fct_state_changes", "changed_at") == [(AS_OF,)]


def test_position_counts_invocations_by_first_trigger_then_key(model: Workbench) -> None:
    model.given(
        "lake_executions",
        [
            {"execution_key": "1", "invocation_key": "z", "triggered_at": NIGHT},
            {"execution_key": "2", "invocation_key": "z", "triggered_at": NIGHT + timedelta(hours=5)},
            {"execution_key": "3", "invocation_key": "b", "triggered_at": NIGHT + timedelta(hours=1)},
            {"execution_key": "4", "invocation_key": "a", "triggered_at": NIGHT + timedelta(hours=1)},
            {"execution_key": "5", "invocation_key": "c", "suite_key": None, "triggered_at": NIGHT},
            {"execution_key": "6", "invocation_key": "d", "variant_key": "mac||", "triggered_at": NIGHT},
        ],
    )
    assert model.rows("fct_executions", "execution_key", "position") == [
        ("1", 1),
        ("2", 1),
        ("3", 3),
        ("4", 2),
        ("5", 1),
        ("6", 1),
    ]


def test_the_test_gives_name_owner_and_feature(model: Workbench) -> None:
    model.given(
        "lake_executions",
        [{"execution_key": "a", "test_key": "t1"}, {"execution_key": "b", "test_key": "t2"}],
    )
    model.given("lake_executions", [{"execution_key": "c", "test_key": None, "execution_type": "test_suite"}])
    model.given(
        "lake_tests",
        [
            {
                "test_key": "t1",
                "test_name": "One",
                "owner_key": "p1",
                "priority": "high",
                "item_keys": ["i1", "i2"],
            }
        ],
    )
    model.given(
        "lake_items", [{"item_key": "i1", "feature_key": "f"}, {"item_key": "i2", "feature_key": "f"}]
    )
    assert model.rows(
        "fct_executions", "execution_key", "test_name", "owner_key", "priority", "feature_key"
    ) == [
        ("a", "One", "p1", "high", "f"),
        ("b", "t2", None, None, None),
        ("c", None, None, None, None),
    ]


def test_a_test_of_two_features_has_none(model: Workbench) -> None:
    model.given("lake_tests", [{"test_key": "t1", "item_keys": ["i1", "i2", "i3"]}])
    model.given(
        "lake_items", [{"item_key": "i1", "feature_key": "f"}, {"item_key": "i2", "feature_key": "g"}]
    )
    assert model.rows("dim_tests", "test_key", "feature_key") == [("t1", None)]


def test_tests_and_suites_stay_whether_catalogued_or_only_executed(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a", "test_key": "gone", "suite_key": "old"}])
    model.given("lake_tests", [{"test_key": "idle", "test_name": "Idle", "status": "active"}])
    model.given("lake_suites", [{"suite_key": "new", "suite_name": "New"}])
    assert model.rows("dim_tests", "test_key", "name", "is_catalogued", "execution_count") == [
        ("gone", "gone", False, 1),
        ("idle", "Idle", True, 0),
    ]
    assert model.rows("dim_suites", "suite_key", "name", "is_catalogued", "execution_count") == [
        ("new", "New", True, 0),
        ("old", "old", False, 1),
    ]


def test_a_suite_that_executions_call_by_its_title_is_one_suite(model: Workbench) -> None:
    for key, called in (("a", "Checkout"), ("b", "twice"), ("c", "id-9"), ("d", "id-1")):
        model.given("lake_executions", [{"execution_key": key, "suite_key": called}])
    titles = {"id-1": "One", "id-2": "Checkout", "id-3": "twice", "id-4": "twice", "id-9": "One"}
    model.given("lake_suites", [{"suite_key": key, "suite_name": name} for key, name in titles.items()])
    assert model.rows("dim_suites", "suite_key", "suite_id", "name", "execution_count") == [
        ("Checkout", "id-2", "Checkout", 1),
        ("id-1", "id-1", "One", 1),
        ("id-3", "id-3", "twice", 0),
        ("id-4", "id-4", "twice", 0),
        ("id-9", "id-9", "One", 1),
        ("twice", None, "twice", 1),
    ]


def test_people_have_labels_and_words_keep_themselves(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a", "triggered_by_key": "ci"}])
    model.given("lake_executions", [{"execution_key": "b", "triggered_by_key": "c0ffee4f2a"}])
    model.given("lake_tests", [{"test_key": "t1", "owner_key": "owner9999"}])
    model.given("lake_users", [{"person_key": "c0ffee4f2a", "is_active": True}])
    assert model.rows("dim_people", "person_key", "name", "is_person") == [
        ("c0ffee4f2a", "person-4f2a", True),
        ("ci", "ci", False),
        ("owner9999", "person-9999", True),
    ]


def test_builds_name_commit_and_branch_only_where_there_is_one(model: Workbench) -> None:
    for key, build, commit in (
        ("a", "1", "x"),
        ("b", "1", "x"),
        ("c", "2", "x"),
        ("d", "2", "y"),
        ("e", None, "z"),
    ):
        model.given("lake_executions", [{"execution_key": key, "build_version": build, "commit_id": commit}])
    assert model.rows("dim_builds", "build_version", "commit_id", "branch", "commit_count") == [
        ("1", "x", "main", 1),
        ("2", None, "main", 2),
    ]


def test_variants_name_their_known_parts(model: Workbench) -> None:
    model.given(
        "lake_executions", [{"execution_key": "a", "browser": "firefox", "variant_key": "linux|firefox|"}]
    )
    model.given("lake_executions", [{"execution_key": "b", "environment": None, "variant_key": "||"}])
    assert model.rows("dim_variants", "variant_key", "name") == [
        ("linux|firefox|", "linux × firefox"),
        ("||", "(none)"),
    ]


@pytest.mark.parametrize(
    ("failing", "count", "expected"),
    [(21, 25, ["night2"]), (20, 25, []), (20, 20, ["night2"]), (19, 19, [])],
)
def test_a_storm_needs_twenty_tests_and_more_than_four_fifths(
    model: Workbench, failing: int, count: int, expected: list[str]
) -> None:
    model.given("lake_executions", runs(1, 0, count) + runs(2, failing, count))
    assert storms(model) == expected


def test_a_first_invocation_and_tests_that_always_fail_are_no_storm(model: Workbench) -> None:
    model.given("lake_executions", runs(1, 25) + runs(2, 25))
    assert storms(model) == []


def test_the_baseline_of_a_storm_is_the_protected_branch(model: Workbench) -> None:
    main = [*runs(1, 0), *runs(2, 0), *runs(5, 0)]
    model.given("lake_executions", [*main, *runs(3, 25, branch="topic"), *runs(4, 25, branch="topic")])
    assert storms(model) == ["topicnight3", "topicnight4"]


def test_protected_is_the_most_frequent_branch_of_suite_and_variant(model: Workbench) -> None:
    for number, branch in enumerate(["b", "b", "a", "c", None]):
        model.given("lake_executions", [{"execution_key": str(number), "branch": branch}])
    for number, branch in enumerate(["y", "x"], start=5):
        model.given("lake_executions", [{"execution_key": str(number), "branch": branch, "suite_key": None}])
    assert model.rows("fct_executions", "execution_key", where="is_protected_branch") == [
        ("0",),
        ("1",),
        ("6",),
    ]


def test_protected_branches_can_be_named(model: Workbench) -> None:
    parameters = replace(model.policy.parameters, protected_branches=["a"])
    model.policy = replace(model.policy, parameters=parameters)
    for number, branch in enumerate(["b", "b", "a", None]):
        model.given("lake_executions", [{"execution_key": str(number), "branch": branch}])
    assert model.rows("fct_executions", "execution_key", where="is_protected_branch") == [("2",)]


def test_a_key_twice_stops_the_build(model: Workbench) -> None:
    model.given("lake_executions", [{"execution_key": "a"}, {"execution_key": "a"}])
    with pytest.raises(
        DataError, match=r"fct_executions must have one row per execution_key, but 2 stand at .* = a"
    ):
        model.run("fct_executions")


def test_outcomes_are_ranked_worst_first(model: Workbench) -> None:
    ranked = model.rows("ref_outcomes", "worst_rank", "outcome", "is_failing")
    assert [row[1] for row in ranked][:4] == ["failed", "error", "timed_out", "passed"]
    assert [row[1] for row in ranked if row[2]] == ["failed", "error", "timed_out"]
