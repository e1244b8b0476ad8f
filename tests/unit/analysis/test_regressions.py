"""Two sides stratum by stratum: Simpson's paradox, the Mantel-Haenszel formulas, strata that say nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from pipelines.analysis.regressions import Stratified, stratified
from tests.unit.analysis.cases import near

SIDE = st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
STRATA = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(SIDE, SIDE).map(lambda pair: (*pair[0], *pair[1]))
)


def test_more_easy_tests_are_no_improvement() -> None:
    """Pitfall 1: both strata get worse while the crude rate doubles."""
    found = stratified({"easy": (90, 100, 850, 1000), "hard": (300, 1000, 20, 100)})
    assert (found.rate_a, found.rate_b) == near((390 / 1100, 870 / 1100))
    assert (found.standardised_a, found.standardised_b) == near((0.6, 0.525))
    assert found.crude_difference == near(480 / 1100)
    assert found.standardised_difference == near(-0.075)
    assert found.mix_effect == near(480 / 1100 + 0.075)
    assert found.odds_ratio is not None
    assert found.odds_ratio > 1
    assert found.p is not None
    assert found.p < 0.05


def test_the_odds_ratio_of_mantel_and_haenszel() -> None:
    strata = {"a": (8, 10, 5, 9), "b": (30, 40, 22, 41), "c": (3, 3, 2, 2), "d": (1, 5, 0, 0)}
    pooled = [strata[name] for name in "ab"]
    ratio = sum(ka * (nb - kb) / (na + nb) for ka, na, kb, nb in pooled) / sum(
        kb * (na - ka) / (na + nb) for ka, na, kb, nb in pooled
    )
    expected = sum((ka + kb) * na / (na + nb) for ka, na, kb, nb in pooled)
    variance = sum(
        na * nb * (ka + kb) * (na + nb - ka - kb) / ((na + nb) ** 2 * (na + nb - 1))
        for ka, na, kb, nb in pooled
    )
    found = stratified(strata)
    assert found.odds_ratio == near(ratio)
    assert found.low is not None
    assert found.high is not None
    assert found.low < ratio < found.high
    assert (found.low, found.high) == near(robins_breslow_greenland(pooled, ratio))
    observed = sum(ka for ka, *_ in pooled)
    assert found.p == near(float(chi2.sf((observed - expected) ** 2 / variance, 1)))


def robins_breslow_greenland(strata: list[tuple[int, int, int, int]], ratio: float) -> tuple[float, float]:
    """The 95 % interval as their paper (Biometrics 1986) writes it."""
    tables = [(ka, na - ka, kb, nb - kb, na + nb) for ka, na, kb, nb in strata]
    r = [a * d / n for a, _, _, d, n in tables]
    s = [b * c / n for _, b, c, _, n in tables]
    p = [(a + d) / n for a, _, _, d, n in tables]
    first = sum(p * r for p, r in zip(p, r, strict=True)) / (2 * sum(r) ** 2)
    cross = sum(p * s + (1 - p) * r for p, r, s in zip(p, r, s, strict=True)) / (2 * sum(r) * sum(s))
    last = sum((1 - p) * s for p, s in zip(p, s, strict=True)) / (2 * sum(s) ** 2)
    width = 1.959963984540054 * math.sqrt(first + cross + last)
    return ratio * math.exp(-width), ratio * math.exp(width)


@pytest.mark.parametrize("strata", [{}, {"a": (0, 0, 0, 0)}])
def test_nothing_is_not_compared(strata: dict[str, tuple[int, int, int, int]]) -> None:
    assert stratified(strata) == Stratified()


def test_a_stratum_of_one_side_is_in_the_crude_rate_alone() -> None:
    found = stratified({"both": (9, 10, 8, 10), "new": (0, 0, 50, 50)})
    assert found.rate_b == near(58 / 60)
    assert found.standardised_b == near(0.8)
    assert found.mix_effect == near(58 / 60 - 0.9 + 0.1)


def test_all_against_none_has_no_ratio_but_a_p() -> None:
    found = stratified({"a": (5, 5, 0, 5)})
    assert (found.odds_ratio, found.low) == (None, None)
    assert found.p is not None
    none = stratified({"a": (0, 5, 5, 5)})
    assert (none.odds_ratio, none.low, none.high, none.p) == (0, None, None, found.p)


def test_where_all_passed_there_is_no_ratio_and_no_p() -> None:
    found = stratified({"a": (5, 5, 7, 7)})
    assert (found.odds_ratio, found.low, found.p) == (None, None, None)
    assert (found.standardised_difference, found.mix_effect) == (0, 0)


def test_sides_without_a_common_stratum_have_crude_rates_alone() -> None:
    found = stratified({"old": (9, 10, 0, 0), "new": (0, 0, 4, 5)})
    assert found == Stratified(rate_a=0.9, rate_b=0.8, crude_difference=near(-0.1))


@settings(max_examples=60, deadline=None)
@given(STRATA)
def test_sides_exchanged_change_the_sign(strata: dict[str, tuple[int, int, int, int]]) -> None:
    found = stratified(strata)
    mirrored = stratified({name: (kb, nb, ka, na) for name, (ka, na, kb, nb) in strata.items()})
    assert (found.rate_a, found.standardised_a) == (mirrored.rate_b, mirrored.standardised_b)
    if found.mix_effect is not None:
        assert found.mix_effect == pytest.approx(-float(mirrored.mix_effect or 0), abs=1e-12)
    if found.odds_ratio and mirrored.odds_ratio:
        assert found.odds_ratio == pytest.approx(1 / mirrored.odds_ratio)
    assert stratified(dict(sorted(strata.items(), reverse=True))) == found
