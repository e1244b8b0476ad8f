"""Durations: the worked case P6, parity with SciPy, and what no order and no unit may change."""

import math
import random
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, quantile_test

from pipelines.analysis.durations import (
    bucket_value,
    histogram,
    histogram_quantile,
    quantile_interval,
    rank_sum_p,
    shift,
    wilcoxon_rank,
)
from tests.unit.analysis.cases import case, near

_MS = st.floats(1, 1e7)
_DURATIONS = st.lists(_MS, min_size=1, max_size=60)
_SHARES = st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])


def test_p6_quantiles_and_their_order_statistics() -> None:
    inputs, expected = case("P6")
    p50, p95 = (quantile_interval(inputs["day1"], q) for q in (0.5, 0.95))
    assert (p50.value, [p50.low, p50.high]) == (expected["p50_day1_type1"], expected["p50_day1_ci"])
    assert [p50.rank_low, p50.rank_high] == expected["p50_ranks"]
    assert (p95.value, [p95.low, p95.high]) == (expected["p95_day1_type1"], expected["p95_day1_ci"])
    assert [p95.rank_low, p95.rank_high] == expected["p95_ranks"]


def test_p6_thirty_values_leave_the_p95_unbounded() -> None:
    inputs, _ = case("P6")
    found = quantile_interval(inputs["day2"], 0.95)
    assert (found.high, found.rank_high) == (None, None)


def test_p6_merged_histograms_and_not_the_mean_of_quantiles() -> None:
    inputs, expected = case("P6")
    merged = Counter(histogram(inputs["day1"])) + Counter(histogram(inputs["day2"]))
    assert histogram_quantile(merged, 0.95) == near(expected["ddsketch_p95_both_days"])
    assert histogram_quantile(merged, 0.5) == near(expected["ddsketch_p50_both_days"])
    assert bucket_value(expected["ddsketch_bucket_p95_both_days"]) == near(expected["ddsketch_p95_both_days"])


@pytest.mark.parametrize("n", [71, 72])
def test_seventy_two_values_bound_a_p95(n: int) -> None:
    assert (quantile_interval(range(n), 0.95).high is not None) == (n >= 72)


@given(_DURATIONS, _SHARES, st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_are_those_of_scipy(values: list[float], q: float, level: float) -> None:
    found = quantile_interval(values, q, level)
    theirs = quantile_test(values, q=0, p=q).confidence_interval(confidence_level=level)
    ours = tuple(math.nan if end is None else end for end in (found.low, found.high))
    assert ours == pytest.approx((theirs.low, theirs.high), nan_ok=True)
    assert found.value == np.quantile(values, q, method="inverted_cdf")


@given(_DURATIONS, _SHARES)
def test_a_histogram_is_at_most_one_percent_off(values: list[float], q: float) -> None:
    found = histogram_quantile(histogram(values), q)
    assert found == pytest.approx(quantile_interval(values, q).value, rel=0.0100001)


@given(_DURATIONS, _DURATIONS, st.randoms())
def test_histograms_merge_in_any_order(left: list[float], right: list[float], order: random.Random) -> None:
    both = [*left, *right]
    order.shuffle(both)
    assert histogram(both) == dict(sorted((Counter(histogram(left)) + Counter(histogram(right))).items()))


def test_below_a_millisecond_is_a_millisecond() -> None:
    assert histogram([0, 0.2, 1]) == {0: 3}
    assert histogram_quantile({0: 3}, 0.5) == pytest.approx(1, rel=0.011)


def test_nothing_measured_has_no_quantile() -> None:
    assert histogram_quantile({}, 0.5) is None
    assert quantile_interval([], 0.5).value is None
    assert shift([], [1.0]).ratio is None


@pytest.mark.parametrize(("m", "n"), [(1, 5), (3, 3), (4, 6), (5, 7), (2, 10)])
def test_ranks_of_wilcoxon_by_all_orders(m: int, n: int) -> None:
    least = m * (m - 1) // 2
    statistics = sorted(sum(ranks) - least for ranks in combinations(range(m + n), m))
    expected = statistics[math.ceil(0.025 * len(statistics)) - 1]
    assert wilcoxon_rank(0.025, m, n) == wilcoxon_rank(0.025, n, m) == expected


@pytest.mark.parametrize(("m", "n", "critical"), [(10, 10, 23), (5, 20, 20), (8, 15, 29), (20, 20, 127)])
def test_ranks_of_wilcoxon_are_one_above_the_critical_values_of_tables(m: int, n: int, critical: int) -> None:
    assert wilcoxon_rank(0.025, m, n) == critical + 1


def test_ranks_of_very_many_values_are_next_to_the_exact_ones() -> None:
    assert abs(wilcoxon_rank(0.025, 151, 151) - wilcoxon_rank(0.025, 150, 150) * (151 / 150) ** 2) < 20


def test_a_shift_by_hand() -> None:
    found = shift([100, 200, 400], [200, 400, 800])
    assert found.ratio == pytest.approx(2)
    assert [found.low, found.high] == pytest.approx([0.5, 8])
    assert found.superiority == pytest.approx((1 / 2 + 2 + 1 / 2 + 1 + 1 + 2) / 9, abs=0.06)


@given(st.lists(_MS, min_size=2, max_size=30), st.lists(_MS, min_size=2, max_size=30))
def test_p_is_that_of_mann_whitney(baseline: list[float], current: list[float]) -> None:
    everything = [*baseline, *current]
    has_ties = len(set(np.log(everything))) < len(everything)
    theirs = mannwhitneyu(np.log(current), np.log(baseline), method="asymptotic" if has_ties else "exact")
    found = shift(baseline, current)
    if len(set(np.log(everything))) > 1:
        assert found.p == pytest.approx(float(theirs.pvalue))
    assert found.superiority == pytest.approx(float(theirs.statistic) / (len(baseline) * len(current)))


@given(st.integers(1, 12), st.integers(1, 12), st.randoms())
def test_p_of_ranks_is_the_exact_one(m: int, n: int, order: random.Random) -> None:
    values = order.sample(range(100), m + n)
    theirs = mannwhitneyu(values[:m], values[m:], method="exact")
    assert rank_sum_p(float(theirs.statistic), m, n) == pytest.approx(float(theirs.pvalue))


def test_p_of_very_many_ranks_is_the_normal_one() -> None:
    theirs = mannwhitneyu(np.arange(200), np.arange(200) + 25.5, method="asymptotic")
    assert rank_sum_p(float(theirs.statistic), 200, 200) == pytest.approx(float(theirs.pvalue), rel=1e-3)


@given(st.lists(_MS, min_size=5, max_size=30), st.lists(_MS, min_size=5, max_size=30), st.floats(1.1, 5))
def test_current_ones_that_take_longer_scale_the_ratio(
    baseline: list[float], current: list[float], factor: float
) -> None:
    found, scaled = shift(baseline, current), shift(baseline, [factor * value for value in current])
    assert found.ratio is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.ratio <= found.high
    assert scaled.ratio == pytest.approx(factor * found.ratio)
    assert scaled.low == pytest.approx(factor * found.low)


@given(st.lists(_MS, min_size=5, max_size=30), st.lists(_MS, min_size=5, max_size=30), st.randoms())
def test_order_and_sides(baseline: list[float], current: list[float], order: random.Random) -> None:
    found, back = shift(baseline, current), shift(current, baseline)
    assert found.ratio is not None
    assert back.ratio is not None
    assert found.ratio * back.ratio == pytest.approx(1)
    shuffled = order.sample(baseline, len(baseline))
    assert shift(shuffled, current) == found


def test_equal_durations_are_no_shift() -> None:
    found = shift([100] * 20, [100] * 10)
    assert (found.ratio, found.low, found.high, found.p, found.superiority) == (1, 1, 1, 1, 0.5)


def test_the_interval_covers_what_it_says() -> None:
    """Of 400 pairs of samples with a ratio of 1.3, at least 93 % hold it."""
    random_numbers = np.random.default_rng(20261201)
    held = 0
    for _ in range(400):
        baseline = random_numbers.lognormal(6, 0.4, 60)
        current = 1.3 * random_numbers.lognormal(6, 0.4, 20)
        found = shift(baseline, current)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1.3 <= found.high
    assert 0.93 <= held / 400 <= 0.98
