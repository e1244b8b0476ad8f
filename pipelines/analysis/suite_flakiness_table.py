"""The table ana_suite_flakiness: how often a run of all tests of a scope meets at least one flake.

What belongs here: the chance and its interval, scope by scope. What does not: the flake rate of one test
(flakiness_table.py).
"""

from typing import Final

import numpy as np
import polars as pl
from scipy.special import digamma, gammaincinv, polygamma

from pipelines.analysis.flakiness import Floats
from warehouse.policy import Parameters

_SCOPE: Final = ("scope_type", "scope_key")


def suite_flakiness(tests: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope: the chance that at least one of its tests flakes, without and with one retry.

    tests: scope and flake rate of each test × variant as Beta(`alpha`, `beta`), `rate` its mean. Null where a
    test's prior was not learnt from others: over many tests the product is then all prior and no evidence.
    1 − Π(1 − E φ), with a retry 1 − Π(1 − E φ²): the expectations (statistics.md 1.6). The 95 % interval is
    that of a gamma distribution with the mean and the variance of S = −Σ ln(1 − φ), which are
    Σ digamma(α+β) − digamma(β) and Σ trigamma(β) − trigamma(α+β): within two points of 4,000 draws.
    """
    del parameters
    ordered = tests.sort(*_SCOPE, "test_key", "variant_key")
    alpha, beta, rate = (ordered[name].to_numpy() for name in ("alpha", "beta", "rate"))
    sums = (
        ordered.select(*_SCOPE, "is_prior_learnt")
        .with_columns(
            pl.Series("survival", np.log1p(-rate)),
            pl.Series("survival_retried", np.log1p(-rate * (alpha + 1) / (alpha + beta + 1))),
            pl.Series("mean", digamma(alpha + beta) - digamma(beta)),
            pl.Series("variance", polygamma(1, beta) - polygamma(1, alpha + beta)),
        )
        .group_by(_SCOPE, maintain_order=True)
        .agg(
            pl.len().alias("test_count"),
            pl.col("is_prior_learnt").all(),
            pl.exclude(*_SCOPE, "is_prior_learnt").sum(),
        )
    )
    low, high = _interval(sums["mean"].to_numpy(), sums["variance"].to_numpy())
    rates = {
        "flaky_pipeline_rate": -np.expm1(sums["survival"].to_numpy()),
        "flaky_pipeline_rate_low": low,
        "flaky_pipeline_rate_high": high,
        "flaky_pipeline_rate_with_retry": -np.expm1(sums["survival_retried"].to_numpy()),
    }
    columns = [pl.Series(name, values, pl.Float64) for name, values in rates.items()]
    return sums.select(*_SCOPE, "test_count", "is_prior_learnt", *columns).with_columns(
        pl.when("is_prior_learnt").then(pl.col(name)).alias(name) for name in rates
    )


def _interval(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    shape, scale = mean**2 / variance, variance / mean
    low, high = (-np.expm1(-scale * gammaincinv(shape, level)) for level in (0.025, 0.975))
    return low, high
