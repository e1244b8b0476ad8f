"""The chance that a run of all tests meets a flake: the numbers of the specification, and draws."""

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.suite_flakiness_table import suite_flakiness
from tests.unit.analysis.cases import near
from warehouse.policy import default_parameters

Beta = tuple[float, float]


def rates(*tests: Beta, is_prior_learnt: bool = True) -> dict[str, float | None]:
    """The one scope with these tests."""
    rows = [
        {
            "scope_type": "all",
            "scope_key": "all",
            "test_key": f"t{number}",
            "variant_key": "v",
            "alpha": alpha,
            "beta": beta,
            "rate": alpha / (alpha + beta),
            "is_prior_learnt": is_prior_learnt,
        }
        for number, (alpha, beta) in enumerate(tests)
    ]
    (row,) = suite_flakiness(pl.DataFrame(rows), default_parameters()).iter_rows(named=True)
    return row


def test_a_thousand_tests_that_seldom_flake() -> None:
    found = rates(*[(5e7, 99_950e6)] * 1_000)
    assert found["flaky_pipeline_rate"] == near(0.393545)
    assert found["flaky_pipeline_rate_with_retry"] == near(0.000250)


@pytest.mark.parametrize(
    "tests",
    [
        [(0.5, 999.5)] * 1_000,
        [(0.3, 20.0)] * 5 + [(0.05, 60.0)] * 100,
        [(3.0, 30.0)] * 3,
        [(2.0, 300.0)] * 40,
    ],
)
def test_the_interval_is_that_of_draws(tests: list[Beta]) -> None:
    random = np.random.default_rng(3)
    draws = np.array([random.beta(alpha, beta, 4_000) for alpha, beta in tests])
    low, high = np.quantile(-np.expm1(np.log1p(-draws).sum(axis=0)), [0.025, 0.975])
    found = rates(*tests)
    assert found["flaky_pipeline_rate_low"] == pytest.approx(low, abs=0.02)
    assert found["flaky_pipeline_rate_high"] == pytest.approx(high, abs=0.02)


def test_a_retry_must_flake_as_well() -> None:
    random = np.random.default_rng(4)
    draws = random.beta(0.05, 10, (100_000, 100))
    found = rates(*[(0.05, 10.0)] * 100)
    expected = float(-np.expm1(np.log1p(-(draws**2)).sum(axis=1)).mean())
    assert found["flaky_pipeline_rate_with_retry"] == pytest.approx(expected, abs=0.002)


def test_without_a_prior_from_other_tests_nothing_is_said() -> None:
    found = rates((0.5, 30.5), (0.5, 30.5), is_prior_learnt=False)
    assert found["test_count"] == 2
    assert found["flaky_pipeline_rate"] is None
    assert found["flaky_pipeline_rate_high"] is None
