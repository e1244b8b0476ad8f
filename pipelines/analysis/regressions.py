"""Two sides compared stratum by stratum, so that another mix of tests is no change of quality.

What belongs here: the comparison of statistics.md 2.2. What does not: which test has regressed (sql/metrics).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.contingency_tables import StratifiedTable


@dataclass(frozen=True, slots=True)
class Stratified:
    """Both sides' pass rates, crude and of one common mix; null where not computed.

    `odds_ratio`: odds of a over odds of b, Mantel-Haenszel, with its 95 % interval; `p`:
    Cochran-Mantel-Haenszel, two-sided, without continuity correction. Differences are b − a; `mix_effect` is
    the part of the crude one that another mix of strata makes.
    """

    odds_ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    rate_a: float | None = None
    rate_b: float | None = None
    standardised_a: float | None = None
    standardised_b: float | None = None
    crude_difference: float | None = None
    standardised_difference: float | None = None
    mix_effect: float | None = None


def stratified(strata: Mapping[str, tuple[int, int, int, int]]) -> Stratified:
    """{stratum: (k_a, n_a, k_b, n_b)}, k = passed of n, compared within strata (Mantel and Haenszel 1959).

    The common mix weighs a stratum by n_a + n_b. A stratum with one side alone is in the crude rates and in
    nothing else. One in which all passed, or all failed, says nothing of ratio and p; without any other both
    are null. An infinite ratio is null and 0 has no interval, but p stands (statistics.md 2.2; Simpson's
    paradox: 9).
    """
    rows = np.array([strata[name] for name in sorted(strata)], np.float64).reshape(-1, 4)
    k_a, n_a, k_b, n_b = rows.T
    rate_a, rate_b = _ratio(k_a.sum(), n_a.sum()), _ratio(k_b.sum(), n_b.sum())
    both = (n_a > 0) & (n_b > 0)
    weights = (n_a + n_b)[both]
    standardised_a = _ratio((weights * k_a[both] / n_a[both]).sum(), weights.sum())
    standardised_b = _ratio((weights * k_b[both] / n_b[both]).sum(), weights.sum())
    crude, standardised = _difference(rate_a, rate_b), _difference(standardised_a, standardised_b)
    odds_ratio, low, high, p = _mantel_haenszel(rows[both])
    return Stratified(
        odds_ratio=odds_ratio,
        low=low,
        high=high,
        p=p,
        rate_a=rate_a,
        rate_b=rate_b,
        standardised_a=standardised_a,
        standardised_b=standardised_b,
        crude_difference=crude,
        standardised_difference=standardised,
        mix_effect=_difference(standardised, crude),
    )


def _mantel_haenszel(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float | None, ...]:
    """Odds ratio, its interval and p; strata in which all passed, or all failed, say nothing."""
    k_a, n_a, k_b, n_b = rows.T
    informative = (k_a + k_b > 0) & (k_a + k_b < n_a + n_b)
    if not informative.any():
        return (None,) * 4
    k_a, n_a, k_b, n_b = rows[informative].T
    tables = np.array([[k_a, n_a - k_a], [k_b, n_b - k_b]])
    fitted = StratifiedTable(tables)
    p = float(fitted.test_null_odds(correction=False).pvalue)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(fitted.oddsratio_pooled)
        if not np.isfinite(ratio):
            return None, None, None, p
        if ratio == 0:
            return ratio, None, None, p
        low, high = fitted.oddsratio_pooled_confint()
    return ratio, float(low), float(high), p


def _ratio(numerator: float, denominator: float) -> float | None:
    return float(numerator / denominator) if denominator else None


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else b - a
