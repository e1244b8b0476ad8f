"""Control charts of pass rates: given days, which of the last are out of the ordinary (statistics.md 2.5)."""

from datetime import date, timedelta
from math import comb

import pytest

from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.suite_days import suite
from tests.sql.workbench import AS_OF, Workbench

NOISE = [2, 3, 1, 2, 3, 2, 1] * 4
CALM = [2, 3, 2, 1, 2, 3, 2]
TABLES = ("ana_pass_rate_control", "met_pass_rate_control")
SUITE = "scope_type = 'suite' and rate_name = 'final'"
CURRENT = f"{SUITE} and not is_baseline"


def signals(model: Workbench) -> list[object]:
    """What each current day says, in order."""
    return [found[1] for found in model.rows(TABLES[1], "bucket_date", "signal_direction", where=CURRENT)]


def test_a_drop_of_thirty_points_is_a_signal(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, *CALM[:6], 8]))
    assert signals(model) == ["none"] * 6 + ["worse"]
    found = model.rows(
        TABLES[1], "is_signal", "is_ewma_signal", "method", "failure_rate", where=f"{CURRENT} and is_signal"
    )
    assert found == [(True, True, "laney", 0.4)]


def test_days_as_ever_are_none(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, *CALM]))
    assert signals(model) == ["none"] * 7
    ((centre, low, high, sigma_z),) = model.rows(
        TABLES[1], "centre", "low", "high", "sigma_z", where=f"{CURRENT} and bucket_date = '2026-03-31'"
    )
    assert centre == pytest.approx(0.1)
    assert low == 0
    assert high == pytest.approx(0.1 + 3 * (0.09 / 20) ** 0.5)
    assert sigma_z == 1


def test_a_lasting_small_shift_is_seen_by_the_moving_average_alone(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, 4, 4, 5, 5, 4, 5, 5]))
    assert signals(model)[-1] == "worse"
    assert model.rows(TABLES[1], "bool_or(is_signal)", "bool_or(is_ewma_signal)", where=CURRENT) == [
        (False, True)
    ]


def test_days_that_always_differed_are_none(model: Workbench) -> None:
    """By chance alone each of these days were four standard deviations off."""
    given_runs(model, *suite([5, 40] * 17 + [5], tests=60))
    assert signals(model) == ["none"] * 7
    assert model.rows(TABLES[1], "min(sigma_z) > 9", "max(z) > 4", where=SUITE) == [(True, True)]


def test_fewer_failures_than_ever_are_better(model: Workbench) -> None:
    given_runs(model, *suite([9, 10, 11, 10] * 7 + [0] * 7))
    assert signals(model) == ["better"] * 7


def test_the_baseline_is_shown_and_has_no_signal(model: Workbench) -> None:
    """Its bad day widens nothing, and the moving average of the current days does not remember it."""
    given_runs(model, *suite([*NOISE[:27], 12, *CALM]))
    columns = (
        "count(*)",
        "count(signal_direction)",
        "bool_or(is_signal or is_ewma_signal)",
        "max(z) > 6",
        "max(ewma)",
    )
    assert model.rows(TABLES[1], *columns, where=f"{SUITE} and is_baseline") == [(28, 0, False, True, None)]
    assert signals(model) == ["none"] * 7


def test_the_baseline_is_frozen(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, 8, 8, 8, 8, 8, 8, 8]))
    assert model.rows(TABLES[1], "min(centre)", "max(centre)", where=SUITE) == [(pytest.approx(0.1),) * 2]
    assert signals(model) == ["worse"] * 7


@pytest.mark.parametrize(
    ("last", "expected", "p"), [(1, "none", 20 / 580), (3, "worse", comb(20, 3) / comb(580, 3))]
)
def test_after_a_month_without_failures_fisher_judges(
    model: Workbench, last: int, expected: str, p: float
) -> None:
    given_runs(model, *suite([0] * 34 + [last]))
    assert signals(model) == ["none"] * 6 + [expected]
    found = model.rows(
        TABLES[1], "method", "fisher_p", "z", "ewma", "high", where="bucket_date = '2026-03-31'"
    )
    assert found[0] == ("fisher", pytest.approx(p), None, None, None)


def test_one_failure_a_month_makes_no_chart_of_normal_limits(model: Workbench) -> None:
    """With normal limits a single failure would be a signal: z is 6."""
    given_runs(model, *suite([0] * 10 + [1] + [0] * 23 + [1]))
    assert signals(model) == ["none"] * 7
    assert model.rows(TABLES[1], "min(method)", "max(method)", where=SUITE) == [("fisher", "fisher")]


def test_fewer_than_14_days_of_baseline_are_insufficient(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE[:13], 8, 8, 8, 8, 8, 8, 20]))
    assert signals(model) == ["insufficient"] * 7
    columns = ("method", "centre", "z", "is_signal", "count(*)")
    found = model.rows(TABLES[1], *columns[:4], where=SUITE)
    assert set(found) == {("insufficient", None, None, False)}
    assert len(found) == 20


def test_both_rates_have_their_chart(model: Workbench) -> None:
    """Retries that help hide what the first attempts say."""
    for row in suite([*NOISE, *CALM[:6], 9]):
        is_retried = row["letters"] == "F" and row["commit_id"] == "c000"
        given_runs(model, row | {"letters": "FP"} if is_retried else row)
    columns = ("rate_name", "failed_count", "is_signal")
    assert model.rows(TABLES[1], *columns, where="scope_type = 'suite' and bucket_date = '2026-03-31'") == [
        ("final", 0, False),
        ("first_attempt", 9, True),
    ]


def test_older_days_and_skips_are_left_out(model: Workbench) -> None:
    given_runs(model, *daily("P" * 30 + "S" + "P" * 9))
    columns = ("count(*)", "min(bucket_date)", "sum(failed_count)")
    assert model.rows(TABLES[1], *columns, where=SUITE) == [(34, AS_OF.date() - timedelta(days=34), 0)]
    assert model.rows(TABLES[1], "run_count", where=f"{SUITE} and bucket_date = '{date(2026, 3, 22)}'") == []


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    rows = list(suite([*NOISE, *CALM]))
    assert told(model, rows, TABLES) == told_before(model, rows, "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    rows = [
        row
        for number in range(3)
        for row in suite([*NOISE, *CALM], name=f"{number}t", suite_key=f"s{number}")
    ]
    assert told(model, rows, TABLES) == told_in_another_order(model, rows, TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "scope_key") for name in TABLES] == [[], []]
