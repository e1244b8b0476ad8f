"""Failure clusters: which executions count, what is one cluster, what it did (statistics.md 5.2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.transform.fingerprints import fingerprint
from tests.sql.runs import daily, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench

TABLES = (
    "ana_failure_clusters",
    "ana_clustered_failures",
    "ana_blocked_pipelines",
    "ana_failure_traces",
    "ana_failure_impacts",
    "met_failure_cluster_members",
    "met_failure_clusters",
)
LATE = "the answer of the service came too late for step 17 of the order that was sent to the shop by"
FULL = "no space left on the disk"
WEEK = timedelta(days=7)
COUNTS = ("test_count", "execution_count", "invocation_count", "commit_count", "build_count")


def failed(key: str, message: str | None = FULL, days_ago: float = 10, **more: Any) -> Row:
    """An execution that failed with the message, so many days before as_of."""
    kind = more.get("error_type")
    row: Row = {
        "execution_key": key,
        "triggered_at": AS_OF - timedelta(days=days_ago, hours=1),
        "status": "failed",
        "outcome": "failed",
        "first_outcome": "failed",
        "error_message": message,
        "fingerprint": fingerprint(message, str(kind) if kind else None).key if message else None,
        "step_count": 3,
    }
    return row | more


def given(model: Workbench, *rows: Row) -> None:
    model.given("lake_executions", rows)


def key_of(message: str, error_type: str | None = None) -> str:
    return fingerprint(message, error_type).key


def members(model: Workbench) -> dict[str, set[str]]:
    """Cluster keys, each with the executions of its cluster."""
    found: dict[str, set[str]] = {}
    for cluster, execution in model.rows("ana_clustered_failures", "cluster_key", "execution_key"):
        found.setdefault(str(cluster), set()).add(str(execution))
    return found


def of(model: Workbench, message: str, *columns: str) -> tuple[object, ...]:
    """What is said of the cluster that this message founded."""
    (found,) = model.rows("met_failure_clusters", *columns, where=f"cluster_key = '{key_of(message)}'")
    return found


def groups(model: Workbench) -> list[set[str]]:
    return sorted(members(model).values(), key=sorted)


def test_equal_masked_messages_are_one_cluster(model: Workbench) -> None:
    given(model, failed("e1", "waited 30 ms"), failed("e2", "waited 77 ms"), failed("e3", FULL))
    assert members(model) == {key_of("waited 30 ms"): {"e1", "e2"}, key_of(FULL): {"e3"}}
    columns = ("masked_text", "sample_message", "execution_count", "fingerprint_count", "fingerprint_version")
    assert model.rows("met_failure_clusters", *columns, "merge_version") == [
        (FULL, FULL, 1, 1, "fp-v1", "tfidf-v1"),
        ("waited <N> ms", "waited 77 ms", 2, 1, "fp-v1", "tfidf-v1"),
    ]


def test_near_duplicates_are_merged_into_the_first_seen(model: Workbench) -> None:
    given(model, failed("e1", f"{LATE} berta", 9), failed("e2", f"{LATE} anna", 10), failed("e3", FULL))
    founder = key_of(f"{LATE} anna")
    assert members(model) == {founder: {"e1", "e2"}, key_of(FULL): {"e3"}}
    columns = ("cluster_key", "masked_text", "fingerprint_count", "execution_count", "sample_message")
    assert model.rows("met_failure_clusters", *columns, where="fingerprint_count > 1") == [
        (founder, f"{LATE} anna".replace("17", "<N>"), 2, 2, f"{LATE} berta")
    ]
    columns = ("sample_execution_key", "is_founder", "similarity > 0.85", "similarity < 1", "week_start_date")
    assert model.rows("met_failure_cluster_members", *columns, where=f"cluster_key = '{founder}'") == [
        ("e1", False, True, True, date(2026, 3, 16)),
        ("e2", True, True, True, date(2026, 3, 16)),
    ]


def test_messages_that_share_half_of_their_words_stay_apart(model: Workbench) -> None:
    given(
        model,
        failed("e1", f"{LATE} anna"),
        failed("e2", f"{LATE} the nightly import of all prices and stock"),
    )
    assert groups(model) == [{"e1"}, {"e2"}]


def test_the_week_of_as_of_is_not_merged_yet(model: Workbench) -> None:
    rows = [failed("e1", f"{LATE} anna"), failed("e2", f"{LATE} berta", days_ago=1)]
    given(model, *rows)
    assert groups(model) == [{"e1"}, {"e2"}]
    assert model.rows("met_failure_cluster_members", "is_week_over", "similarity") == [
        (False, None),
        (True, None),
    ]
    later = model.another()
    later.as_of = AS_OF + WEEK
    given(later, *rows)
    assert groups(later) == [{"e1", "e2"}]


@pytest.mark.parametrize(("hour", "week"), [(3, date(2026, 3, 16)), (5, date(2026, 3, 23))])
def test_a_week_begins_on_monday_in_the_project_s_zone(model: Workbench, hour: int, week: date) -> None:
    """03:59 UTC of a Monday in March is Sunday evening in New York."""
    model.policy = replace(model.policy, time_zone="America/New_York")
    monday = AS_OF.replace(day=23, hour=hour, minute=59 if hour == 3 else 0)
    given(model, failed("e1", triggered_at=monday))
    assert model.rows("ana_failure_clusters", "week_start_date") == [(week,)]


def test_other_steps_and_projects_do_not_merge(model: Workbench) -> None:
    given(
        model,
        failed("e1", f"{LATE} anna", failing_step_name="pay"),
        failed("e2", f"{LATE} berta", failing_step_name="log in"),
        failed("e3", f"{LATE} anna", failing_step_name="pay", project="other"),
        failed("e4", f"{LATE} clara", failing_step_name="pay"),
        failed("e5", f"{LATE} clara"),
    )
    columns = ("project", "failing_step_name", "execution_count", "cluster_key")
    anna, berta, clara = (key_of(f"{LATE} {name}") for name in ("anna", "berta", "clara"))
    founder = min(f"{anna} pay", f"{clara} pay")
    assert model.rows("met_failure_clusters", *columns) == [
        ("default", "", 1, clara),
        ("default", "log in", 1, f"{berta} log in"),
        ("default", "pay", 2, founder),
        ("other", "pay", 1, f"{anna} pay"),
    ]


def test_the_only_step_is_the_test_and_no_failing_step(model: Workbench) -> None:
    """Pitfall 18: fifty tests of one step each, one cause."""
    given(
        model,
        *(
            failed(f"e{number}", test_key=f"t{number}", failing_step_name=f"test {number}", step_count=1)
            for number in range(50)
        ),
    )
    assert model.rows("met_failure_clusters", "failing_step_name", "test_count") == [("", 50)]


def test_without_a_message_the_error_type_stands_alone(model: Workbench) -> None:
    given(
        model,
        failed("e1", None),
        failed("e2", None, error_type="Timeout"),
        failed("e3", None, error_type="Timeout", failing_step_name="pay"),
        failed("e4", None, error_type="Timeout"),
    )
    columns = (
        "masked_text",
        "failing_step_name",
        "execution_count",
        "sample_message",
        "error_type",
        "has_message",
    )
    assert model.rows("met_failure_clusters", *columns) == [
        ("(no message)", "", 1, None, None, False),
        ("Timeout: (no message)", "", 2, None, "Timeout", False),
        ("Timeout: (no message)", "pay", 1, None, "Timeout", False),
    ]
    assert model.rows("ana_failure_clusters", "fingerprint", where="failing_step_name = 'pay'") == [
        (key_of("Timeout: (no message)"),)
    ]


def test_without_a_message_nothing_is_merged(model: Workbench) -> None:
    """Two error types, however like each other, are two."""
    given(model, *(failed(name, None, error_type=f"{LATE} {name}") for name in ("anna", "berta")))
    assert groups(model) == [{"anna"}, {"berta"}]


@pytest.mark.parametrize(
    "more",
    [
        {"outcome": "passed", "first_outcome": "failed"},
        {"outcome": "skipped", "first_outcome": "skipped"},
        {"execution_type": "test_suite"},
        {"completed_at": AS_OF + timedelta(minutes=1)},
    ],
)
def test_what_does_not_count(model: Workbench, more: dict[str, Any]) -> None:
    """What passed in the end, what was skipped, suite runs, and what was known after as_of only."""
    given(model, failed("e1", **more), failed("e2"), failed("e3", "another one", **more))
    assert model.rows("ana_clustered_failures", "execution_key") == [("e2",)]
    assert model.rows("ana_failure_clusters", "masked_text") == [(FULL,)]


@pytest.mark.parametrize("outcome", ["failed", "error", "timed_out"])
def test_every_failing_outcome_counts_on_any_branch(model: Workbench, outcome: str) -> None:
    given(model, failed("e1", outcome=outcome), failed("e2", branch="pr-7"))
    assert groups(model) == [{"e1", "e2"}]


def test_impact(model: Workbench) -> None:
    """Two tests, one of them in two variants; two commits and builds; two invocations."""
    given(
        model,
        failed("e1", test_key="t1", commit_id="c1", build_version="1", invocation_key="i1", suite_key="s2"),
        failed("e2", days_ago=9, test_key="t1", variant_key="mac||", commit_id="c2", build_version="2"),
        failed("e3", days_ago=8, test_key="t2", commit_id="c2", build_version=None, suite_key=None),
        failed("e4", days_ago=8.5, test_key="t2", invocation_key="i2"),
    )
    given(model, failed("e5", "of another kind"))
    assert of(model, FULL, *COUNTS) == (3, 4, 2, 2, 2)
    columns = ("first_build_version", "last_build_version", "suite_keys", "sample_execution_key", "lacks")
    assert of(model, FULL, *columns) == ("1", "2", ["(none)", "s1", "s2"], "e3", "pipeline of an execution")
    seen = tuple(AS_OF - timedelta(days=days, hours=1) for days in (10, 8))
    assert of(model, FULL, "first_seen_at", "last_seen_at") == seen


def test_blocked_pipelines_and_sole_causes(model: Workbench) -> None:
    """Pipeline p1 has both causes, p2 and the invocation without a pipeline one each."""
    given(
        model,
        failed("e1", pipeline_id="p1", invocation_key="i1"),
        failed("e2", "other cause", pipeline_id="p1", invocation_key="i2"),
        failed("e3", pipeline_id="p2", invocation_key="i3"),
        failed("e4", pipeline_id="p2", invocation_key="i4"),
        failed("e5", "other cause", invocation_key="p2"),
    )
    columns = ("masked_text", "blocked_pipeline_count", "sole_cause_count", "execution_count")
    assert model.rows("met_failure_clusters", *columns) == [
        (FULL, 2, 1, 3),
        ("other cause", 2, 1, 2),
    ]
    blocked = ("pipeline_key", "execution_count", "is_sole_cause")
    assert model.rows("ana_blocked_pipelines", *blocked, where=f"cluster_key = '{key_of(FULL)}'") == [
        ("pipeline p1", 1, False),
        ("pipeline p2", 2, True),
    ]


def test_pipelines_of_one_name_in_two_projects_are_two(model: Workbench) -> None:
    given(
        model, failed("e1", pipeline_id="p1"), failed("e2", "other cause", pipeline_id="p1", project="other")
    )
    assert model.rows("met_failure_clusters", "sole_cause_count") == [(1,), (1,)]


def test_rank_is_by_blocked_pipelines_then_executions(model: Workbench) -> None:
    given(
        model,
        *(failed(f"a{number}", "often in one pipeline", pipeline_id="p1") for number in range(5)),
        *(failed(f"b{number}", "in two pipelines", pipeline_id=f"p{number}") for number in range(2)),
        failed("c", "once", pipeline_id="p3"),
        failed("d", "once", pipeline_id="p3", project="other"),
    )
    assert model.rows("met_failure_clusters", "project", "cluster_rank", "masked_text") == [
        ("default", 1, "in two pipelines"),
        ("default", 2, "often in one pipeline"),
        ("default", 3, "once"),
        ("other", 1, "once"),
    ]


def test_the_night_of_as_of(model: Workbench) -> None:
    given(
        model,
        failed("e1", pipeline_id="p1", suite_key="s1"),
        failed("e2", days_ago=0, test_key="t2", pipeline_id="p2", suite_key="s2"),
        failed("e3", "new one", days_ago=0, pipeline_id="p2", commit_id="c1"),
        failed("e4", "old one", days_ago=3),
    )
    columns = (
        *("masked_text", "is_new", "execution_count", "recent_execution_count", "recent_test_count"),
        *(
            "recent_blocked_pipeline_count",
            "recent_sole_cause_count",
            "recent_suite_keys",
            "recent_commit_count",
        ),
    )
    assert model.rows("met_failure_clusters", *columns) == [
        ("new one", True, 1, 1, 1, 1, 0, ["s1"], 1),
        (FULL, False, 2, 1, 1, 1, 0, ["s2"], None),
        ("old one", False, 1, 0, 0, 0, 0, [], 0),
    ]


def storm(message: str) -> Iterable[Row]:
    """25 tests that passed yesterday and all fail today, in one invocation."""
    for number in range(25):
        test: dict[str, Any] = {"test_key": f"t{number}", "suite_key": "s1"}
        yield test | {
            "execution_key": f"p{number}",
            "triggered_at": AS_OF - timedelta(days=11),
            "invocation_key": "before",
        }
        yield failed(f"s{number}", message, invocation_key="storm", **test)


def test_storms_are_counted_apart(model: Workbench) -> None:
    """They are no impact, but what failed in their pipeline was not the sole cause."""
    given(model, *storm("network is down"), failed("e1", days_ago=9, invocation_key="storm", project="other"))
    given(model, failed("e2", "network is down", days_ago=9, test_key="t1", invocation_key="i9"))
    columns = (
        *COUNTS[:3],
        "storm_execution_count",
        "blocked_pipeline_count",
        "sole_cause_count",
        "sample_execution_key",
    )
    assert model.rows("met_failure_clusters", *columns, where="project = 'default'") == [
        (1, 1, 1, 25, 1, 1, "e2")
    ]
    counts = ("test_count", "execution_count", "storm_execution_count")
    assert model.rows("met_failure_cluster_members", *counts, where="project = 'default'") == [(1, 1, 25)]


def test_a_cluster_of_a_storm_alone_is_shown(model: Workbench) -> None:
    given(model, *storm("network is down"))
    columns = ("execution_count", "storm_execution_count", "blocked_pipeline_count", "commit_count", "is_new")
    assert model.rows("met_failure_clusters", *columns) == [(0, 25, 0, None, False)]


def step(execution: str, number: int, trace: str | None, **more: object) -> Row:
    row: Row = {
        "execution_key": execution,
        "step_number": number,
        "step_name": "pay",
        "outcome": "failed",
        "trace_fingerprint": trace,
        "triggered_date": AS_OF.date() - timedelta(days=10),
    }
    return row | more


def test_the_most_frequent_trace_of_the_failing_step(model: Workbench) -> None:
    given(model, *(failed(f"e{number}", failing_step_name="pay") for number in range(4)))
    model.given(
        "lake_steps",
        [
            step("e0", 1, "aa"),
            step("e1", 1, "mm"),
            step("e1", 2, "aa", outcome="passed"),
            step("e2", 1, "mm"),
            step("e2", 2, "aa", step_name="clean up"),
            step("e3", 1, "aa", outcome="passed"),
            step("e3", 2, None),
        ],
    )
    columns = ("trace_fingerprint", "trace_execution_count", "trace_fingerprint_count")
    assert model.rows("met_failure_clusters", *columns) == [("mm", 2, 2)]


def test_equally_frequent_traces_give_the_smallest_and_none_gives_null(model: Workbench) -> None:
    given(model, failed("e0", step_count=1, failing_step_name="x"), failed("e1"), failed("e2", "other"))
    model.given("lake_steps", [step("e0", 1, "zz"), step("e1", 1, "aa"), step("e2", 1, None)])
    assert model.rows("met_failure_clusters", "masked_text", "trace_fingerprint") == [
        (FULL, "aa"),
        ("other", None),
    ]


def test_names_that_the_source_lacks_are_told(model: Workbench) -> None:
    given(model, failed("e1"))
    given(model, failed("e2", "all there", commit_id="c", build_version="b", pipeline_id="p"))
    columns = ("masked_text", "commit_count", "build_count", "lacks")
    assert model.rows("met_failure_clusters", *columns) == [
        ("all there", 1, 1, None),
        (FULL, None, None, "commit of an execution, build of an execution, pipeline of an execution"),
    ]


def names(count: int) -> list[Row]:
    """A hundred messages with names over ten weeks, in two steps."""
    return [
        failed(
            f"e{number:03}",
            f"{LATE} {['anna', 'berta', 'clara', 'dora'][number % 4]}{number % 13 * 'x'}",
            days_ago=(number * 7919) % 70,
            failing_step_name=("pay", "log in")[number % 2],
        )
        for number in range(count)
    ]


def test_ids_are_the_same_night_after_night(model: Workbench) -> None:
    """What a night said of a week that was over, every later night says again."""
    rows = names(100)
    given(model, *rows)
    columns = ("fingerprint", "failing_step_name", "cluster_key", "similarity")
    last = model.rows("ana_failure_clusters", *columns, where="is_week_over")
    assert len({row[2] for row in last}) < len(last) / 3
    counts = set()
    for days in range(0, 70, 9):
        earlier = model.another()
        earlier.as_of = AS_OF - timedelta(days=days)
        given(
            earlier,
            *(row for row in rows if isinstance(at := row["triggered_at"], datetime) and at <= earlier.as_of),
        )
        found = earlier.rows("ana_failure_clusters", *columns, where="is_week_over")
        assert set(found) <= set(last)
        counts.add(len(found))
    assert len(counts) > 3


def failing_days() -> list[Row]:
    """Two failing tests with two messages, one of them fails with both."""
    return [
        row | {"error_message": message, "fingerprint": key_of(message), "pipeline_id": row["invocation_key"]}
        for test, message in (("t1", FULL), ("t2", f"{LATE} anna"), ("t3", f"{LATE} berta"))
        for row in daily("FPFFSFPPFFPPFFF", test, suite_key=f"suite of {test}")
    ]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    """Pitfall 15."""
    assert told(model, failing_days(), TABLES) == told_before(model, failing_days(), "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    """Pitfall 20."""
    rows = failing_days()
    assert told(model, rows, TABLES) == told_in_another_order(model, rows, TABLES)


def test_another_project_changes_nothing(model: Workbench) -> None:
    """Pitfall 20: weights of words are those of the project."""
    columns = ("fingerprint", "cluster_key", "similarity")
    given(model, *names(40))
    alone = model.rows("ana_failure_clusters", *columns)
    beside = model.another()
    given(
        beside,
        *names(40),
        *(failed(f"o{n}", f"{LATE} z{n}", 80, project="other", failing_step_name="pay") for n in range(30)),
    )
    assert beside.rows("ana_failure_clusters", *columns, where="project = 'default'") == alone


def test_nothing_failed(model: Workbench) -> None:
    given(model, {"execution_key": "e1"})
    assert [model.rows(name, "project") for name in TABLES] == [[]] * len(TABLES)
