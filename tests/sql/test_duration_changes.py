"""Tests that became slower: cuts of their levels, and the last passes against those before (3.3, 3.4)."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest

from tests.sql.workbench import AS_OF, Row, Workbench

SHIFT = "met_duration_shift"
CUTS = "met_duration_cuts"
RANDOM = np.random.default_rng(20261201)
CALM = [round(value) for value in RANDOM.lognormal(np.log(5_000), 0.05, 400)]


def daily(
    durations_ms: Sequence[int], test: str = "t1", until_days_ago: int = 0, **more: object
) -> list[Row]:
    """One passed execution a day that took so long, the last one some days before as_of."""
    rows: list[Row] = []
    for place, duration_ms in enumerate(durations_ms):
        day = len(durations_ms) - 1 - place + until_days_ago
        rows.append(
            {
                "execution_key": f"{test}-{day:03}",
                "test_key": test,
                "triggered_at": AS_OF - timedelta(days=day, hours=11),
                "commit_id": f"c{day:03}",
                "build_version": f"1.{1000 - day}",
                "invocation_key": f"i{day:03}",
                "duration_ms": duration_ms,
                **more,
            }
        )
    return rows


def slower(values: Sequence[int], factor: float) -> list[int]:
    return [round(factor * value) for value in values]


def shift_of(model: Workbench, *columns: str) -> tuple[object, ...]:
    (found,) = model.rows(SHIFT, *columns)
    return found


def test_a_test_that_takes_half_as_long_again_is_slower(model: Workbench) -> None:
    model.given_days(daily([*CALM[:60], *slower(CALM[60:80], 1.5)]))
    assert shift_of(model, "direction", "reason") == ("slower", "a change that chance does not explain")
    assert shift_of(model, "baseline_count", "current_count", "current_from_date") == (
        60,
        20,
        date(2026, 3, 12),
    )
    ratio, low, high, shift_ms, q = shift_of(model, "ratio", "ratio_low", "ratio_high", "shift_ms", "q")
    assert (ratio, shift_ms) == (pytest.approx(1.5, rel=0.03), pytest.approx(2_500, rel=0.1))
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert 1.4 < low < 1.5 < high < 1.6
    assert isinstance(q, float)
    assert q < 1e-6


def test_evidence_are_the_newest_passes(model: Workbench) -> None:
    model.given_days(daily([*CALM[:60], *slower(CALM[60:80], 1.5)]))
    assert shift_of(model, "evidence_execution_keys") == ([f"t1-{day:03}" for day in range(10)],)


def test_evidence_are_executions_that_were_compared(model: Workbench) -> None:
    rows = daily([*CALM[:60], *slower(CALM[60:80], 1.5)])
    others: dict[str, Row] = {
        "unverified": {"is_unverified": True},
        "suite run": {"execution_type": "test_suite"},
    }
    for name, more in others.items():
        model.given_days([row | more | {"execution_key": f"{name}-{row['execution_key']}"} for row in rows])
    model.given_days(rows)
    assert shift_of(model, "evidence_execution_keys") == ([f"t1-{day:03}" for day in range(10)],)


def test_a_test_that_takes_two_thirds_is_faster(model: Workbench) -> None:
    model.given_days(daily([*CALM[:60], *slower(CALM[60:80], 0.67)]))
    assert shift_of(model, "direction")[0] == "faster"


def test_a_test_as_ever_is_unchanged(model: Workbench) -> None:
    model.given_days(daily(CALM[:80]))
    assert shift_of(model, "direction", "reason", "evidence_execution_keys") == (
        "unchanged",
        "no change worth telling",
        [],
    )


def test_less_than_a_quarter_of_a_second_is_not_told(model: Workbench) -> None:
    model.given_days(daily([*slower(CALM[:60], 0.08), *slower(CALM[60:80], 0.12)]))
    assert shift_of(model, "direction", "reason") == (
        "insufficient",
        "a change that may be too small to tell",
    )


@pytest.mark.parametrize(
    ("baseline", "current", "is_judged"), [(20, 20, True), (19, 20, False), (0, 20, False)]
)
def test_passes_that_it_takes(model: Workbench, baseline: int, current: int, is_judged: bool) -> None:
    model.given_days(daily(CALM[: baseline + current]))
    assert shift_of(model, "baseline_count", "p is not null") == (baseline, is_judged)
    assert (shift_of(model, "reason")[0] == "too few passes") != is_judged


def test_the_baseline_ends_where_the_level_of_now_began(model: Workbench) -> None:
    """Slower for 40 days: the 60 passes before the last 20 were half of the new level."""
    model.given_days(daily([*CALM[:100], *slower(CALM[100:140], 1.5)]))
    columns = ("direction", "baseline_kind", "baseline_count", "current_count")
    assert shift_of(model, *columns) == ("slower", "before_cut", 60, 20)


def test_a_level_with_too_few_passes_leaves_the_one_before_it(model: Workbench) -> None:
    """Nine passes of the newest level are no sample: the level of 30 passes before them is compared."""
    values = [*CALM[:80], *slower(CALM[80:110], 1.5), *slower(CALM[110:119], 3)]
    model.given_days(daily(values))
    assert model.rows(CUTS, "cut_number", "after_point_count") == [(1, 30), (2, 9)]
    kind, baseline_ms = shift_of(model, "baseline_kind", "baseline_p50_ms")
    assert (kind, baseline_ms) == ("before_cut", pytest.approx(5_000, rel=0.03))


def test_passes_of_one_moment_stand_in_no_order_of_their_durations(model: Workbench) -> None:
    at = {"triggered_at": AS_OF - timedelta(hours=2)}
    model.given_days([row | at for row in daily(CALM[:80])])
    assert shift_of(model, "direction") == ("unchanged",)


def test_a_level_that_began_long_ago_is_the_one_of_now(model: Workbench) -> None:
    model.given_days(daily([*CALM[:100], *slower(CALM[100:190], 1.5)]))
    direction, kind = shift_of(model, "direction", "baseline_kind")
    assert (direction != "slower", kind) == (True, "before_window")


def test_a_test_that_no_longer_passes_is_not_compared(model: Workbench) -> None:
    model.given_days(daily([*CALM[:60], *slower(CALM[60:80], 1.5)], until_days_ago=28))
    assert shift_of(model, "direction", "reason", "p") == ("insufficient", "no pass lately", None)


def test_false_discoveries_are_controlled_over_a_project(model: Workbench) -> None:
    """The least p of a family counts as often as the family has tests; other projects are none of it."""
    model.given_days(daily([*CALM[:60], *slower(CALM[60:80], 1.5)]))
    for number in range(20):
        model.given_days(daily(CALM[number : number + 80], test=f"calm-{number}"))
        model.given_days(daily(CALM[number : number + 80], test=f"other-{number}", project="p2"))
    ((p, q),) = model.rows(SHIFT, "p", "q", where="test_key = 't1'")
    assert isinstance(p, float)
    assert q == pytest.approx(21 * p)


def test_what_ran_out_of_time_is_said(model: Workbench) -> None:
    model.given_days(daily(CALM[:80]))
    timed_out = {"outcome": "timed_out", "first_outcome": "timed_out", "status": "timeout"}
    late = [row | timed_out | {"execution_key": f"late-{row['execution_key']}"} for row in daily(CALM[:5])]
    model.given_days(late)
    assert shift_of(model, "current_count", "timed_out_count", "censored_share", "is_censored") == (
        20,
        5,
        0.2,
        True,
    )


def test_what_does_not_count(model: Workbench) -> None:
    model.given_days(daily(CALM[:80]))
    others: dict[str, Row] = {
        "branch": {"branch": "feature"},
        "unverified": {"is_unverified": True},
        "suite run": {"execution_type": "test_suite"},
        "failed": {"outcome": "failed", "first_outcome": "failed"},
    }
    for name, more in others.items():
        rows = daily([50_000] * 5)
        model.given_days([row | more | {"execution_key": f"{name}-{row['execution_key']}"} for row in rows])
    assert shift_of(model, "direction", "current_count") == ("unchanged", 20)
    assert model.rows("ana_duration_changes", "passed_count") == [(80,)]


def test_a_cut_says_when_and_by_how_much(model: Workbench) -> None:
    model.given_days(daily([*CALM[:50], *slower(CALM[50:100], 1.5)]))
    columns = (
        "cut_number",
        "before_date",
        "cut_date",
        "direction",
        "before_point_count",
        "after_point_count",
    )
    assert model.rows(CUTS, *columns, "point_kind", "is_current", "build_version", "commit_id") == [
        (1, date(2026, 2, 9), date(2026, 2, 10), "slower", 50, 50, "all_days", True, "1.951", "c049")
    ]
    ((ratio, low, high, before, after),) = model.rows(
        CUTS, "ratio", "ratio_low", "ratio_high", "before_p50_ms", "after_p50_ms"
    )
    assert ratio == pytest.approx(1.5, rel=0.03)
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low < 1.5 < high
    assert (before, after) == (pytest.approx(5_000, rel=0.03), pytest.approx(7_500, rel=0.03))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("1.9999", "first")),
        ({"completed_at": AS_OF + timedelta(hours=1)}, ("1.951", "c049")),
        ({"execution_type": "test_suite"}, ("1.951", "c049")),
    ],
)
def test_a_cut_names_the_build_that_ran_first_and_is_known(
    model: Workbench, more: Row, expected: tuple[str, str]
) -> None:
    rows = daily([*CALM[:50], *slower(CALM[50:100], 1.5)])
    earlier = AS_OF - timedelta(days=49, hours=11, minutes=30)
    named = {"execution_key": "earlier", "build_version": "1.9999", "commit_id": "first"}
    model.given_days([*rows, rows[50] | named | {"triggered_at": earlier} | more])
    assert model.rows(CUTS, "build_version", "commit_id") == [expected]


def test_up_and_down_again_are_two_cuts(model: Workbench) -> None:
    model.given_days(daily([*CALM[:40], *slower(CALM[40:80], 1.6), *CALM[80:120]]))
    assert model.rows(CUTS, "cut_number", "direction", "is_current") == [
        (1, "slower", False),
        (2, "faster", True),
    ]


def test_outliers_are_no_level(model: Workbench) -> None:
    values = [value * (10 if place % 9 == 4 else 1) for place, value in enumerate(CALM[:120])]
    model.given_days(daily(values))
    assert model.rows(CUTS, "cut_number") == []


def test_five_percent_are_no_cut(model: Workbench) -> None:
    model.given_days(daily([*CALM[:100], *slower(CALM[100:200], 1.05)]))
    assert model.rows(CUTS, "cut_number") == []


def test_constant_durations_are_one_level_and_a_step_in_them_is_a_cut(model: Workbench) -> None:
    model.given_days(daily([500] * 100, test="constant") + daily([500] * 50 + [900] * 50, test="step"))
    assert model.rows(CUTS, "test_key", "cut_number") == [("step", 1)]


def test_days_of_three_passes_are_points_where_most_have_so_many(model: Workbench) -> None:
    for number in range(3):
        rows = daily(CALM[number * 60 : number * 60 + 60])
        model.given_days([row | {"execution_key": f"{number}-{row['execution_key']}"} for row in rows])
    model.given_days(daily([90_000] * 5, until_days_ago=70))
    assert model.rows("ana_duration_changes", "point_kind", "point_count", "passed_count") == [
        ("days_of_three", 60, 185)
    ]


def test_the_history_ends_a_year_ago(model: Workbench) -> None:
    model.given_days(daily(CALM[:366]))
    assert model.rows("ana_duration_changes", "passed_count", "first_passed_date") == [
        (365, date(2025, 4, 1))
    ]


def test_nothing_passed(model: Workbench) -> None:
    model.given_days([{"execution_key": "a", "outcome": "failed", "first_outcome": "failed"}])
    for table in (SHIFT, CUTS):
        assert model.rows(table, "*") == []


def test_order_and_later_runs_change_nothing(model: Workbench) -> None:
    rows = daily([*CALM[:60], *slower(CALM[60:100], 1.5)]) + daily(CALM[100:160], test="t2")
    model.given_days(rows)
    other = model.another(threads=4)
    other.given_days(rows[::-1])
    later = {"triggered_at": AS_OF + timedelta(minutes=1), "duration_ms": 1}
    other.given_days([rows[0] | later | {"execution_key": f"later-{number}"} for number in range(30)])
    for table in ("ana_duration_changes", SHIFT, CUTS):
        assert model.rows(table, "*") == other.rows(table, "*")
