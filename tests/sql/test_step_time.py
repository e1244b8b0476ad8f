"""Which step costs how much, and which became slower: given steps by day, expected verdicts."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench

MET = "met_step_time"
CALM = [1_000, 1_010, 990, 1_005, 995, 1_002, 998] * 4
CALM_WEEK = CALM[:7]


def given_days(model: Workbench, medians_ms: Sequence[int | None], step: str = "log in", **more: str) -> None:
    """A step of one execution a day up to as_of that took so long; none where it says so."""
    for place, median_ms in enumerate(medians_ms):
        if median_ms is not None:
            given_step(model, len(medians_ms) - 1 - place, step, median_ms, **more)


def given_step(
    model: Workbench,
    days_ago: int,
    step: str,
    duration_ms: int | None,
    outcome: str = "passed",
    **more: str,
) -> None:
    key = f"{more.get('suite_key')}-{step}-{days_ago}-{duration_ms}-{outcome}"
    execution: Row = {"execution_key": key, "triggered_at": AS_OF - timedelta(days=days_ago, hours=1), **more}
    model.given("lake_executions", [execution])
    day = (AS_OF - timedelta(days=days_ago, hours=1)).date()
    named = {"execution_key": key, "triggered_date": day, "step_name": step, "step_type": "action"}
    model.given("lake_steps", [named | {"duration_ms": duration_ms, "outcome": outcome}])


def verdict(model: Workbench) -> tuple[object, ...]:
    """Of the only step."""
    (found,) = model.rows(MET, "verdict", "reason")
    return found


def test_a_step_that_takes_half_as_long_again_is_slower(model: Workbench) -> None:
    given_days(model, [*CALM, *[round(1.5 * value) for value in CALM_WEEK]])
    assert verdict(model) == ("slower", "a change that chance does not explain")
    assert model.rows(MET, "sample_day_count", "basis_day_count", "sample_p50_ms", "basis_p50_ms") == [
        (7, 28, 1_500, 1_000)
    ]
    ((ratio, low, high, shift_ms, p, q),) = model.rows(
        MET, "ratio", "ratio_low", "ratio_high", "shift_ms", "p", "q"
    )
    assert (ratio, shift_ms) == (pytest.approx(1.5, rel=0.01), pytest.approx(500, rel=0.03))
    assert [low, high] == pytest.approx([1.5, 1.5], abs=0.05)
    assert (p, q) == (q, pytest.approx(0, abs=0.001))


def test_a_step_that_takes_two_thirds_is_faster(model: Workbench) -> None:
    given_days(model, [*CALM, *[round(value / 1.5) for value in CALM_WEEK]])
    assert verdict(model)[0] == "faster"


def test_a_step_as_ever_is_unchanged(model: Workbench) -> None:
    given_days(model, [*CALM, *CALM_WEEK])
    assert verdict(model) == ("unchanged", "no change worth telling")


def test_a_few_milliseconds_are_no_change_to_tell(model: Workbench) -> None:
    """Half as long again, but 49 ms."""
    given_days(model, [*[value // 10 - 2 for value in CALM], *[value // 10 + 47 for value in CALM_WEEK]])
    assert verdict(model) == ("insufficient", "a change is neither shown nor ruled out")


def test_one_slow_day_is_not_shown(model: Workbench) -> None:
    given_days(model, [*CALM, *CALM_WEEK[:6], 9_000])
    assert verdict(model)[0] in ("unchanged", "insufficient")


@pytest.mark.parametrize(("basis", "sample", "is_judged"), [(10, 5, True), (9, 5, False), (10, 4, False)])
def test_days_that_it_takes(model: Workbench, basis: int, sample: int, is_judged: bool) -> None:
    days = [*[None] * (28 - basis), *CALM[:basis], *[None] * (7 - sample), *CALM_WEEK[:sample]]
    given_days(model, days)
    assert (verdict(model)[1] != "too few days with passed steps") == is_judged
    assert model.rows(MET, "p is not null", "q is not null") == [(is_judged, is_judged)]


def test_medians_are_of_passed_steps_and_sums_of_all(model: Workbench) -> None:
    given_step(model, 0, "log in", 100)
    given_step(model, 0, "log in", 300)
    given_step(model, 0, "log in", 200)
    given_step(model, 0, "log in", 9_000, outcome="failed")
    given_step(model, 0, "log in", None)
    columns = (
        "step_count",
        "timed_count",
        "failing_count",
        "duration_sum_ms",
        "sample_p50_ms",
        "basis_p50_ms",
    )
    assert model.rows(MET, *columns) == [(5, 4, 1, 9_600, 200, None)]


def test_shares_are_of_the_suite_and_of_everything(model: Workbench) -> None:
    given_step(model, 0, "log in", 600)
    given_step(model, 0, "buy", 200)
    given_step(model, 0, "log in", 200, suite_key="s2")
    columns = ("suite_key", "step_name", "duration_share", "suite_duration_share", "duration_rank")
    assert model.rows(MET, *columns) == [
        ("s1", "buy", 0.2, 0.25, 2),
        ("s1", "log in", 0.6, 0.75, 1),
        ("s2", "log in", 0.2, 1, 3),
    ]


def test_steps_of_suite_runs_are_tests(model: Workbench) -> None:
    given_step(model, 0, "t1", 600, execution_type="test_suite")
    assert model.rows(MET, "step_name") == []


def test_older_and_later_steps_are_left_out(model: Workbench) -> None:
    given_days(model, [77, *CALM, *CALM_WEEK])
    given_step(model, -1, "log in", 5_000)
    assert model.rows(MET, "step_count", "sample_day_count", "basis_day_count") == [(35, 7, 28)]


def test_false_discoveries_are_controlled_over_a_project(model: Workbench) -> None:
    """The least p of forty-one steps of a project counts forty-one times; other projects are none of it."""
    given_days(model, [*CALM, *[round(1.5 * value) for value in CALM_WEEK]])
    for number in range(40):
        given_days(model, [*CALM, *CALM_WEEK], step=f"step {number}")
        given_days(model, [*CALM, *CALM_WEEK], step=f"step {number}", project="p2", suite_key="s2")
    ((p, q),) = model.rows(MET, "p", "q", where="step_name = 'log in'")
    assert isinstance(p, float)
    assert q == pytest.approx(41 * p)


def test_order_changes_nothing(model: Workbench) -> None:
    other = model.another(threads=4)
    for step in ("log in", "buy"):
        given_days(model, [*CALM, *CALM_WEEK], step=step)
    for step in ("buy", "log in"):
        given_days(other, [*CALM, *CALM_WEEK], step=step)
    assert model.rows(MET, "*") == other.rows(MET, "*")


def test_without_steps_there_is_nothing_to_tell(model: Workbench) -> None:
    model.given_days([{"execution_key": "a"}])
    assert model.rows(MET, "step_name") == []
