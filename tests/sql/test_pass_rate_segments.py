"""Change points of pass rates: given days, at which of them the level changed (statistics.md 2.6)."""

from datetime import date, timedelta

import pytest

from tests.sql.runs import given_runs, told, told_before, told_in_another_order
from tests.sql.suite_days import suite
from tests.sql.workbench import AS_OF, Workbench

NOISE = [2, 3, 1, 2, 3, 2, 1] * 5
BAD = [8, 9, 8, 7, 8, 9, 8]
TABLES = ("ana_pass_rate_segments", "met_pass_rate_segments")
SUITE = "scope_type = 'suite' and rate_name = 'final'"


def day(days_ago: int) -> date:
    return AS_OF.date() - timedelta(days=days_ago)


def test_a_drop_of_thirty_points_is_a_cut(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, *BAD]))
    columns = (
        "segment_number",
        "cut_kind",
        "first_date",
        "last_date",
        "day_count",
        "run_count",
        "passed_count",
    )
    assert model.rows(TABLES[1], *columns, "is_current", where=SUITE) == [
        (1, None, day(41), day(7), 35, 700, 630, False),
        (2, "fell", day(6), day(0), 7, 140, 83, True),
    ]
    ((factor, low, high, probability),) = model.rows(
        TABLES[1],
        *("cut_log_bayes_factor", "cut_low_date", "cut_high_date", "cut_probability"),
        where=f"{SUITE} and segment_number = 2",
    )
    assert float(str(factor)) > 10
    assert low in (day(8), day(7), day(6))
    assert high in (day(6), day(5))
    assert 0.5 < float(str(probability)) < 1


def test_the_rate_of_a_segment_has_wilson_s_interval(model: Workbench) -> None:
    given_runs(model, *suite([1, 3] * 15))
    effect = (0.1 / (0.09 / 20) ** 0.5 / 0.9538725524) ** 2
    n_eff, z = 600 / effect, 1.959963984540054
    centre = (0.9 + z**2 / 2 / n_eff) / (1 + z**2 / n_eff)
    half = z * (0.09 / n_eff + z**2 / 4 / n_eff**2) ** 0.5 / (1 + z**2 / n_eff)
    columns = ("standardised_pass_rate", "n_eff", "design_effect", "standardised_pass_rate_low")
    assert model.rows(TABLES[1], *columns, "standardised_pass_rate_high", where=SUITE) == [
        pytest.approx((0.9, n_eff, effect, centre - half, centre + half))
    ]


def test_a_mended_suite_rises(model: Workbench) -> None:
    given_runs(model, *suite([*BAD, *NOISE]))
    assert model.rows(TABLES[1], "segment_number", "cut_kind", where=SUITE) == [(1, None), (2, "rose")]


def test_days_that_differ_by_more_than_chance_are_no_cuts(model: Workbench) -> None:
    """Every other day 70 of 100 tests fail: without a design effect each day were a segment."""
    given_runs(model, *suite([5, 70] * 10, tests=100))
    assert model.rows(TABLES[1], "count(*)", "min(design_effect) > 100", where=SUITE) == [(1, True)]


def test_a_smaller_drop_lies_between_more_days(model: Workbench) -> None:
    given_runs(model, *suite([*NOISE, 6, 5, 6, 7, 5, 6, 7]))
    columns = ("first_date", "cut_low_date", "cut_high_date")
    assert model.rows(TABLES[1], *columns, where=f"{SUITE} and segment_number = 2") == [
        (day(6), day(9), day(4))
    ]


def test_another_mix_of_tests_is_no_cut(model: Workbench) -> None:
    """Pitfall 1: ten tests of which half fail are joined by thirty that always pass."""
    given_runs(model, *suite([5, 4, 5, 6] * 10, tests=10))
    given_runs(model, *suite([0] * 10, tests=30, name="easy"))
    ((rate,),) = model.rows(TABLES[1], "pass_rate", where=SUITE)
    assert rate == pytest.approx((200 + 300) / 700)


def test_days_without_runs_are_no_days(model: Workbench) -> None:
    given_runs(model, *suite([*BAD, *NOISE[:14]], until_days_ago=20), *suite(NOISE[:10]))
    columns = ("first_date", "last_date", "day_count")
    assert model.rows(TABLES[1], *columns, where=SUITE) == [(day(40), day(34), 7), (day(33), day(0), 24)]


def test_a_suite_that_always_passes_is_one_segment(model: Workbench) -> None:
    given_runs(model, *suite([0] * 40))
    columns = ("segment_number", "standardised_pass_rate", "design_effect", "cut_log_bayes_factor")
    assert model.rows(TABLES[1], *columns, where=SUITE) == [(1, 1.0, 1.0, None)]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    rows = list(suite([*NOISE, *BAD]))
    assert told(model, rows, TABLES) == told_before(model, rows, "P", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    rows = [
        row for number in range(3) for row in suite([*NOISE, *BAD], name=f"{number}t", suite_key=f"s{number}")
    ]
    assert told(model, rows, TABLES) == told_in_another_order(model, rows, TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "scope_key") for name in TABLES] == [[], []]
