"""Intervals and tests: published and worked values, exact coverage, what has no interval."""

from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipelines.analysis.intervals import (
    Interval,
    benjamini_hochberg,
    benjamini_yekutieli,
    binomial_tail,
    binomial_tails,
    clopper_pearson,
    clustered_rate,
    fisher_worse,
    fishers_worse,
    jeffreys,
    jeffreys_frame,
    newcombe,
    pooled_z,
    wilson,
    wilson_many,
)
from tests.unit.analysis.cases import case, near, near_p

K_OF_N = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_one_proportion() -> None:
    inputs, expected = case("P1")
    for k, n in inputs["k_n"]:
        for name, found in (
            ("wilson", wilson(k, n)),
            ("jeffreys_equal_tailed", jeffreys(k, n - k)),
            ("clopper_pearson", clopper_pearson(k, n)),
        ):
            assert (found.low, found.high) == near(tuple(expected[name][f"{k}/{n}"])), (name, k, n)


def test_two_proportions() -> None:
    inputs, expected = case("P2")
    for k1, n1, k2, n2 in inputs["pairs_k1_n1_k2_n2"]:
        found = newcombe(k1, n1, k2, n2)
        assert (found.low, found.high) == near(tuple(expected["newcombe_diff_ci"][f"{k1}/{n1}-{k2}/{n2}"]))
    for words, table in inputs["fisher_tables_fail_pass"].items():
        assert fisher_worse(*table) == near_p(expected["fisher"][words]["p_one_sided_regression"])
    z_test = pooled_z(*inputs["ztest"])
    assert z_test.z == near(expected["pooled_z"])
    assert z_test.p == near_p(expected["pooled_z_p_two_sided"])


def test_false_discovery_control() -> None:
    inputs, expected = case("P3")
    q = benjamini_hochberg(inputs["bh_p_values"])
    assert q.tolist() == near(expected["bh_1995"]["q"])
    assert (q <= inputs["alpha"]).sum() == expected["bh_1995"]["rejected"]
    q = benjamini_yekutieli(inputs["bh_p_values"])
    assert q[:4].tolist() == near(expected["by_2001"]["q_first4"])
    assert (q <= inputs["alpha"]).sum() == expected["by_2001"]["rejected"]
    assert benjamini_hochberg([]).tolist() == benjamini_yekutieli([]).tolist() == []


@pytest.mark.parametrize("adjusted", [benjamini_hochberg, benjamini_yekutieli])
@pytest.mark.parametrize("p", [float("nan"), -0.1, 1.1])
def test_what_is_no_chance_is_refused(adjusted: Callable[[list[float]], object], p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjusted([0.01, p])


@pytest.mark.parametrize(
    "table", [(3, 7, 5, 95), (0, 9, 4, 2), (20, 0, 3, 30), (53, 355, 77, 9301), (450, 50, 4_000, 500)]
)
def test_fisher_in_whole_numbers(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    chances = (comb(a + c, i) * comb(b + d, a + b - i) for i in range(a, min(a + b, a + c) + 1))
    assert fisher_worse(*table) == near_p(float(Fraction(sum(chances), comb(a + b + c + d, a + b))))


def test_binomial_tail_in_whole_numbers() -> None:
    tail = sum(
        comb(300, hits) * Fraction(1, 100) ** hits * Fraction(99, 100) ** (300 - hits) for hits in range(12)
    )
    assert binomial_tail(12, 300, 0.01) == near_p(float(1 - tail))


def test_small_evidence() -> None:
    assert binomial_tail(3, 15, 0.01) == near_p(0.0004158027019)
    for x, n, expected in ((1, 10, 0.095618), (2, 10, 0.004266), (2, 50, 0.089435), (5, 100, 0.003432)):
        assert binomial_tail(x, n, 0.01) == near(expected)
    assert binomial_tail(0, 10, 0.01) == binomial_tail(0, 0, 0.01) == 1


def test_runs_of_one_build_are_not_independent() -> None:
    found = clustered_rate([98, 97, 99, 60, 98, 99, 97, 98, 99, 96], [100] * 10)
    assert (found.rate, found.deff, found.n_eff) == near((0.941, 26.035131, 38.409639))
    assert (found.low, found.high) == near((0.819324, 0.982485))


def test_clusters_at_the_edges() -> None:
    assert clustered_rate([], []).rate is None
    assert clustered_rate([0], [0]).rate is None
    one = clustered_rate([7], [10])
    assert (one.rate, one.deff, one.low) == (0.7, None, None)
    full = clustered_rate([5, 5, 0], [5, 5, 0])
    assert (full.rate, full.deff, full.n_eff, full.high) == (1.0, 1.0, 10.0, 1.0)
    spread_evenly = clustered_rate([5, 5, 5, 5], [10] * 4)
    assert spread_evenly.n_eff == 40


def test_nothing_has_no_interval() -> None:
    assert wilson(0, 0) == clopper_pearson(0, 0) == newcombe(0, 0, 1, 2) == Interval(None, None)
    assert pooled_z(0, 0, 1, 2).z is pooled_z(3, 3, 4, 4).p is None
    assert fisher_worse(0, 0, 3, 3) == fisher_worse(3, 0, 0, 0) == fisher_worse(0, 0, 0, 0) == 1
    assert [np.isnan(ends).tolist() for ends in wilson_many([0, 1], [0, 2])] == [[True, False]] * 2


def test_arrays_are_the_numbers_one_by_one() -> None:
    k, n = np.array([0, 1, 7, 40, 50]), np.array([1, 9, 7, 50, 5_000])
    for (low, high), intervals in (
        (wilson_many(k, n, 0.9), [wilson(*pair, 0.9) for pair in zip(k, n, strict=True)]),
        (jeffreys_frame(k, n - k, 0.9), [jeffreys(*pair, 0.9) for pair in zip(k, n - k, strict=True)]),
    ):
        assert [Interval(*ends) for ends in zip(low, high, strict=True)] == intervals


def test_counts_without_sign_do_not_wrap() -> None:
    none, some = np.array([0], np.uint32), np.array([10], np.uint32)
    assert (
        binomial_tails(none, some, 0.01).tolist() == fishers_worse(none, some, some, some).tolist() == [1.0]
    )


@given(K_OF_N)
def test_intervals_hold_the_rate_and_mirror(pair: tuple[int, int]) -> None:
    k, n = pair
    for interval in (wilson, clopper_pearson):
        found, mirrored = interval(k, n), interval(n - k, n)
        assert found.low is not None
        assert found.high is not None
        assert mirrored.high is not None
        assert 0 <= found.low <= k / n <= found.high <= 1
        assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@given(K_OF_N)
def test_more_successes_raise_both_ends(pair: tuple[int, int]) -> None:
    k, n = pair[0], pair[1] + 1
    for fewer, more in (
        (wilson(k, n), wilson(k + 1, n)),
        (jeffreys(k, n - k), jeffreys(k + 1, n - k - 1)),
        (clopper_pearson(k, n), clopper_pearson(k + 1, n)),
    ):
        assert low(fewer) < low(more)
        assert high(fewer) < high(more)


@given(K_OF_N, K_OF_N)
def test_more_failures_are_a_smaller_chance(sample: tuple[int, int], basis: tuple[int, int]) -> None:
    failed, passed = sample[0], sample[1] - sample[0] + 1
    rest = (basis[0], basis[1] - basis[0])
    chances = fisher_worse(failed, passed, *rest), fisher_worse(failed + 1, passed - 1, *rest)
    tails = binomial_tail(failed, sample[1] + 1, 0.01), binomial_tail(failed + 1, sample[1] + 1, 0.01)
    for more, less in (chances, tails):
        assert 0 <= less <= more * (1 + 1e-9) <= 1 + 2e-9


@given(K_OF_N, K_OF_N)
def test_a_difference_is_held_and_mirrors(one: tuple[int, int], other: tuple[int, int]) -> None:
    found, mirrored = newcombe(*one, *other), newcombe(*other, *one)
    assert found.low is not None
    assert found.high is not None
    assert mirrored.high is not None
    difference = one[0] / one[1] - other[0] / other[1]
    assert -1 - 1e-9 <= found.low <= difference + 1e-9
    assert difference - 1e-9 <= found.high <= 1 + 1e-9
    assert found.low == pytest.approx(-mirrored.high, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.randoms())
def test_q_values_follow_the_order_of_p(p: list[float], random: object) -> None:
    q = benjamini_hochberg(p)
    assert (q >= np.array(p) - 1e-12).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= -1e-12).all()
    assert benjamini_hochberg(np.array(p)[order]).tolist() == pytest.approx(q[order].tolist())
    assert (benjamini_yekutieli(p) >= q - 1e-12).all()


@pytest.mark.parametrize(
    ("phi", "n", "of_jeffreys", "of_wilson"),
    [
        (0.01, 50, 0.986183, 0.910565),
        (0.01, 200, 0.983977, 0.948254),
        (0.05, 50, 0.885279, 0.962224),
        (0.05, 200, 0.949754, 0.967152),
        (0.2, 50, 0.950701, 0.950701),
        (0.2, 200, 0.948151, 0.958498),
    ],
)
def test_exact_coverage(phi: float, n: int, of_jeffreys: float, of_wilson: float) -> None:
    """By enumeration: the chance of a count whose interval holds the truth, edges as they are shown."""
    weights = binom.pmf(np.arange(n + 1), n, phi)

    def coverage(intervals: list[Interval]) -> float:
        held = [float(low(one)) <= phi <= float(high(one)) for one in intervals]
        return float(weights[held].sum())

    shown = [jeffreys(k, n - k) for k in range(n + 1)]
    shown[0], shown[n] = Interval(0.0, shown[0].high), Interval(shown[n].low, 1.0)
    assert coverage(shown) == near(of_jeffreys)
    assert coverage([wilson(k, n) for k in range(n + 1)]) == near(of_wilson)


def low(interval: Interval) -> float:
    assert interval.low is not None
    return interval.low


def high(interval: Interval) -> float:
    assert interval.high is not None
    return interval.high
