"""Tests that fail or break together: given runs, which pairs and groups are told (statistics.md 5.3, 9)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.sql.runs import again, daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench

PAIRS, GROUPS, SUMMARY = "met_co_failures", "met_co_failure_groups", "met_co_failure_summary"
TABLES = ("ana_co_failures", "ana_co_failure_members", "ana_co_failure_runs", PAIRS, GROUPS, SUMMARY)
COUNTS = ("common_count", "failed_count", "other_failed_count", "both_failed_count")
NAMES = ("test_key", "other_test_key")
FLAKE, BREAK = "cause_kind = 'shared_flake'", "cause_kind = 'shared_break'"
TOGETHER = (3, 17, 31, 44, 58)


def failing(test: str, days: Sequence[int], of: int = 60, fails: str = "FP", **more: Any) -> Iterator[Row]:
    """One run a day, of which those of these days fail first."""
    return daily([fails if day in days else "P" for day in range(of)], test=test, **more)


def given_trio(model: Workbench) -> None:
    """t1 and t2 fail together, t3 as often on days of its own."""
    given_runs(model, *failing("t1", TOGETHER), *failing("t2", TOGETHER), *failing("t3", (1, 9, 22, 35, 50)))


def summary(model: Workbench, where: str = FLAKE) -> tuple[object, ...]:
    (found,) = model.rows(SUMMARY, "verdict", "tested_pair_count", "found_pair_count", where=where)
    return found


def test_a_pair_that_fails_together(model: Workbench) -> None:
    given_trio(model)
    assert model.rows(PAIRS, *NAMES, "verdict", "method", *COUNTS) == [
        ("t1", "t2", "yes", "hypergeometric+benjamini_hochberg", 60, 5, 5, 5)
    ]
    ((jaccard, low, high, lift, phi, p, q),) = model.rows(
        PAIRS, "jaccard", "jaccard_low", "jaccard_high", "lift", "phi", "p", "q"
    )
    assert (jaccard, lift, phi, high) == (1.0, 12.0, pytest.approx(1.0), 1.0)
    assert float(str(low)) == pytest.approx(1 / (1 + 1.959963984540054**2 / 5))
    assert p == pytest.approx(1 / 5_461_512)  # 60 over 5
    assert q == pytest.approx(3 / 5_461_512)
    assert summary(model) == ("yes", 3, 1)


def test_the_family_is_of_all_pairs_that_failed_often_enough(model: Workbench) -> None:
    """Four tests make six pairs, whatever they have in common; a fifth fails too seldom."""
    given_trio(model)
    given_runs(model, *failing("t4", (2, 20, 40)), *failing("t5", (2, 20)))
    assert summary(model) == ("yes", 6, 1)


def test_two_common_failures_are_no_pair(model: Workbench) -> None:
    given_runs(model, *failing("t1", (1, 2, 30)), *failing("t2", (1, 2, 50)))
    assert (model.rows(PAIRS, *NAMES), summary(model)) == ([], ("no", 1, 0))


def test_a_retry_or_a_second_run_is_no_further_unit(model: Workbench) -> None:
    """Pitfall 4: three attempts are one failure, and so are two runs in one invocation."""
    for test in ("t1", "t2"):
        rows = list(failing(test, TOGETHER, fails="FFP"))
        given_runs(model, *rows, *(again(row, 2) for row in rows))
    assert model.rows(PAIRS, *COUNTS) == [(60, 5, 5, 5)]


def test_only_invocations_in_which_both_ran_count(model: Workbench) -> None:
    given_runs(model, *failing("t1", TOGETHER), *list(failing("t2", TOGETHER))[10:])
    assert model.rows(PAIRS, *COUNTS) == [(50, 4, 4, 4)]


def test_a_storm_makes_no_pair(model: Workbench) -> None:
    """Pitfall 8: all 25 tests fail together on five days, and on no other."""
    rows = [row for n in range(25) for row in failing(f"t{n:02}", TOGETHER, fails="F")]
    given_runs(model, *rows)
    assert summary(model) == ("insufficient", 0, 0)
    assert model.rows(SUMMARY, "storm_count", where=FLAKE) == [(5,)]
    calm = model.another()
    calm.policy = replace(calm.policy, parameters=replace(calm.policy.parameters, storm_test_minimum=100))
    given_runs(calm, *rows)
    assert summary(calm) == ("yes", 300, 300)


def test_tests_broken_at_the_same_time_share_no_flake(model: Workbench) -> None:
    """Pitfall 9: broken together for ten days, which is told as what it is, and proves nothing."""
    for test in ("t1", "t2"):
        given_runs(model, *failing(test, (*range(30, 40), 50), fails="F"))
    assert summary(model) == ("insufficient", 0, 0)
    columns = (
        "verdict",
        "reason",
        "both_failed_count",
        "p",
        "lift",
        "method",
        "overlap_until_at::date::text",
    )
    assert model.rows(PAIRS, *columns, where=BREAK) == [
        (
            "insufficient",
            "too few breaks of each to tell it from chance",
            *(1, None, None, "insufficient", "2026-03-02"),
        )
    ]
    assert summary(model, BREAK) == ("insufficient", 0, 0)
    assert model.rows(GROUPS, "group_key") == []


def given_breaks(model: Workbench, **first_days: Sequence[int]) -> None:
    for test, days in first_days.items():
        given_runs(model, *failing(test, [day + n for day in days for n in range(12)], of=160, fails="F"))


def test_three_common_breaks_are_told(model: Workbench) -> None:
    """t1 and t2 break at the same commits, t3 as often at others."""
    given_breaks(model, t1=(25, 75, 125), t2=(25, 75, 125), t3=(45, 95, 143))
    found = model.rows(PAIRS, *NAMES, "verdict", *COUNTS[1:], where=BREAK)
    assert found == [("t1", "t2", "yes", 3, 3, 3)]
    ((slots, p, q),) = model.rows(PAIRS, "common_count", "p", "q", where=BREAK)
    ((width,),) = model.rows(
        "ana_segments",
        "max(cut_high_position - cut_low_position + 1)",
        where="is_broken and test_key in ('t1', 't2')",
    )
    assert slots == 160 // (2 * int(str(width)) - 1)
    assert q == pytest.approx(3 * float(str(p)))
    assert summary(model, BREAK) == ("yes", 3, 1)
    assert model.rows(GROUPS, "cause_kind", "test_keys", "common_invocation_count") == [
        ("shared_break", ["t1", "t2"], 24)  # those of the last 90 days
    ]


def test_one_of_three_breaks_in_common_may_be_chance(model: Workbench) -> None:
    given_breaks(model, t1=(25, 75, 125), t2=(25, 95, 143))
    assert model.rows(PAIRS, "verdict", "both_failed_count", "p is null", where=BREAK) == [("no", 1, False)]
    assert summary(model, BREAK) == ("no", 1, 0)


def test_other_branches_older_days_and_suite_runs_are_left_out(model: Workbench) -> None:
    for test in ("t1", "t2"):
        given_runs(
            model,
            *failing(test, (), of=60),
            *failing(test, TOGETHER, branch="pr-1", invocation_key="pr{day}", fails="F"),
            *failing(test, TOGETHER, until_days_ago=91),
        )
        suites = [row | {"execution_type": "test_suite"} for row in failing(test, TOGETHER)]
        given_runs(model, *({**row, "execution_key": f"{row['execution_key']}-suite"} for row in suites))
    assert summary(model) == ("insufficient", 0, 0)


def test_groups(model: Workbench) -> None:
    """t1, t2 and t4 fail together, t4 once more alone; t3 has nothing to do with them."""
    given_trio(model)
    given_runs(model, *failing("t4", (*TOGETHER, 40)))
    columns = ("group_key", "test_keys", "test_count", "common_invocation_count", "common_failure_count")
    assert model.rows(GROUPS, *columns) == [("shared_flake:t1|linux||", ["t1", "t2", "t4"], 3, 5, 15)]
    assert model.rows(GROUPS, "first_common_at", "last_common_at") == [
        (AS_OF - timedelta(days=56, hours=11), AS_OF - timedelta(days=1, hours=11))
    ]


def test_a_group_s_failures_are_those_in_good_segments(model: Workbench) -> None:
    """Both are broken for fifteen days besides."""
    for test in ("t1", "t2"):
        days = ["FP" if day in TOGETHER else "F" if 62 <= day < 77 else "P" for day in range(90)]
        given_runs(model, *daily(days, test=test))
    assert model.rows(GROUPS, "common_invocation_count", "common_failure_count") == [(5, 10)]
    assert model.rows(PAIRS, *COUNTS, where=FLAKE) == [(75, 5, 5, 5)]


@pytest.mark.parametrize(("others", "expected"), [(3, "gateway"), (4, None)])
def test_a_fingerprint_is_theirs_where_four_in_five_share_it(
    model: Workbench, others: int, expected: str | None
) -> None:
    """Of 15 failures together; a fourth test's own failures are not among them."""
    rows = [row for test in ("t1", "t2", "t4") for row in failing(test, TOGETHER, fails="F")]
    failures = [row for row in rows if row["letters"] == "F"]
    for number, row in enumerate(failures):
        row["fingerprint"] = f"own-{number}" if number < others else "gateway"
    given_runs(model, *rows)
    assert model.rows(GROUPS, "common_fingerprint", "told_failure_count", "fingerprint_failure_count") == [
        (expected, 15, 15 - others)
    ]


def test_no_group_is_lost_by_what_a_release_leaves_out(model: Workbench) -> None:
    """Three of six pairs are kept: each of four tests still has its strongest."""
    parameters = replace(model.policy.parameters, co_failure_pair_maximum=3)
    model.policy = replace(model.policy, parameters=parameters)
    for number in range(4):
        given_runs(model, *failing(f"t{number}", TOGETHER))
    assert model.rows(SUMMARY, "found_pair_count", "left_out_pair_count", where=FLAKE) == [(6, 3)]
    assert model.rows(GROUPS, "test_keys") == [(["t0", "t1", "t2", "t3"],)]


def test_projects_are_apart(model: Workbench) -> None:
    given_runs(model, *failing("t1", TOGETHER), *failing("t2", TOGETHER, project="other"))
    assert model.rows(SUMMARY, "project", "cause_kind", "verdict", "lacks") == [
        (project, kind, "insufficient", None)
        for project in ("default", "other")
        for kind in ("shared_break", "shared_flake")
    ]


def history() -> list[Row]:
    rows = [row for n in range(4) for row in failing(f"t{n}", TOGETHER)]
    rows += [row for n in range(3) for row in failing(f"b{n}", range(30, 40), fails="F")]
    return [*rows, *failing("u1", (2, 8, 33, 41)), *failing("u2", (5, 8, 33, 47))]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    """Pitfall 15."""
    rows = history()
    ended = rows[-1] | {"execution_key": "ended", "letters": "F", "completed_at": AS_OF + timedelta(hours=1)}
    assert told(model, rows, TABLES) == told_before(model, [*rows, ended], "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    """Pitfall 20."""
    rows = history()
    assert told(model, rows, TABLES) == told_in_another_order(model, rows, TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "*") for name in TABLES] == [[]] * len(TABLES)
