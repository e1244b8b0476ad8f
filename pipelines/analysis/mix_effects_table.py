"""The table ana_mix_effects: what of a change of the pass rate is another mix of tests.

What belongs here: strata out of tests, how sure the standardised rates are. What does not: the comparison
(regressions.py), the spread between invocations (sql/analysis/ana_mix_dispersions.sql).
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.stats import norm

from pipelines.analysis.intervals import Floats
from pipelines.analysis.regressions import stratified
from warehouse.policy import Parameters

_SCOPE: Final = ("scope_type", "scope_key", "rate_name")
_COUNTS: Final = ("basis_passed_count", "basis_run_count", "sample_passed_count", "sample_run_count")
_SCHEMA: Final = pl.Schema(
    {
        **dict.fromkeys(_SCOPE, pl.String()),
        **{
            f"{side}_{name}_count": pl.Int64()
            for side in ("basis", "sample")
            for name in ("run", "passed", "test", "invocation")
        },
        "common_test_count": pl.Int64(),
        **dict.fromkeys(
            (
                *("dispersion", "basis_pass_rate", "sample_pass_rate"),
                *("basis_standardised_pass_rate", "sample_standardised_pass_rate"),
                *("crude_difference", "standardised_difference", "mix_effect"),
                *("basis_n_eff", "sample_n_eff", "z", "p"),
                *("odds_ratio", "odds_ratio_low", "odds_ratio_high", "cmh_p"),
            ),
            pl.Float64(),
        ),
    }
)


def mix_effects(tests: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per scope and rate; tests: counts of both sides of each test × variant, and the dispersion."""
    del parameters
    scopes = tests.sort(*_SCOPE, "test_key", "variant_key").partition_by(_SCOPE, maintain_order=True)
    return pl.DataFrame([_row(scope) for scope in scopes], schema=_SCHEMA, orient="row")


def _row(tests: pl.DataFrame) -> dict[str, Any]:
    counts = tests.select(_COUNTS)
    found = stratified({str(number): row for number, row in enumerate(counts.iter_rows())})
    basis_n_eff = sample_n_eff = z = None
    if found.standardised_a is not None and found.standardised_b is not None:
        strata = _Strata.of(counts, tests["dispersion"][0])
        basis_n_eff = strata.n_eff(found.standardised_a, strata.basis_passed, strata.basis)
        sample_n_eff = strata.n_eff(found.standardised_b, strata.sample_passed, strata.sample)
        z = (found.standardised_b - found.standardised_a) / strata.null_error()
    has_basis, has_sample = (tests[f"{side}_run_count"] > 0 for side in ("basis", "sample"))
    return {
        **tests.select(*_SCOPE, "^.*_invocation_count$", "dispersion").row(0, named=True),
        **counts.sum().row(0, named=True),
        "basis_test_count": has_basis.sum(),
        "sample_test_count": has_sample.sum(),
        "common_test_count": (has_basis & has_sample).sum(),
        "basis_pass_rate": found.rate_a,
        "sample_pass_rate": found.rate_b,
        "basis_standardised_pass_rate": found.standardised_a,
        "sample_standardised_pass_rate": found.standardised_b,
        "crude_difference": found.crude_difference,
        "standardised_difference": found.standardised_difference,
        "mix_effect": found.mix_effect,
        "basis_n_eff": basis_n_eff,
        "sample_n_eff": sample_n_eff,
        "z": z,
        "p": None if z is None else 2 * float(norm.sf(abs(z))),
        "odds_ratio": found.odds_ratio,
        "odds_ratio_low": found.low,
        "odds_ratio_high": found.high,
        "cmh_p": found.p,
    }


@dataclass(frozen=True, slots=True)
class _Strata:
    """Passed and all runs of the tests that ran on both sides, and how much such runs vary.

    The variance of one run is estimated within each test, k(n−k)/n, and lent by all tests with the weight of
    one run: `shared`, which is above 0 where nothing failed, and at most that of all runs as if of one test.
    Rates drawn to a half would make intervals of stable tests three times as wide as they are.
    """

    basis_passed: Floats
    basis: Floats
    sample_passed: Floats
    sample: Floats
    dispersion: float
    shared: float

    @classmethod
    def of(cls, counts: pl.DataFrame, dispersion: float) -> "_Strata":
        rows = counts.to_numpy().astype(np.float64)
        passed, runs = rows[:, [0, 2]], rows[:, [1, 3]]
        rate = (passed.sum() + 0.5) / (runs.sum() + 1)
        within = (_squares(passed, runs).sum() + 0.5) / (np.maximum(runs - 1, 0).sum() + 1)
        k_a, n_a, k_b, n_b = rows[(runs > 0).all(axis=1)].T
        return cls(k_a, n_a, k_b, n_b, dispersion, min(within, rate * (1 - rate)))

    def n_eff(self, rate: float, passed: Floats, runs: Floats) -> float:
        """Independent runs of one rate that would know the standardised one as well."""
        if rate in (0, 1):
            return float(runs.sum()) / self.dispersion
        return rate * (1 - rate) / self._variance(passed, runs, 1 / runs)

    def null_error(self) -> float:
        """Standard error of the difference if every test had one rate on both sides."""
        passed, runs = self.basis_passed + self.sample_passed, self.basis + self.sample
        return sqrt(self._variance(passed, runs, 1 / self.basis + 1 / self.sample))

    def _variance(self, passed: Floats, runs: Floats, per_run: Floats) -> float:
        shares = (self.basis + self.sample) / (self.basis + self.sample).sum()
        of_one_run = (_squares(passed, runs) + self.shared) / runs
        return self.dispersion * float((shares**2 * of_one_run * per_run).sum())


def _squares(passed: Floats, runs: Floats) -> Floats:
    """Sum of squares of runs, 0 or 1 each, about the mean of their test."""
    return np.asarray(passed * (runs - passed) / np.maximum(runs, 1))
