"""Trends and control charts: the worked cases, gaps, seasons, what has no trend."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.trends import Trend, ewma, laney, trend
from tests.unit.analysis.cases import case, near, near_p

MONDAY = date(2026, 1, 5)
NO_TREND = Trend()
SERIES = st.lists(st.integers(0, 1_000).map(float), min_size=3, max_size=30)


def days(count: int) -> list[date]:
    return [MONDAY + timedelta(days=number) for number in range(count)]


def test_thirty_days() -> None:
    inputs, expected = case("P5")
    found, original = trend(inputs["y"]), expected["original"]
    assert (found.s, found.var_s, found.z, found.tau) == near(
        (original["S"], original["var_s"], original["z"], original["tau"])
    )
    assert found.p_mk == found.p == near_p(original["p"])
    assert found.p_hamed_rao == near_p(expected["hamed_rao"]["p"])
    assert (found.slope, found.slope_low, found.slope_high) == near(tuple(expected["theilslopes_ci95"]))
    assert found.intercept == near(original["intercept"])
    assert trend(inputs["y"], days(30)) == found


def test_order_of_the_rows_is_no_order_of_days() -> None:
    y = case("P5")[0]["y"]
    rows = list(zip(y, days(30), strict=True))
    random.Random(1).shuffle(rows)
    assert trend([value for value, _ in rows], [day for _, day in rows]) == trend(y)


def test_a_gap_changes_no_slope() -> None:
    kept = [place for place in range(40) if place not in range(10, 25)]
    found = trend([0.9 - 0.001 * place for place in kept], [days(40)[place] for place in kept])
    assert (found.slope, found.slope_low, found.slope_high) == near((-0.001, -0.001, -0.001))
    assert found.intercept == near(0.9)
    with_nulls = trend([0.9 - 0.001 * place if place in kept else None for place in range(40)])
    assert with_nulls.slope == near(found.slope)


def test_weekends_are_no_trend() -> None:
    """Eight weeks that end on a weekend of low rates; the seasonal test compares Sundays with Sundays."""
    noise = np.random.default_rng(2).normal(0, 0.002, 56)
    y = [0.95 - 0.2 * (day.weekday() >= 5) + noise[place] for place, day in enumerate(days(56))]
    found = trend(y, days(56))
    assert found.p_weekday is not None
    assert found.p_weekday < 0.05
    assert found.p_seasonal is not None
    assert found.p_hamed_rao is not None
    assert found.p == max(found.p_seasonal, found.p_hamed_rao)
    assert found.p > 0.05


def test_seasons_take_six_weeks_unless_they_are_asked_for() -> None:
    y = [0.95 - 0.2 * (place % 7 >= 5) + 0.0001 * place for place in range(35)]
    assert trend(y).p_seasonal is None
    asked = trend(y, period=7)
    assert asked.p_seasonal is not None
    assert asked.slope_seasonal == near(0.0007)


@pytest.mark.parametrize("y", [[], [1.0], [0.5, 0.6], [None] * 9, [float("nan"), 0.3, None, 0.4]])
def test_too_little_has_no_trend(y: list[float | None]) -> None:
    assert trend(y) == NO_TREND


def test_a_season_that_does_not_come_again_is_not_tested() -> None:
    found = trend([1, 3, 2, 5, 4, 6, 8, 7, 9, 10], period=30)
    assert found.p_seasonal is None
    assert found.p == max(found.p_mk or 0, found.p_hamed_rao or 0)


def test_a_constant_has_no_slope() -> None:
    found = trend([0.97] * 20)
    assert (found.z, found.p, found.slope, found.slope_low, found.intercept) == (0, 1, 0, 0, 0.97)
    assert type(found.intercept) is float


@pytest.mark.parametrize("y", [[1.0], [1.0, 2.0, 3.0], []])
def test_each_value_has_its_day(y: list[float]) -> None:
    with pytest.raises(ValueError, match="values of 2 days"):
        trend(y, days(2))


def test_a_variance_corrected_to_nothing_gives_no_p() -> None:
    """The autocorrelation of these ranks cancels the variance: pymannkendall divides by 0 and says p = 0."""
    found = trend([7, 3, 4, 2, 5, 0, 8, 1, 6])
    assert found.p_hamed_rao is None
    assert found.p == found.p_mk


def test_a_day_with_two_values_is_refused() -> None:
    with pytest.raises(ValueError, match="two values"):
        trend([1, 2, 3], [MONDAY, MONDAY, MONDAY + timedelta(days=1)])


@settings(max_examples=40, deadline=None)
@given(SERIES)
def test_a_series_backwards_falls_as_it_rose(y: list[float]) -> None:
    found, mirrored = trend(y), trend(y[::-1])
    assert found.s is not None
    assert mirrored.s is not None
    assert found.s == -mirrored.s
    assert found.slope == pytest.approx(-float(mirrored.slope or 0))
    assert found.slope_low is not None
    assert mirrored.slope_high is not None
    assert found.slope_low == pytest.approx(-mirrored.slope_high)
    assert trend([value + 7 for value in y]).s == found.s
    scaled = trend([value * 4 for value in y])
    assert (scaled.s, scaled.p) == (found.s, found.p)
    assert scaled.slope == pytest.approx(4 * float(found.slope or 0))


def test_a_control_chart() -> None:
    inputs, expected = case("P7")
    found = laney(inputs["failed"], inputs["n"], robust=False)
    assert (found.centre, found.sigma_z) == near((expected["p_bar"], expected["sigma_z"]))
    assert found.z.tolist() == near(expected["z"])
    assert found.high.tolist() == near(expected["ucl_laney"])
    assert found.low.tolist() == near(expected["lcl_laney"])
    assert list(found.signals) == expected["signals_laney_index0"]
    robust = laney(inputs["failed"], inputs["n"])
    assert robust.sigma_z == near(expected["sigma_z_median_mr"])
    assert robust.high.tolist() == near(expected["ucl_robust"])
    assert list(robust.signals) == expected["signals_robust_laney_index0"]
    average = ewma(robust.z / robust.sigma_z, inputs["lambda"])
    assert average.values.tolist() == near(expected["ewma_standardised"])
    assert list(average.signals) == expected["ewma_signals_L2.7_index0"]


def test_days_more_alike_than_chance_do_not_narrow_the_limits() -> None:
    failed, n = [5, 6, 5, 5, 6, 5, 6, 5], [100] * 8
    assert laney(failed, n).sigma_z == 1
    assert laney(failed, n, robust=False).sigma_z < 1


def test_days_after_the_baseline_move_no_limit() -> None:
    failed, n = [4, 6, 5, 7, 3, 5, 6, 4] * 4, [100] * 32
    plain, outbreak = laney(failed, n, baseline=28), laney([*failed[:28], 60, 5, 5, 5], n, baseline=28)
    assert (outbreak.centre, outbreak.sigma_z) == (plain.centre, plain.sigma_z)
    assert (plain.signals, outbreak.signals) == ((), (28,))
    assert laney([*failed[:28], 60, 5, 5, 5], n).centre > plain.centre


def test_days_without_runs_have_no_signal() -> None:
    found = laney([1, 0, 2, 1], [20, 0, 20, 20])
    assert np.isnan(found.z).tolist() == [False, True, False, False]
    assert found.signals == ()
    for failed in ([0, 0, 0], [9, 9, 9]):
        assert np.isnan(laney(failed, [9, 9, 9]).z).all()
    assert laney([], []).signals == ()


def test_a_baseline_without_failures_has_limits_and_no_signal() -> None:
    found = laney([*[0] * 28, 5], [10] * 29, baseline=28)
    assert (found.centre, found.low[28], found.high[28]) == (0, 0, 0)
    assert np.isnan(found.z).all()
    assert found.signals == ()


def test_a_small_lasting_shift_is_seen_by_the_average_alone() -> None:
    z = [0.1, -0.2, 0.3, -0.1] * 5 + [1.4] * 10
    assert not [value for value in z if abs(value) > 3]
    assert min(ewma(z).signals) > 20
    with_gap = ewma([z[0], float("nan"), *z[1:]])
    assert np.isnan(with_gap.values[1])
    assert with_gap.values[2:].tolist() == ewma(z).values[1:].tolist()
