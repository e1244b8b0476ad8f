"""Scores of forecasts against their definitions: numerical integrals, sums over all outcomes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, comb
from scipy.stats import norm

from pipelines.analysis.forecasts import next_passes, score, score_binary

_VALUES = st.floats(-5, 5)
_SPREADS = st.floats(0.1, 3)


@given(_VALUES, _VALUES, _SPREADS)
def test_crps_is_the_integral_of_its_definition(y: float, mu: float, sd: float) -> None:
    below = quad(lambda x: norm.cdf(x, mu, sd) ** 2, -40, y, points=[mu], limit=200)[0]
    above = quad(lambda x: norm.sf(x, mu, sd) ** 2, y, 40, points=[mu], limit=200)[0]
    assert score([y], [mu], [sd], [mu], [sd]).crps == pytest.approx(below + above, abs=1e-6)


def test_score_by_hand() -> None:
    found = score([1.0, 2.0, 3.0], [1.0, 2.0, 2.5], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    of_hit = 2 * norm.pdf(0) - 1 / math.sqrt(math.pi)
    assert found.crps == pytest.approx((2 * of_hit + 0.5) / 3)
    assert found.crps_naive == 2.0
    assert found.skill == pytest.approx(1 - (2 * of_hit + 0.5) / 6)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.pinball[0.5] == pytest.approx(0.25 / 3)
    assert found.pinball[0.1] == pytest.approx((2 * 0.1 * norm.ppf(0.9) + 0.1 * 0.5) / 3)


def test_the_interval_holds_its_ends_and_has_the_level_asked_for() -> None:
    y = [norm.ppf(0.9), norm.ppf(0.95)]
    zeros, ones = [0.0, 0.0], [1.0, 1.0]
    assert score(y, zeros, ones, zeros, ones).coverage == 0.5
    assert score(y, zeros, ones, zeros, ones, level=0.9).coverage == 1.0


def test_a_perfect_naive_forecast_leaves_no_skill_to_tell() -> None:
    assert score([1.0], [0.0], [1.0], [1.0], [0.0]).skill is None


def test_no_origin_no_score() -> None:
    found = score([], [], [], [], [])
    assert (found.crps, found.skill, found.coverage, found.pinball[0.5]) == (None,) * 4
    assert score_binary([], [], []).brier is None


def test_binary_score_by_hand() -> None:
    found = score_binary([0.2, 0.9], [0, 1], [0.5, 0.5])
    assert found.brier == pytest.approx((0.04 + 0.01) / 2)
    assert found.brier_skill == pytest.approx(1 - 0.025 / 0.25)
    assert found.log_score == pytest.approx(-(math.log(0.8) + math.log(0.9)) / 2)


def test_what_was_called_impossible_scores_infinity() -> None:
    found = score_binary([0.0], [1], [1.0])
    assert (found.brier, found.brier_skill, found.log_score) == (1.0, None, math.inf)


@given(st.integers(1, 40), st.floats(0.2, 30), st.floats(0.2, 30))
def test_next_passes_is_the_beta_binomial(n: int, alpha: float, beta: float) -> None:
    k = np.arange(n + 1)
    weights = comb(n, k) * np.exp(betaln(k + alpha, n - k + beta) - betaln(alpha, beta))
    found = next_passes(n, alpha, beta)
    assert found.mean == pytest.approx(float(weights @ k))
    assert found.p_all == pytest.approx(float(weights[-1]))
    assert weights[found.low : found.high + 1].sum() >= 0.8 - 1e-9
    assert weights[found.low + 1 :].sum() <= 0.9 + 1e-9 or found.low == 0
