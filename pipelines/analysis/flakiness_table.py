"""The table ana_flakiness: what is known of the flake rate of every test, its state and its label.

What belongs here: columns out of the formulas, family by family. What does not: the formulas (flakiness.py,
segments.py, intervals.py) and which label the columns earn (labels.py).
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.analysis.flakiness import (
    FEWEST_FLAKES,
    FEWEST_TESTS,
    JEFFREYS,
    Floats,
    false_discovery_flags,
    fit_prior,
    posteriors,
)
from pipelines.analysis.labels import label
from pipelines.analysis.segments import current_states
from warehouse.policy import Parameters

_KEYS: Final = ("test_key", "variant_key")
_KEPT: Final = (
    *_KEYS,
    *("label", "reason", "evidence_grade", "index", "index_low", "index_high", "index_upper"),
    *("posterior_mean", "posterior_low", "posterior_high", "p_above_floor", "decayed_mean", "decayed_low"),
    *("is_discovered", "prior_alpha", "prior_beta", "prior_scope"),
    *("broken_prior", "broken_probability"),
)


def flakiness(counts: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per test × variant with its counts and state: the same with posterior, discovery and label."""
    rows = _with_priors(counts.sort(_KEYS), parameters.flakiness_prior_run_minimum)
    rows = _with_rates(rows, parameters.flakiness_rate_floor)
    rows = _with_discoveries(rows, parameters)
    rows = _with_state(rows, parameters.segment_lucky_pass_share)
    return label(rows, parameters).select(_KEPT)


def _with_priors(rows: pl.DataFrame, run_minimum: int) -> pl.DataFrame:
    """The prior of each row's project × variant, else of its project, else Jeffreys'."""
    alpha, beta = (np.full(rows.height, value) for value in JEFFREYS)
    scope = np.full(rows.height, "jeffreys", dtype=object)
    for name, keys in (("project", ["project"]), ("variant", ["project", "variant_key"])):
        for members in _families(rows, keys):
            family = rows[members].filter(pl.col("flake_count") + pl.col("pass_count") >= run_minimum)
            if family.height < FEWEST_TESTS or family["flake_count"].sum() < FEWEST_FLAKES:
                continue  # no fit of so little is accepted
            prior = fit_prior(family["flake_count"], family["flake_count"] + family["pass_count"])
            if prior.accepted:
                alpha[members], beta[members], scope[members] = prior.alpha, prior.beta, name
    return rows.with_columns(
        pl.Series("prior_alpha", alpha, pl.Float64),
        pl.Series("prior_beta", beta, pl.Float64),
        pl.Series("prior_scope", scope.tolist(), pl.String),
    )


def _with_rates(rows: pl.DataFrame, floor: float) -> pl.DataFrame:
    x, s, h = (_floats(rows, f"{name}_count") for name in ("flake", "pass", "hard_fail"))
    alpha, beta = _floats(rows, "prior_alpha"), _floats(rows, "prior_beta")
    _, low, high, _ = posteriors(x, s, *JEFFREYS)
    mean, posterior_low, posterior_high, p_above = posteriors(x, s, alpha, beta, floor)
    decayed = posteriors(_floats(rows, "flake_weight"), _floats(rows, "pass_weight"), alpha, beta)
    with np.errstate(invalid="ignore"):
        columns = {
            "index": x / (x + s),
            "index_low": np.where(x == 0, 0.0, low),
            "index_high": np.where(s == 0, 1.0, high),
            "index_upper": (x + h) / (x + s + h),
            "posterior_mean": mean,
            "posterior_low": posterior_low,
            "posterior_high": posterior_high,
            "p_above_floor": p_above,
            "decayed_mean": decayed[0],
            "decayed_low": decayed[1],
        }
    return rows.with_columns(
        pl.Series(name, values, pl.Float64).fill_nan(None) for name, values in columns.items()
    )


def _with_discoveries(rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """False-discovery control over each project, by the posterior."""
    is_discovered = np.zeros(rows.height, bool)
    for members in _families(rows, ["project"]):
        error = 1 - _floats(rows[members], "p_above_floor")
        is_discovered[members] = false_discovery_flags(error, parameters.flakiness_false_discovery_level)
    return rows.with_columns(pl.Series("is_discovered", is_discovered, pl.Boolean))


def _with_state(rows: pl.DataFrame, lucky_pass_share: float) -> pl.DataFrame:
    """Break hazard per change = (breaking cuts + 1/2) / (changes + 1), and the posterior of being broken."""
    hazard = (_floats(rows, "breaking_cut_count") + 0.5) / _floats(rows, "position_count")
    failures, changes = _floats(rows, "failing_attempt_count"), _floats(rows, "change_count")
    phi = _floats(rows, "posterior_mean")
    h, r = current_states(failures, np.zeros(rows.height), phi, hazard, changes, lucky_pass_share)
    return rows.with_columns(
        pl.Series("broken_prior", h, pl.Float64), pl.Series("broken_probability", r, pl.Float64)
    )


def _families(rows: pl.DataFrame, keys: list[str]) -> list[npt.NDArray[np.int64]]:
    """The row numbers of each family."""
    numbered = rows.select(*keys, pl.int_range(pl.len()).alias("row"))
    return [part["row"].to_numpy() for part in numbered.partition_by(keys, maintain_order=True)]


def _floats(rows: pl.DataFrame, name: str) -> Floats:
    return rows[name].cast(pl.Float64).to_numpy()
