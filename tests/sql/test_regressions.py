"""Regressions: which tests pass less often than before, and when that is over (statistics.md 2.3)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.intervals import fisher_worse, newcombe, wilson
from tests.sql.runs import again, daily, given_runs
from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.registers import AcceptedRegression, Alias

STATE = ("test_key", "state", "transition", "basis_kind")
PASS, FAIL = "flake_mode = 'flakes_as_pass'", "flake_mode = 'flakes_as_fail'"


def days(basis: str, sample: str, runs_a_day: int = 1, test: str = "t1", **more: Any) -> list[Row]:
    """One letter a day, the sample's seven last; each day so many runs of that letter."""
    rows = list(daily(basis + sample, test, **more))
    return rows + [again(row, number) for number in range(1, runs_a_day) for row in rows]


def opened(**more: object) -> Row:
    """The night before opened a regression of t1 with a basis of its own."""
    return {
        "as_of": AS_OF - timedelta(days=1),
        "opened_at": AS_OF - timedelta(days=1),
        "test_key": "t1",
        "variant_key": "linux||",
        "flake_mode": "flakes_as_pass",
        "project": "default",
        "transition": "opened",
        "basis_kind": "window",
        "basis_run_count": 100,
        "basis_failed_count": 0,
        "params_hash": "p",
    } | more


@pytest.mark.parametrize(
    ("basis", "sample", "expected"),
    [
        ("P" * 30, "FFFFFFF", "regressed"),
        ("P" * 30, "PPPPFFF", "regressed"),
        ("P" * 30, "PPPPPFF", "not_regressed"),  # two failures are too few
        ("PF" * 15, "PPPPFFF", "not_regressed"),
        ("F" * 30, "FFFFFFF", "not_regressed"),
        ("P" * 30, "SSFFFFF", "insufficient"),  # five runs
        ("", "FFFFFFF", "regressed"),  # against the target
        ("", "PPPPPPP", "insufficient"),
        ("", "FPPPPPP", "insufficient"),
    ],
)
def test_state_of_a_test(model: Workbench, basis: str, sample: str, expected: str) -> None:
    given_runs(model, *days(basis, sample))
    assert model.rows("met_regressions", "state", where=PASS) == [(expected,)]


def test_counts_rates_and_interval_of_a_drop(model: Workbench) -> None:
    given_runs(model, *days("P" * 29 + "F", "PPPPFFF"))
    columns = ("sample_run_count", "sample_failed_count", "basis_run_count", "basis_failed_count")
    assert model.rows("met_regressions", *columns, where=PASS) == [(7, 3, 30, 1)]
    ((drop, low, high, p, q),) = model.rows(
        "met_regressions",
        *("pass_rate_drop", "pass_rate_drop_low", "pass_rate_drop_high", "p_value", "q_value"),
        where=PASS,
    )
    assert drop == pytest.approx(29 / 30 - 4 / 7)
    expected = newcombe(29, 30, 4, 7)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert p == q == pytest.approx(fisher_worse(3, 4, 1, 29), rel=1e-9)


def test_the_windows_end_and_begin_to_the_instant(model: Workbench) -> None:
    """A run seven days before as_of is of the basis, one a microsecond later of the sample."""
    (row,) = daily("P")
    week, month = AS_OF - timedelta(days=7), AS_OF - timedelta(days=37)
    moments = {
        "a": week,
        "b": week + timedelta(microseconds=1),
        "c": month,
        "d": month + timedelta(seconds=1),
    }
    given_runs(model, *(row | {"execution_key": key, "triggered_at": at} for key, at in moments.items()))
    counts = model.rows("met_regressions", "sample_run_count", "basis_run_count", where=PASS)
    assert counts == [(1, 2)]


def test_flakes_pass_in_one_mode_and_fail_in_the_other(model: Workbench) -> None:
    """Pitfall 4: FP is one run and passed after all; four of them in a week are worse first attempts."""
    given_runs(model, *daily(["P"] * 33 + ["FP"] * 4))
    found = model.rows("met_regressions", "flake_mode", "state", "sample_failed_count", "sample_run_count")
    assert found == [("flakes_as_fail", "regressed", 4, 7), ("flakes_as_pass", "not_regressed", 0, 7)]


def test_an_unchanged_family_makes_an_opening_dearer(model: Workbench) -> None:
    """p = 0.017 alone is enough, among a hundred tests it is not."""
    given_runs(model, *days("P" * 29 + "F", "PPPPFFF", test="worse"))
    for number in range(99):
        given_runs(model, *days("P" * 30, "P" * 7, test=f"t{number:02}"))
    assert model.rows("met_regressions", "state", "reason", where=f"{PASS} and test_key = 'worse'") == [
        ("not_regressed", "a drop that may be chance")
    ]


def test_nothing_opens_where_nothing_has_changed(model: Workbench) -> None:
    """Pitfall 11: of 100 projects with 40 unchanged tests 5 % may name one, and 2 standard errors more."""
    random = np.random.default_rng(7)
    tests = np.arange(4_000)
    rate, sample = random.uniform(0.01, 0.10, tests.size), random.integers(7, 71, tests.size)
    counts = pl.DataFrame(
        {
            "test_key": [f"t{test}" for test in tests],
            "variant_key": "v",
            "flake_mode": "flakes_as_pass",
            "project": [f"p{test // 40}" for test in tests],
            "sample_run_count": sample,
            "sample_failed_count": random.binomial(sample, rate),
            "basis_run_count": 4 * sample,
            "basis_failed_count": random.binomial(4 * sample, rate),
        }
    )
    model.stand_in("ana_regression_counts", counts)
    suspects = "pass_rate_drop > 0.05 and sample_failed_count >= 3 and p_value <= 0.05"
    ((named,),) = model.rows("met_regressions", "count(distinct project)", where=suspects)
    ((found,),) = model.rows("met_regressions", "count(distinct project)", where="state = 'regressed'")
    assert int(str(found)) <= 5 + 2 * (100 * 0.05 * 0.95) ** 0.5 < int(str(named)) / 3


def test_a_family_is_of_one_project(model: Workbench) -> None:
    given_runs(model, *days("P" * 29 + "F", "PPPPFFF", test="worse", project="small"))
    for number in range(99):
        given_runs(model, *days("P" * 30, "P" * 7, test=f"t{number:02}", project="large"))
    assert model.rows("met_regressions", "test_key", where=f"{PASS} and state = 'regressed'") == [("worse",)]


def test_more_than_fifteen_points_are_extreme(model: Workbench) -> None:
    given_runs(model, *days("P" * 30, "PPPPPPF", runs_a_day=6, test="a"))
    given_runs(model, *days("P" * 30, "PPPPPFF", runs_a_day=6, test="b"))
    found = model.rows("met_regressions", "test_key", "is_extreme", where=PASS)
    assert found == [("a", False), ("b", True)]


def test_other_branches_and_storms_count_nowhere(model: Workbench) -> None:
    given_runs(model, *days("P" * 30, "P" * 7))
    given_runs(model, *daily("F" * 7, branch="pr", invocation_key="pr{day}", commit_id="pr{day}"))
    assert model.rows("met_regressions", "sample_run_count", "state", where=PASS) == [(7, "not_regressed")]


def test_variants_are_judged_apart(model: Workbench) -> None:
    """Pitfall 19: it fails on Windows alone."""
    given_runs(model, *days("P" * 30, "P" * 7))
    given_runs(model, *days("P" * 30, "F" * 7, variant_key="windows||", invocation_key="w{day}"))
    found = model.rows("met_regressions", "variant_key", "state", where=PASS)
    assert found == [("linux||", "not_regressed"), ("windows||", "regressed")]


def test_an_open_one_keeps_the_basis_of_its_opening(model: Workbench) -> None:
    """The days before are as bad as the sample by now; it stays open all the same."""
    given_runs(model, *days("F" * 30, "F" * 7))
    model.given("lake_regression_history", [opened()])
    found = model.rows("met_regressions", *STATE, "basis_run_count", "opened_at", where=PASS)
    assert found == [("t1", "regressed", None, "opening", 100, AS_OF - timedelta(days=1))]
    assert len(model.rows("met_regression_history", "test_key")) == 1


@pytest.mark.parametrize(
    ("sample", "runs_a_day", "expected"),
    [
        ("P" * 7, 1, ("not_regressed", "closed", "recovered")),
        ("P" * 6, 1, ("regressed", None, "has not recovered since it opened")),  # six runs
        ("PPPPPPF", 1, ("regressed", None, "has not recovered since it opened")),  # 14 points
        ("P" * 7, 20, ("not_regressed", "closed", "recovered")),
    ],
)
def test_an_open_one_closes_when_its_sample_is_good(
    model: Workbench, sample: str, runs_a_day: int, expected: tuple[object, ...]
) -> None:
    given_runs(model, *days("", sample, runs_a_day))
    model.given("lake_regression_history", [opened()])
    assert model.rows("met_regressions", "state", "transition", "reason", where=PASS) == [expected]


def test_a_small_drop_that_is_no_chance_keeps_it_open(model: Workbench) -> None:
    """1 % fewer of 700 runs against 10,000 that passed: too small to open, too sure to close."""
    rows = days("", "P" * 7, runs_a_day=100)
    for row in rows[:7]:
        row["letters"] = "F"
    given_runs(model, *rows)
    model.given("lake_regression_history", [opened(basis_run_count=10_000, flake_mode="flakes_as_fail")])
    found = model.rows("met_regressions", "state", "transition", "round(pass_rate_drop, 9)", where=FAIL)
    assert found == [("regressed", None, 0.01)]


def test_a_drop_between_the_two_limits_keeps_it_open(model: Workbench) -> None:
    """1 of 28: 3.6 points, which may be chance; it would not open by that, and does not close."""
    rows = days("", "P" * 7, runs_a_day=4)
    rows[0] |= {"letters": "F", "commit_id": "own"}
    given_runs(model, *rows)
    model.given("lake_regression_history", [opened()])
    found = model.rows("met_regressions", "state", "p_value > 0.05", "round(pass_rate_drop, 3)", where=PASS)
    assert found == [("regressed", True, 0.036)]


def test_one_that_no_longer_runs_closes(model: Workbench) -> None:
    model.given("lake_regression_history", [opened()])
    found = model.rows("met_regressions", "state", "transition", "reason", where=PASS)
    assert found == [("insufficient", "closed", "has not run in sample and basis")]


def test_a_closed_one_may_open_anew(model: Workbench) -> None:
    given_runs(model, *days("P" * 30, "F" * 7))
    closed = opened(transition="closed", as_of=AS_OF - timedelta(hours=1))
    model.given("lake_regression_history", [opened(), closed])
    assert model.rows("met_regressions", *STATE, "opened_at", where=PASS) == [
        ("t1", "regressed", "opened", "window", AS_OF)
    ]


def test_the_night_itself_again_says_the_same(model: Workbench) -> None:
    """What this very night published before is no news and no basis."""
    given_runs(model, *days("P" * 30, "F" * 7))
    own = opened(as_of=AS_OF, opened_at=AS_OF, basis_run_count=5)
    model.given("lake_regression_history", [own])
    found = model.rows("met_regressions", "transition", "basis_run_count", where=PASS)
    assert found == [("opened", 30)]
    assert model.rows("met_regression_history", "basis_run_count") == [(5,)]


@pytest.mark.parametrize(
    ("accepted_on", "until", "expected"),
    [
        (date(2026, 3, 31), None, "accepted"),
        (date(2026, 2, 22), None, "accepted"),
        (date(2026, 2, 21), None, "regressed"),  # the basis has no day from before it any more
        (date(2026, 1, 1), date(2026, 3, 31), "accepted"),
        (date(2026, 3, 1), date(2026, 3, 30), "regressed"),
        (date(2026, 4, 1), None, "regressed"),
    ],
)
def test_the_register_accepts_a_regression(
    model: Workbench, accepted_on: date, until: date | None, expected: str
) -> None:
    entry = AcceptedRegression(test="t1", by="ada", on=accepted_on, reason="old driver", until=until)
    model.policy = replace(model.policy, accepted_regressions=[entry])
    given_runs(model, *days("P" * 30, "F" * 7))
    assert model.rows("met_regressions", "state", where=PASS) == [(expected,)]


def test_an_accepted_one_that_was_open_closes_with_the_reason(model: Workbench) -> None:
    entry = AcceptedRegression(test="t1", variant="linux||", by="ada", on=AS_OF.date(), reason="old driver")
    model.policy = replace(model.policy, accepted_regressions=[entry])
    given_runs(model, *days("P" * 30, "F" * 7))
    model.given("lake_regression_history", [opened()])
    found = model.rows("met_regressions", "state", "transition", "reason", where=PASS)
    assert found == [("accepted", "closed", "accepted: old driver")]


def test_an_acceptance_is_of_its_variant(model: Workbench) -> None:
    entry = AcceptedRegression(test="t1", variant="windows||", by="ada", on=AS_OF.date(), reason="old driver")
    model.policy = replace(model.policy, accepted_regressions=[entry])
    given_runs(model, *days("P" * 30, "F" * 7))
    assert model.rows("met_regressions", "state", where=PASS) == [("regressed",)]


def test_the_window_and_the_suspects_of_the_cut(model: Workbench) -> None:
    given_runs(model, *days("P" * 30, "PFFFFFF"))
    (found,) = model.rows("met_regressions", "window_from_at", "suspect_commit_ids", where=PASS)
    assert [found] == model.rows("met_segments", "cut_low_at", "suspect_commit_ids", where="is_current")
    assert "c005" in str(found[1])


def test_evidence_is_the_failures_of_the_sample(model: Workbench) -> None:
    given_runs(model, *days("P" * 29 + "F", "PPFFFFP"))
    found = model.rows("met_regressions", "evidence_execution_keys", where=PASS)
    assert found == [(["t1-001-", "t1-002-", "t1-003-", "t1-004-"],)]


def test_an_empty_lake_has_no_regressions(model: Workbench) -> None:
    assert model.rows("met_regressions", "test_key") == []
    assert model.rows("met_regression_history", "test_key") == []


def test_an_open_one_goes_on_under_the_new_name_of_its_test(model: Workbench) -> None:
    entry = Alias(former="old", now="t1", by="ada", on=AS_OF.date(), reason="moved")
    model.policy = replace(model.policy, aliases=[entry])
    given_runs(model, *days("F" * 30, "F" * 7))
    model.given("lake_regression_history", [opened(test_key="old")])
    assert model.rows("met_regressions", *STATE, where=PASS) == [("t1", "regressed", None, "opening")]


def test_what_became_of_a_former_key_closes_nothing(model: Workbench) -> None:
    """The new key opened one; then its former key, which no longer ran, was closed; then it got its alias."""
    entry = Alias(former="zz-old", now="t1", by="ada", on=AS_OF.date(), reason="moved")
    model.policy = replace(model.policy, aliases=[entry])
    given_runs(model, *days("F" * 30, "F" * 7))
    closed = opened(test_key="zz-old", transition="closed")
    model.given("lake_regression_history", [opened(as_of=AS_OF - timedelta(days=12)), closed])
    assert model.rows("met_regressions", *STATE, where=PASS) == [("t1", "regressed", None, "opening")]


def test_an_open_one_that_has_not_run_in_the_sample_stays_open(model: Workbench) -> None:
    given_runs(model, *daily("F" * 10, until_days_ago=8))
    model.given("lake_regression_history", [opened()])
    found = model.rows("met_regressions", "state", "reason", "pass_rate_drop", where=PASS)
    assert found == [("regressed", "has not run in the sample", None)]


def test_a_cut_from_before_the_basis_is_no_window(model: Workbench) -> None:
    """It has passed half of the time for 60 days; the last week is worse than the month before."""
    given_runs(model, *days("P" * 60 + "PF" * 30, "F" * 7, runs_a_day=2))
    found = model.rows("met_regressions", "state", "window_from_at", "suspect_commit_ids", where=PASS)
    cuts = model.rows("met_segments", "cut_high_at", where="is_current")
    assert found == [("regressed", None, [])]
    assert cuts[0][0] < AS_OF - timedelta(days=37)  # type: ignore[operator]


def test_against_a_target_there_is_an_interval_and_control(model: Workbench) -> None:
    """Of 200 new tests at the target's rate some look worse; of seven failures of seven one is."""
    given_runs(model, *days("", "F" * 7, test="bad"))
    for number in range(200):
        letters = "FFF" + "P" * 17 if number < 10 else "F" + "P" * 19
        (row,) = daily("P", test=f"t{number:03}")
        runs = (again(row, n) | {"letters": one, "commit_id": f"n{n}"} for n, one in enumerate(letters))
        given_runs(model, *runs)
    assert model.rows("met_regressions", "test_key", where=f"{PASS} and state = 'regressed'") == [("bad",)]
    columns = ("pass_rate_drop", "pass_rate_drop_low", "pass_rate_drop_high", "p_value")
    ((drop, low, high, p),) = model.rows("met_regressions", *columns, where=f"{PASS} and test_key = 'bad'")
    assert (drop, low) == pytest.approx((0.95, 0.95 - float(wilson(0, 7).high or 0)))
    assert high == 0.95
    assert p == pytest.approx(0.05**7)
