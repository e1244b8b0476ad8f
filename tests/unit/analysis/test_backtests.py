"""Backtests: skill and its interval, intervals widened by what was missed, both tables by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pipelines.analysis.backtests import SEED, Bootstrap, conformal_factor, skill
from pipelines.analysis.forecasts import crps_many
from pipelines.analysis.next_run import Histories, failure_probability, history_probability, known, learn
from pipelines.analysis.next_run_backtests_table import next_run_backtests
from pipelines.analysis.pass_rate_backtests_table import pass_rate_backtests
from pipelines.analysis.pass_rate_forecasts import (
    Forecasts,
    last_weekday,
    logit_of_counts,
    mean_so_far,
    smoothed,
)
from warehouse.policy import default_parameters

PARAMETERS = replace(
    default_parameters(),
    forecast_days=60,
    forecast_day_minimum=40,
    forecast_tested_days=10,
    forecast_widening_days=20,
    forecast_tested_day_minimum=5,
    forecast_prediction_minimum=20,
    forecast_horizon_days=3,
    forecast_block_days=2,
)
BLOCKS = Bootstrap(block_days=7, resample_count=1000)


def test_a_score_that_is_always_half_has_no_doubt() -> None:
    reference = np.random.default_rng(1).random(28)
    found = skill(reference / 2, reference, BLOCKS)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_skill_is_of_the_sums() -> None:
    found = skill(np.array([1.0, 0.0]), np.array([1.0, 3.0]), Bootstrap(1, 100))
    assert found.value == pytest.approx(0.75)


def test_the_interval_is_that_of_moving_blocks() -> None:
    """The same resamples, block by block."""
    draw = np.random.default_rng(2)
    score, reference = draw.random(28), draw.random(28) + 0.5
    starts = np.random.default_rng(SEED).integers(0, 22, size=(1000, 4))
    places = [[first + step for first in row for step in range(7)] for row in starts]
    skills = [1 - score[row].sum() / reference[row].sum() for row in places]
    found = skill(score, reference, BLOCKS)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(skills, [0.025, 0.975])))


def test_one_bad_week_widens_the_interval() -> None:
    """Days in blocks are alike: one week of four bears all the loss."""
    reference = np.ones(28)
    together, apart = np.full(28, 0.5), np.full(28, 0.5)
    together[7:14] = 1.5
    apart[::4] = 1.5
    weeks, days = skill(together, reference, BLOCKS), skill(apart, reference, BLOCKS)
    assert weeks.value == days.value == 0.25
    assert weeks.low is not None
    assert days.low is not None
    assert weeks.low < 0 < days.low


def test_nothing_to_gain_where_the_reference_never_erred() -> None:
    found = skill(np.zeros(28), np.zeros(28), BLOCKS)
    assert (found.value, found.low, found.high) == (None, None, None)


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=60), st.floats(0.1, 4))
def test_once_widened_the_interval_holds_its_level(errors: list[float], sd: float) -> None:
    sds = np.full(len(errors), sd)
    factor = conformal_factor(np.array(errors), sds, 0.8)
    assert factor is not None
    reach = norm.ppf(0.9) * factor * sds
    assert np.mean(np.abs(errors) <= reach * (1 + 1e-9)) >= 0.8


def test_an_interval_that_was_too_wide_shrinks() -> None:
    errors = np.random.default_rng(3).normal(0, 1, 5000)
    assert conformal_factor(errors, np.full(5000, 2.0), 0.8) == pytest.approx(0.5, rel=0.05)
    assert conformal_factor(errors, np.full(5000, 0.5), 0.8) == pytest.approx(2.0, rel=0.05)


def test_no_factor_widens_an_interval_of_one_value() -> None:
    assert conformal_factor(np.array([1.0, 1.0]), np.zeros(2), 0.8) is None
    assert conformal_factor(np.zeros(2), np.zeros(2), 0.8) == 0.0
    assert conformal_factor(np.empty(0), np.empty(0), 0.8) is None


def test_scores_of_a_suite_by_hand() -> None:
    """Each of the last ten days is forecast from the three days before it, but from none before the span."""
    draw = np.random.default_rng(6)
    passed = draw.binomial(50, 0.8 + 0.1 * (np.arange(60) % 7 < 5))
    days = pl.DataFrame(
        [
            {"scope_type": "suite", "scope_key": "s1", "project": "p", "age_days": 59 - day}
            | {"run_count": 50, "passed_count": int(count)}
            for day, count in enumerate(passed)
        ]
    )
    logits = logit_of_counts(passed, np.full(60, 50))[:, None]
    far = []
    for origin in range(29, 49):
        told = smoothed(logits, [origin], 3).forecasts
        far += [
            abs(logits[origin + ahead, 0] - told.mean[0, ahead - 1, 0]) / told.sd[0, ahead - 1, 0]
            for ahead in (1, 2, 3)
            if origin + ahead <= 49
        ]
    far = [value for value in far if not np.isnan(value)]
    factor = float(np.quantile(far, 0.8, method="inverted_cdf")) / norm.ppf(0.9)
    found = pass_rate_backtests(days, PARAMETERS)
    for name, make in (("seasonal_naive", last_weekday), ("history_mean", mean_so_far)):
        own, naive, within = np.zeros(10), np.zeros(10), []
        for origin in range(49, 59):
            ours, theirs = smoothed(logits, [origin], 3).forecasts, make(logits, [origin], 3)
            for ahead in range(1, min(3, 59 - origin) + 1):
                y, day = logits[origin + ahead, 0], origin + ahead - 50
                own[day] += _crps(y, ours, ahead, factor)
                naive[day] += _crps(y, theirs, ahead, 1.0)
                sd = ours.sd[0, ahead - 1, 0] * factor * norm.ppf(0.9)
                within.append(abs(y - ours.mean[0, ahead - 1, 0]) <= sd)
        gained = skill(own, naive, Bootstrap(2, 1000))
        expected = {
            "origin_count": 10,
            "prediction_count": 27,
            "coverage": np.mean(within),
            "conformal_factor": factor,
            "crps": own.sum() / 27,
            "reference_crps": naive.sum() / 27,
            "skill": gained.value,
            "skill_low": gained.low,
            "skill_high": gained.high,
        }
        row = found.filter(pl.col("reference") == name).select(list(expected)).row(0, named=True)
        assert row == {key: pytest.approx(value) for key, value in expected.items()}


def _crps(y: float, forecasts: Forecasts, ahead: int, factor: float) -> float:
    mean, sd = forecasts.mean[0, ahead - 1, 0], forecasts.sd[0, ahead - 1, 0] * factor
    return float(crps_many([y], [mean], [sd])[0])


def test_scores_of_next_runs_by_hand() -> None:
    """What tests share is of runs at least ten days old; each later run is predicted but a test's first."""
    draw = np.random.default_rng(7)
    ages = [list(range(length - 1, -1, -1)) for length in (30, 25, 6, 18)]
    failed = [[bool(value) for value in draw.random(len(days)) < 0.3] for days in ages]
    sequences = pl.DataFrame(
        [
            {"test_key": f"t{n}", "variant_key": "", "project": "p", "are_failed": runs, "ages": days}
            for n, (runs, days) in enumerate(zip(failed, ages, strict=True))
        ]
    )
    whole = Histories(np.concatenate([np.array(runs) for runs in failed]), np.array([30, 25, 6, 18]))
    common = learn(whole, np.concatenate([np.array(days) for days in ages]) >= 10)
    own, history, last = np.zeros(10), np.zeros(10), np.zeros(10)
    predictions = 0
    for runs, days in zip(failed, ages, strict=True):
        for place in range(1, len(runs)):
            if days[place] < 10:
                before = known(Histories(np.array(runs[:place]), np.array([place])), 50)
                day, came = 9 - days[place], float(runs[place])
                own[day] += (float(failure_probability(before, common)[0]) - came) ** 2
                history[day] += (float(history_probability(before, common)[0]) - came) ** 2
                last[day] += (float(runs[place - 1]) - came) ** 2
                predictions += 1
    found = next_run_backtests(sequences, PARAMETERS)
    for name, other in (("history", history), ("last_outcome", last)):
        gained = skill(own, other, Bootstrap(2, 1000))
        expected = {
            "prediction_count": predictions,
            "test_count": 4,
            "run_count": 79,
            "brier": own.sum() / predictions,
            "reference_brier": other.sum() / predictions,
            "skill": gained.value,
            "skill_low": gained.low,
            "skill_high": gained.high,
        }
        row = found.filter(pl.col("reference") == name).select(list(expected)).row(0, named=True)
        assert row == {key: pytest.approx(value) for key, value in expected.items()}
