"""Flakiness of one test: the worked example, priors that are recovered, false-discovery control."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from pipelines.analysis.flakiness import (
    Run,
    counts,
    false_discovery_flags,
    fit_prior,
    posterior,
    posteriors,
)
from pipelines.analysis.flakiness_table import flakiness
from pipelines.analysis.intervals import benjamini_hochberg, binomial_tails
from tests.unit.analysis.cases import case, near
from warehouse.policy import default_parameters

INPUTS, EXPECTED = case("P3")
RUNS: list[Run] = [tuple(run) for run in INPUTS["runs_age_days_commit_attempts"]]

ANY_RUNS = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["P", "F", "FP", "FF", "FFP"]),
    ),
    max_size=30,
)


def test_the_worked_example() -> None:
    found = counts(RUNS, INPUTS["half_life_days"])
    assert list(found.labels) == EXPECTED["labels_in_input_order"]
    assert (found.x, found.s, found.h) == (EXPECTED["x"], EXPECTED["s"], EXPECTED["h"])
    assert found.index == near(EXPECTED["index_confirmed_raw"])
    assert found.index_upper == near(EXPECTED["index_upper_bound_raw"])
    decayed = (found.x_decayed, found.s_decayed, found.h_decayed)
    assert decayed == near(tuple(EXPECTED[f"decayed_{name}"] for name in "xsh"))
    assert found.n_eff == near(EXPECTED["kish_n_eff"])
    assert (found.flips, found.retry_passes) == (
        EXPECTED["first_attempt_flips"],
        EXPECTED["pass_on_retry_runs"],
    )
    assert found.flip_rate == near(EXPECTED["flip_rate"])
    assert found.entropy_bits == near(EXPECTED["attempt_entropy_bits"])
    assert list(found.mixed_commits) == EXPECTED["same_commit_disagreement_commits"]


def test_posteriors_of_the_worked_example() -> None:
    alpha, beta = EXPECTED["eb_prior"]
    plain = posterior(3, 12, alpha, beta, INPUTS["phi0"])
    assert plain.mean == near(EXPECTED["eb_mean"])
    assert (plain.low, plain.high) == near(tuple(EXPECTED["eb_ci95"]))
    assert plain.p_above == near(EXPECTED["eb_prob_gt_1pct"])
    decayed = posterior(EXPECTED["decayed_x"], EXPECTED["decayed_s"], alpha, beta)
    assert decayed.mean == near(EXPECTED["decayed_eb_mean"])
    assert (decayed.low, decayed.high) == near(tuple(EXPECTED["decayed_eb_ci95"]))
    jeffreys = posterior(3, 12, *INPUTS["jeffreys"])
    assert jeffreys.mean == near(EXPECTED["jeffreys_mean"])
    assert (jeffreys.low, jeffreys.high) == near(tuple(EXPECTED["jeffreys_ci95"]))


@pytest.mark.parametrize(
    ("letters", "expected"),
    [("PPPPPFFFFF", (0, 5, 5, 1)), ("PFPFPFPFPF", (0, 5, 5, 9)), ("FFFFFFFFFF", (0, 0, 10, 0))],
)
def test_single_runs_of_many_commits_are_no_flakes(letters: str, expected: tuple[int, ...]) -> None:
    runs: list[Run] = [(10 - day, f"c{day}", letter) for day, letter in enumerate(letters)]
    found = counts(runs)
    assert (found.x, found.s, found.h, found.flips) == expected


def test_a_run_without_commit_speaks_for_itself() -> None:
    found = counts([(0, None, "P"), (0, None, "F"), (1, None, "FP")])
    assert found.labels == ("pass", "hard_fail", "flake")
    assert found.mixed_commits == ()


def test_nothing_has_no_rate() -> None:
    found = counts([])
    assert (found.index, found.index_upper, found.n_eff, found.flip_rate, found.entropy_bits) == (None,) * 5
    assert counts([(0, "a", "F")]).index is None


def test_old_runs_weigh_alike() -> None:
    assert counts([(20_000, "a", "P"), (20_000, "b", "FP")]).n_eff == 2


@given(ANY_RUNS)
def test_every_run_is_one_of_three(runs: list[Run]) -> None:
    found = counts(runs)
    assert found.x + found.s + found.h == len(runs) == len(found.labels)
    assert found.retry_passes <= found.x
    if found.index is not None and found.index_upper is not None:
        assert found.index <= found.index_upper
    assert counts(runs[::-1]).labels == found.labels[::-1]


@given(ANY_RUNS, st.integers(1, 5))
def test_retries_of_passing_code_change_no_count_of_runs(runs: list[Run], more: int) -> None:
    """Pitfall 4: further attempts of a run do not make it several."""
    longer: list[Run] = [(age, commit, letters + "P" * more) for age, commit, letters in runs]
    assert len(counts(longer).labels) == len(runs)
    assert counts(longer).s == counts(runs).s


@pytest.mark.parametrize(("alpha", "beta"), [(0.15, 5.1), (0.5, 0.5), (2.0, 30.0)])
def test_a_prior_is_recovered(alpha: float, beta: float) -> None:
    random = np.random.default_rng(7)
    n = random.integers(20, 300, 20_000)
    x = random.binomial(n, random.beta(alpha, beta, 20_000))
    found = fit_prior(x, n)
    assert found.accepted
    assert (found.alpha, found.beta) == pytest.approx((alpha, beta), rel=0.1)


def test_a_prior_is_the_maximum() -> None:
    random = np.random.default_rng(8)
    n = random.integers(5, 200, 400)
    x = random.binomial(n, random.beta(0.2, 4, 400))
    found = fit_prior(x, n)

    def loglik(alpha: float, beta: float) -> float:
        return float((betaln(x + alpha, n - x + beta) - betaln(alpha, beta)).sum())

    assert found.loglik == near(loglik(found.alpha, found.beta))
    for factors in ((1.001, 1), (0.999, 1), (1, 1.001), (1, 0.999)):
        assert loglik(found.alpha * factors[0], found.beta * factors[1]) < found.loglik


@pytest.mark.parametrize(
    ("x", "n"),
    [([], []), ([0] * 50, [30] * 50), ([1], [1]), ([5] * 29, [50] * 29), ([0] * 40 + [9], [50] * 41)],
)
def test_a_prior_of_too_little_is_not_accepted(x: list[int], n: list[int]) -> None:
    found = fit_prior(x, n)
    assert not found.accepted
    assert np.isfinite([found.alpha, found.beta, found.loglik]).all()


def test_order_of_tests_changes_no_prior() -> None:
    random = np.random.default_rng(9)
    n = random.integers(5, 200, 300)
    x = random.binomial(n, random.beta(0.2, 4, 300))
    order = random.permutation(300)
    assert fit_prior(x[order], n[order]) == fit_prior(x, n)


def test_flagging_stops_where_the_mean_error_passes_the_level() -> None:
    error = np.array([0.9, 0.001, 0.2, 0.04, 0.04, 0.001])
    assert false_discovery_flags(error).tolist() == [False, True, False, True, True, True]
    above_the_level_alone = np.array([0.001, 0.04, 0.08])
    assert false_discovery_flags(above_the_level_alone).tolist() == [True, True, True]
    assert false_discovery_flags(np.array([])).tolist() == []
    assert false_discovery_flags(np.array([0.06, 0.06])).tolist() == [False, False]


def test_two_thousand_tests_that_never_flake() -> None:
    """Pitfall 11: over 90 days none of them is called flaky, nor would a gate stop at one."""
    passes = np.random.default_rng(10).integers(1, 91, 2_000)
    passed = ("run_count", "pass_count", "pass_weight", "grade_a_count", "commit_run_count")
    none = (
        *("flake_count", "flake_weight", "proved_flake_count", "flake_invocation_count"),
        *("hard_fail_count", "isolated_count", "grade_b_count", "grade_c_count"),
        *("breaking_cut_count", "failing_attempt_count", "change_count", "last_flake_age_days"),
    )
    rows = pl.DataFrame(
        {
            "test_key": [f"t{number}" for number in range(2_000)],
            "variant_key": "v",
            "project": "p",
            **dict.fromkeys((*passed, "invocation_count", "run_since_flake_count"), passes),
            **dict.fromkeys(none, np.zeros(2_000, np.int64)),
            "position_count": 1,
            "is_cut_since_flake": False,
        }
    )
    found = flakiness(rows, default_parameters())
    assert set(found["label"]) == {"insufficient", "no_evidence_of_flakiness"}
    assert not found["is_discovered"].any()
    assert set(benjamini_hochberg(binomial_tails(np.zeros(2_000), passes, 0.01))) == {1.0}


def false_discoveries(is_flagged: list[np.ndarray], is_null: list[np.ndarray]) -> tuple[float, float]:
    """Mean share of nulls among the flagged, and the most that a true 5 % may show."""
    shares = [
        (flagged & null).sum() / max(1, flagged.sum())
        for flagged, null in zip(is_flagged, is_null, strict=True)
    ]
    return float(np.mean(shares)), 0.05 + 2 * float(np.std(shares, ddof=1)) / len(shares) ** 0.5


def test_a_gate_seldom_stops_at_a_test_at_the_floor() -> None:
    """Pitfall 11: four of five tests flake in 1 % of their runs exactly, the others more often."""
    random = np.random.default_rng(11)
    is_null = np.arange(500) < 400
    flagged = []
    for _ in range(200):
        rates = np.where(is_null, 0.01, 0.01 + 0.99 * random.beta(1, 9, 500))
        p = binomial_tails(random.binomial(200, rates), np.full(500, 200), 0.01)
        flagged.append(benjamini_hochberg(p) <= 0.05)
    share, most = false_discoveries(flagged, [is_null] * 200)
    assert share <= most
    assert np.mean([found[~is_null].mean() for found in flagged]) > 0.75


def test_few_of_the_discovered_are_below_the_floor() -> None:
    """Pitfall 11: where the rates of all tests are of one Beta, with the prior fitted to their counts.

    A prior that is one curve cannot tell a crowd of tests exactly at the floor from tests just above it: of
    such a crowd more are discovered. The gate's rule above holds there too.
    """
    random = np.random.default_rng(12)
    hits = np.arange(91.0)
    flagged, nulls, powers = [], [], []
    for _ in range(20):
        rates = random.beta(0.15, 5.1, 5_000)
        x = random.binomial(90, rates)
        prior = fit_prior(x, np.full(5_000, 90))
        p_above = posteriors(hits, 90 - hits, prior.alpha, prior.beta, 0.01)[-1]
        flagged.append(false_discovery_flags(1 - p_above[x]))
        nulls.append(rates <= 0.01)
        powers.append(flagged[-1][~nulls[-1]].mean())
    share, most = false_discoveries(flagged, nulls)
    assert share <= most
    assert np.mean(powers) > 0.75


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 50), st.integers(0, 500))
def test_posteriors_are_ordered(x: int, s: int) -> None:
    mean, low, high, p_above = posteriors(x, s, 0.5, 0.5, 0.01)
    assert 0 <= low <= mean <= high <= 1 or s == 0 or x == 0
    assert 0 <= p_above <= 1
