"""Forecasts of daily series against plain recursions, statsmodels' variances and days by hand."""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from pipelines.analysis.pass_rate_forecasts import (
    LEVEL_GAINS,
    RECENT_ERRORS,
    WEEKDAY_DOUBT,
    WEEKDAY_GAINS,
    Forecasts,
    last_weekday,
    logit_of_counts,
    mean_so_far,
    recent_spread,
    smoothed,
)

Floats = npt.NDArray[np.float64]
NAN = math.nan
HORIZON = 14
ORIGINS = [60, 80, 99]


def series(seed: int = 1, days: int = 100, columns: int = 3, missing: float = 0.1) -> Floats:
    """A level that walks, weekdays that differ, noise, and days without a value."""
    draw = np.random.default_rng(seed)
    level = 3 + np.cumsum(draw.normal(0, 0.1, (days, columns)), axis=0)
    weekdays = draw.normal(0, 0.5, (7, columns))[np.arange(days) % 7]
    values = level + weekdays + draw.normal(0, 0.2, (days, columns))
    values[draw.random(values.shape) < missing] = NAN
    return values


def plain(values: Floats, alpha: float, gamma: float | None) -> tuple[list[float], float, list[float]]:
    """Errors of one series, its level and its weekdays, day after day."""
    level, weekdays, seen, of_weekday, errors = 0.0, [0.0] * 7, 0, [0] * 7, []
    for day, value in enumerate(values):
        weekday = day % 7
        error = value - level - weekdays[weekday]
        errors.append(error)
        if math.isnan(error):
            continue
        gain = max(alpha, 1 / (seen + 1))
        level += gain * error
        if gamma is not None:
            of_day = max(gamma, 1 / (of_weekday[weekday] + 1 + WEEKDAY_DOUBT))
            weekdays[weekday] += min(of_day, 1 - gain) * error
        seen, of_weekday[weekday] = seen + 1, of_weekday[weekday] + 1
    return errors, level, weekdays


def plain_forecast(values: Floats) -> tuple[list[float], list[float]]:
    """Mean and sd of the next two weeks, of the pair of gains that erred least after two weeks."""
    found = []
    for alpha in LEVEL_GAINS:
        for gamma in WEEKDAY_GAINS:
            errors, level, weekdays = plain(values, alpha, gamma)
            measured = [error for error in errors if not math.isnan(error)][14:]
            found.append(
                (sum(error**2 for error in measured), alpha, gamma or 0.0, level, weekdays, measured)
            )
    _, alpha, gamma, level, weekdays, measured = min(found, key=lambda row: row[0])
    recent = measured[-RECENT_ERRORS:]
    sigma = math.sqrt(sum(error**2 for error in recent) / len(recent))
    means, sds, added = [], [], 0.0
    for ahead in range(1, HORIZON + 1):
        means.append(level + weekdays[(len(values) - 1 + ahead) % 7])
        sds.append(sigma * math.sqrt(1 + added))
        added += (alpha + gamma * (ahead % 7 == 0)) ** 2
    return means, sds


@pytest.mark.parametrize("seed", range(4))
def test_side_by_side_is_one_by_one(seed: int) -> None:
    values = series(seed)
    found = smoothed(values, ORIGINS, HORIZON).forecasts
    for place, origin in enumerate(ORIGINS):
        for column in range(values.shape[1]):
            mean, sd = plain_forecast(values[: origin + 1, column])
            assert found.mean[place, :, column] == pytest.approx(mean)
            assert found.sd[place, :, column] == pytest.approx(sd)


def test_variances_are_those_of_statsmodels() -> None:
    values = series(3, missing=0)[:, 0]
    found = smoothed(values[:, None], [99], HORIZON)
    alpha, gamma = found.level_gain[0, 0], found.weekday_gain[0, 0]
    assert alpha > 0
    assert gamma >= 0
    model = ETSModel(pd.Series(values), error="add", trend=None, seasonal="add", seasonal_periods=7)
    fitted = model.smooth([alpha, gamma, values[0], *([0.0] * 7)])
    theirs = np.asarray(fitted.get_prediction(start=100, end=99 + HORIZON).forecast_variance)
    ours = found.forecasts.sd[0, :, 0] ** 2
    assert ours / ours[0] == pytest.approx(theirs / theirs[0])


def test_what_never_changes_is_forecast_without_doubt() -> None:
    found = smoothed(np.full((60, 1), 2.5), [59], HORIZON).forecasts
    assert found.mean == pytest.approx(np.full((1, HORIZON, 1), 2.5))
    assert found.sd == pytest.approx(np.zeros((1, HORIZON, 1)))


def test_a_spread_takes_four_weeks() -> None:
    """Two weeks to learn the level, and the errors of two more."""
    found = smoothed(series(missing=0), [26, 27], 1).forecasts
    assert np.isnan(found.sd[0]).all()
    assert (found.sd[1] > 0).all()


def test_weekdays_are_learnt() -> None:
    week = np.array([0.0, 0.0, 0.0, 0.0, 0.0, -2.0, -2.0])
    days = np.arange(98)
    found = smoothed((3 + week[days % 7])[:, None], [97], HORIZON).forecasts
    assert found.mean[0, :, 0] == pytest.approx(3 + week[np.arange(98, 112) % 7], abs=0.1)


def test_days_without_a_value_teach_nothing() -> None:
    values = series(missing=0)
    gap = np.concatenate([values, np.full((1, 3), NAN)])
    before, after = smoothed(values, [99], HORIZON).forecasts, smoothed(gap, [100], HORIZON).forecasts
    assert (after.mean[0, :-1] == before.mean[0, 1:]).all()


def every(values: Floats) -> list[Forecasts]:
    """What each forecaster says from the origins."""
    return [
        smoothed(values, ORIGINS, HORIZON).forecasts,
        last_weekday(values, ORIGINS, HORIZON),
        mean_so_far(values, ORIGINS, HORIZON),
    ]


def test_nothing_after_the_origin_matters() -> None:
    """Pitfall 15: what comes after the second origin is turned around."""
    values = series()
    turned = values.copy()
    turned[ORIGINS[1] + 1 :] *= -3
    for ours, theirs in zip(every(values), every(turned), strict=True):
        np.testing.assert_array_equal(ours.mean[:2], theirs.mean[:2])
        np.testing.assert_array_equal(ours.sd[:2], theirs.sd[:2])
        assert (ours.mean[2] != theirs.mean[2]).any()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), column=st.integers(0, 4))
def test_a_series_alone_is_the_same_to_the_last_digit(seed: int, column: int) -> None:
    """Pitfall 20."""
    values = series(seed, columns=5)
    for among, alone in zip(every(values), every(values[:, [column]]), strict=True):
        np.testing.assert_array_equal(among.mean[:, :, column], alone.mean[:, :, 0])
        np.testing.assert_array_equal(among.sd[:, :, column], alone.sd[:, :, 0])


def test_the_last_weekday_by_hand() -> None:
    values = np.array([1, 2, 3, 4, 5, 6, 7, 2, 4, 6, NAN, 10, 12, 14, 4, 8], np.float64)[:, None]
    found = last_weekday(values, [15], 10)
    assert found.mean[0, :, 0] == pytest.approx([6, 4, 10, 12, 14, 4, 8, 6, 4, 10])
    of_a_week = [1, 2, 3, 5, 6, 7, 2, 4]
    of_two = [3, 6]
    spread = [math.sqrt(sum(d**2 for d in ds) / len(ds)) for ds in (of_a_week, of_two)]
    assert found.sd[0, :, 0] == pytest.approx([spread[0]] * 7 + [spread[1]] * 3)


def test_a_weekday_that_never_ran_has_no_value() -> None:
    values = np.full((30, 1), 1.0)
    values[6::7] = NAN
    found = last_weekday(values, [29], 7)
    assert np.isnan(found.mean[0, :, 0]).sum() == 1


def test_the_mean_by_hand() -> None:
    found = mean_so_far(np.array([[1.0], [NAN], [2.0], [6.0], [9.0]]), [3], 2)
    assert found.mean[0, :, 0] == pytest.approx([3, 3])
    assert found.sd[0, :, 0] == pytest.approx([math.sqrt(14 / 2 * (1 + 1 / 3))] * 2)


def test_only_the_last_errors_are_the_spread() -> None:
    errors = np.array([100.0] * 10 + [3.0, NAN] * RECENT_ERRORS)[:, None]
    assert recent_spread(errors) == pytest.approx([3.0])
    assert np.isnan(recent_spread(np.full((5, 1), NAN))).all()


def test_no_day_is_infinite() -> None:
    assert logit_of_counts([0, 5, 10], [10, 10, 10]) == pytest.approx(
        [math.log(0.5 / 10.5), 0.0, math.log(10.5 / 0.5)]
    )
