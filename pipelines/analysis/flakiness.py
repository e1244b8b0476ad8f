"""Flakiness of one test and of all: counts of runs, the prior over tests, the posterior of one.

What belongs here: the formulas of statistics.md 1.1 (descriptive), 1.3 and 1.4 on plain numbers and arrays.
What does not: which runs count (sql/analysis) and what follows from the numbers (labels.py).

φ is the chance that a run fails first though code and environment are good. x: flakes, failed first and
passed at the same commit; s: passes; h: hard failures, no pass at that commit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, root
from scipy.special import betaincc, betaincinv, betaln, digamma, xlogy

Floats: TypeAlias = npt.NDArray[np.float64]
FloatLike: TypeAlias = Floats | float
Run: TypeAlias = tuple[float, str | None, str]
"""Age in days, commit (None: not known), attempts as letters such as "FFP"."""

JEFFREYS: Final = (0.5, 0.5)
_KINDS: Final = ("flake", "pass", "hard_fail")
_STARTS: Final = ((-1.0, 2.0), (0.0, 2.0), (-3.0, 0.0))
_EDGE: Final = 15.0
"""Bound of ln α and ln β: beyond e^15 tests differ by nothing that could be seen."""
FEWEST_TESTS: Final = 30
FEWEST_FLAKES: Final = 10
_ALPHA_RANGE: Final = (1e-3, 50.0)
_MOST_WEIGHT: Final = 1_000.0
_FLAT: Final = 1e-6
"""Slope per test at which the fit has converged."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the runs of one test × variant show; `index` fields are null where nothing counts."""

    labels: tuple[str, ...]
    x: int
    s: int
    h: int
    index: float | None
    index_upper: float | None
    x_decayed: float
    s_decayed: float
    h_decayed: float
    n_eff: float | None
    flips: int
    flip_rate: float | None
    entropy_bits: float | None
    retry_passes: int
    mixed_commits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prior:
    """A Beta prior over tests; `loglik` is the maximum of 1.4; not `accepted`: use Jeffreys' instead."""

    alpha: float
    beta: float
    loglik: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Posterior:
    """Mean, 95 % equal-tailed interval and chance of being above φ0 of Beta(x+α, s+β)."""

    mean: float
    low: float
    high: float
    p_above: float


def counts(runs: Sequence[Run], half_life_days: float = 14) -> Counts:
    """Pass, flake or hard failure of each run, in input order, and what is counted of them.

    A run passes or fails by its first attempt; a failed one is a flake where any attempt at the same commit
    passed (of a run without commit: its own). `*_decayed`: weighted 2^(−age/half life); `n_eff`: Kish's
    (Σw)²/Σw² of the flakes and passes. `flips`: changes between neighbours in time, of first attempts; runs
    of one age stay as they were given. `entropy_bits`: −Σ p log2 p over all attempts. `retry_passes`: runs
    that failed first and passed; `mixed_commits`: with a failed and a passed attempt, sorted.
    (statistics.md 1.1, 1.3)
    """
    attempts = _attempts_by_commit(runs)
    labels = tuple(
        "pass" if letters[0] == "P" else "flake" if "P" in attempts[commit or index] else "hard_fail"
        for index, (_, commit, letters) in enumerate(runs)
    )
    kinds = np.array(labels)
    weights = np.exp2(-np.array([age for age, *_ in runs], float) / half_life_days)
    x, s, h = (labels.count(label) for label in _KINDS)
    decayed = [float(weights[kinds == label].sum()) for label in _KINDS]
    of_index = _relative_weights(runs, half_life_days)[kinds != "hard_fail"]
    firsts = [letters[0] for _, _, letters in _in_time_order(runs)]
    flips = sum(left != right for left, right in pairwise(firsts))
    return Counts(
        labels=labels,
        x=x,
        s=s,
        h=h,
        index=x / (x + s) if x + s else None,
        index_upper=(x + h) / (x + s + h) if runs else None,
        x_decayed=decayed[0],
        s_decayed=decayed[1],
        h_decayed=decayed[2],
        n_eff=float(of_index.sum() ** 2 / (of_index**2).sum()) if x + s else None,
        flips=flips,
        flip_rate=flips / (len(firsts) - 1) if len(firsts) > 1 else None,
        entropy_bits=_entropy_bits("".join(letters for *_, letters in runs)),
        retry_passes=sum(letters[0] == "F" and "P" in letters for *_, letters in runs),
        mixed_commits=tuple(sorted(str(c) for c, text in attempts.items() if _is_mixed(c, text))),
    )


def fit_prior(x: Iterable[int], n: Iterable[int]) -> Prior:
    """The Beta(α, β) under which x flakes of n runs of many tests are most likely: empirical Bayes.

    Maximises Σ [ln B(x+α, n−x+β) − ln B(α, β)] over ln α, ln β (L-BFGS-B from three starts, then the root of
    the slope), on unique (x, n) with their number. Accepted: converged, ≥ 30 tests, Σx ≥ 10,
    1e-3 ≤ α ≤ 50, α+β ≤ 1000 (statistics.md 1.4). Which tests take part (n ≥ 5) is the caller's.
    """
    pairs = np.column_stack([np.asarray(list(x), np.int64), np.asarray(list(n), np.int64)])
    if len(pairs) == 0:
        return Prior(*JEFFREYS, loglik=0.0, accepted=False)
    unique, tests = np.unique(pairs, axis=0, return_counts=True)
    flakes, passes = unique[:, 0].astype(float), (unique[:, 1] - unique[:, 0]).astype(float)

    def loss(point: Floats) -> tuple[float, Floats]:
        alpha, beta = np.exp(point)
        value = tests @ (betaln(flakes + alpha, passes + beta) - betaln(alpha, beta))
        common = digamma(flakes + passes + alpha + beta) - digamma(alpha + beta)
        slopes = [
            tests @ (digamma(flakes + alpha) - digamma(alpha) - common) * alpha,
            tests @ (digamma(passes + beta) - digamma(beta) - common) * beta,
        ]
        return -float(value), -np.array(slopes)

    found = min((_minimum(loss, start) for start in _STARTS), key=lambda point: loss(point)[0])
    alpha, beta = (float(value) for value in np.exp(found))
    value, slope = loss(found)
    accepted = bool(
        np.abs(slope).max() <= _FLAT * tests.sum()
        and tests.sum() >= FEWEST_TESTS
        and tests @ flakes >= FEWEST_FLAKES
        and _ALPHA_RANGE[0] <= alpha <= _ALPHA_RANGE[1]
        and alpha + beta <= _MOST_WEIGHT
    )
    return Prior(alpha, beta, -value, accepted)


def posterior(x: float, s: float, alpha: float, beta: float, phi0: float = 0.01) -> Posterior:
    """What is known of φ after x flakes and s passes, under a Beta(α, β) prior (statistics.md 1.3)."""
    return Posterior(*(float(value) for value in posteriors(x, s, alpha, beta, phi0)))


def posteriors(
    x: FloatLike, s: FloatLike, alpha: FloatLike, beta: FloatLike, phi0: float = 0.01
) -> tuple[Floats, Floats, Floats, Floats]:
    """`posterior` of arrays: mean, low, high, chance of being above φ0."""
    a, b = np.add(x, alpha), np.add(s, beta)
    return (
        np.asarray(a / (a + b)),
        np.asarray(betaincinv(a, b, 0.025)),
        np.asarray(betaincinv(a, b, 0.975)),
        np.asarray(betaincc(a, b, phi0)),
    )


def false_discovery_flags(error_probability: Floats, level: float = 0.05) -> npt.NDArray[np.bool_]:
    """Bayesian false-discovery control: those of the least error whose mean error is within the level.

    `error_probability`: P(φ ≤ φ0) per test of one family; equal ones are flagged together or not at all
    (statistics.md 1.6; Newton et al. 2004).
    """
    values, inverse, number = np.unique(error_probability, return_inverse=True, return_counts=True)
    running_mean = np.cumsum(values * number) / np.cumsum(number)
    flagged: npt.NDArray[np.bool_] = (running_mean <= level)[inverse]
    return flagged


def _attempts_by_commit(runs: Sequence[Run]) -> dict[str | int, str]:
    """All attempts at each commit; a run without commit stands by its place."""
    attempts: dict[str | int, str] = defaultdict(str)
    for index, (_, commit, letters) in enumerate(runs):
        attempts[commit or index] += letters
    return attempts


def _is_mixed(commit: str | int, letters: str) -> bool:
    return isinstance(commit, str) and {"P", "F"} <= set(letters)


def _in_time_order(runs: Sequence[Run]) -> Sequence[Run]:
    """From one end of time to the other; runs that are in an order already stay in it."""
    ages = [age for age, *_ in runs]
    is_ordered = ages == sorted(ages, reverse=True)
    return runs if is_ordered else sorted(runs, key=lambda run: run[0])


def _relative_weights(runs: Sequence[Run], half_life_days: float) -> Floats:
    """Weights beside that of the newest run, so that old runs do not all weigh nothing."""
    ages = np.array([age for age, *_ in runs], float)
    return np.asarray(np.exp2((ages.min(initial=np.inf) - ages) / half_life_days), np.float64)


def _entropy_bits(letters: str) -> float | None:
    if not letters:
        return None
    shares = np.array([letters.count(letter) / len(letters) for letter in "PF"])
    return float(-(xlogy(shares, shares) / np.log(2)).sum() + 0.0)


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], start: tuple[float, float]) -> Floats:
    """Where the loss is least: L-BFGS-B, whose last digits a root of the slope makes good where it can."""
    bounds = [(-_EDGE, _EDGE)] * 2
    near = minimize(loss, np.array(start), jac=True, method="L-BFGS-B", bounds=bounds).x
    exact = root(lambda point: loss(point)[1], near, tol=1e-12).x
    is_better = np.abs(exact).max() <= _EDGE and loss(exact)[0] <= loss(near)[0]
    return np.asarray(exact if is_better else near, np.float64)
