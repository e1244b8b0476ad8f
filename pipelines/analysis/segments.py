"""Segments: a sequence of runs cut where the failure rate changed; and whether a test is broken now.

What belongs here: the exact segmentation of statistics.md 1.5 for one sequence and for many at once, and the
posterior of the current state. What does not: which runs make up a sequence (sql/) and labels (labels.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, expit, gammaln, softmax, xlog1py, xlogy

Floats: TypeAlias = npt.NDArray[np.float64]
FloatLike: TypeAlias = Floats | float
Integers: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = Sequence[float] | Sequence[int] | Floats | Integers

FAILED_PRIOR: Final = 0.05
PASSED_PRIOR: Final = 0.5
CUT_PRIOR: Final = 1e-4
"""Prior of a cut at any one position (statistics.md 1.1, LUCI Analysis)."""

_NORM: Final = float(betaln(FAILED_PRIOR, PASSED_PRIOR))
_TAIL: Final = 0.005
"""Half of what the 99 % interval of a cut leaves out."""
_BATCH_CELLS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Segment:
    """Positions start to end, exclusive, with their failed and all runs."""

    start: int
    end: int
    failed: float
    total: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The first position of a right segment. `low` to `high` holds it with 99 %; `probability`: of itself."""

    position: int
    log_bayes_factor: float
    low: int
    high: int
    probability: float


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The best segments, the cuts between them and the logarithm of their posterior weight."""

    segments: tuple[Segment, ...]
    cuts: tuple[Cut, ...]
    log_score: float


@dataclass(frozen=True, slots=True)
class State:
    """Probability of a break before evidence (`h`) and after it (`r`)."""

    h: float
    r: float


def log_bayes_factor(k1: float, n1: float, k2: float, n2: float) -> float:
    """How much better two segments explain k1 failures of n1 runs and k2 of n2 than one does, as logarithm.

    ln L(k1, n1) + ln L(k2, n2) − ln L(k1+k2, n1+n2), L beta-binomial with Beta(0.05, 0.5)
    (statistics.md 1.5; likelihood of LUCI Analysis). A cut pays where it is above −ln(cut prior).
    """
    parts = _log_likelihood(np.array([k1, k2, k1 + k2], float), np.array([n1, n2, n1 + n2], float))
    return float(parts[0] + parts[1] - parts[2])


def segment(failed: Numbers, total: Numbers, cut_prior: float = CUT_PRIOR) -> Segmentation:
    """The most probable segmentation of a sequence of positions: exact, by dynamic programming.

    `failed` and `total`: failed first attempts and runs of each position, from 0, in order; whole numbers or
    numbers divided by a design effect. A position without runs belongs to the segment before it. No position
    with runs: no segment, score 0. Jackson et al. (2005), optimal partitioning; statistics.md 1.5.
    """
    return segment_all([np.asarray(failed, float)], [np.asarray(total, float)], cut_prior)[0]


def segment_all(
    failed: Sequence[Floats], total: Sequence[Floats], cut_prior: float = CUT_PRIOR
) -> list[Segmentation]:
    """`segment` of many sequences, in their order; sequences of like length are worked on together."""
    sequences = [_Sequence.of(k, n) for k, n in zip(failed, total, strict=True)]
    by_size = sorted(range(len(sequences)), key=lambda index: sequences[index].size)
    found: dict[int, Segmentation] = {}
    while by_size:
        width = sequences[by_size[-1]].size + 1
        height = max(1, _BATCH_CELLS // (width * width))
        by_size, batch = by_size[:-height], by_size[-height:]
        solved = _partition([sequences[index] for index in batch], np.log(cut_prior))
        found |= dict(zip(batch, solved, strict=True))
    return [found[index] for index in range(len(sequences))]


def current_state(
    failures: float, passes: float, phi: float, hazard: float, changes: float, eps: float = 0.001
) -> State:
    """Posterior that a test is broken, after so many failing and passing attempts since it was last good.

    `phi`: its rate of flakes while good; `hazard`: chance that one change breaks it; `changes`: since it was
    last good; `eps`: chance that a broken test passes. h = 1 − (1−λ)^δ and Bayes' rule (statistics.md 1.5).
    """
    h, r = current_states(failures, passes, phi, hazard, changes, eps)
    return State(float(h), float(r))


def current_states(
    failures: FloatLike,
    passes: FloatLike,
    phi: FloatLike,
    hazard: FloatLike,
    changes: FloatLike,
    eps: float = 0.001,
) -> tuple[Floats, Floats]:
    """`current_state` of arrays: h and r. On the scale of log odds, where no product underflows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        h = -np.expm1(np.where(np.equal(changes, 0), 0.0, changes * np.log1p(np.negative(hazard))))
        broken = failures * np.log1p(-eps) + xlogy(passes, eps)
        good = xlogy(failures, phi) + xlog1py(passes, np.negative(phi))
        r = expit(np.log(h) - np.log1p(-h) + broken - good)
    return h, np.where(h == 0, 0.0, np.where(h == 1, 1.0, r))


def _log_likelihood(failed: Floats, total: Floats) -> Floats:
    """ln of the beta-binomial weight of failed among total, in one order of them."""
    return np.asarray(betaln(failed + FAILED_PRIOR, total - failed + PASSED_PRIOR) - _NORM, np.float64)


class _Likelihood:
    """ln L for counts up to `most`: looked up where they are whole numbers (a tenth of the time)."""

    def __init__(self, most: float, is_whole: bool) -> None:
        self._is_whole = is_whole and most < 10_000_000
        if self._is_whole:
            counts = np.arange(int(most) + 1)
            self._failed = gammaln(counts + FAILED_PRIOR) - _NORM
            self._passed = gammaln(counts + PASSED_PRIOR)
            self._total = gammaln(counts + FAILED_PRIOR + PASSED_PRIOR)

    def __call__(self, failed: Floats, passed: Floats) -> Floats:
        if not self._is_whole:
            return _log_likelihood(failed, failed + passed)
        k, p = failed.astype(np.int64), passed.astype(np.int64)
        return np.asarray(self._failed[k] + self._passed[p] - self._total[k + p])


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Sums of failures and passes up to each position with runs; `bounds`: where a cut can be best.

    Within a stretch of positions that all pass, or all fail, the score of two neighbouring segments is convex
    in the place of the cut between them (digamma is concave), so the best cut lies at an end of the stretch.
    """

    failed: Floats
    passed: Floats
    bounds: Integers
    positions: Integers
    length: int

    @property
    def size(self) -> int:
        return len(self.bounds)

    @classmethod
    def of(cls, failed: Floats, total: Floats) -> "_Sequence":
        positions = np.flatnonzero(total > 0)
        k, n = failed[positions], total[positions]
        kind = np.where(k == 0, 0, np.where(k == n, 1, 2))
        is_start = (kind[1:] != kind[:-1]) | (kind[1:] == 2)
        bounds = np.concatenate([[0], np.flatnonzero(is_start) + 1, [len(kind)]]).astype(np.int64)
        return cls(_sums(k), _sums(n - k), bounds, positions, len(total))


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _partition(sequences: Sequence[_Sequence], log_prior: float) -> list[Segmentation]:
    """F(j) = max over i < j of F(i) + ln L(i..j) + [i > 0]·ln(prior), for all sequences side by side."""
    width = max(sequence.size for sequence in sequences)
    failed = np.array([_padded(sequence.failed[sequence.bounds], width) for sequence in sequences])
    passed = np.array([_padded(sequence.passed[sequence.bounds], width) for sequence in sequences])
    is_whole = bool((failed == np.floor(failed)).all() and (passed == np.floor(passed)).all())
    likelihood = _Likelihood(float((failed + passed).max()), is_whole)
    best = np.zeros_like(failed)
    came_from = np.zeros(failed.shape, np.int64)
    rows = np.arange(len(sequences))
    for end in range(1, width):
        scores = best[:, :end] + likelihood(
            failed[:, end : end + 1] - failed[:, :end], passed[:, end : end + 1] - passed[:, :end]
        )
        scores[:, 1:] += log_prior
        came_from[:, end] = scores.argmax(axis=1)
        best[:, end] = scores[rows, came_from[:, end]]
    return [
        _segmentation(sequence, came_from[row], float(best[row, sequence.size - 1]), likelihood)
        for row, sequence in enumerate(sequences)
    ]


def _padded(values: Floats, width: int) -> Floats:
    return np.concatenate([values, np.full(width - len(values), values[-1])])


def _segmentation(
    sequence: _Sequence, came_from: Integers, score: float, likelihood: _Likelihood
) -> Segmentation:
    last = sequence.size - 1
    ends = [last]
    while ends[-1] > 0:
        ends.append(int(came_from[ends[-1]]))
    starts = [int(sequence.bounds[index]) for index in reversed(ends)]
    if len(sequence.positions) == 0:
        return Segmentation((), (), 0.0)
    edges = [int(sequence.positions[start]) for start in starts[1:-1]]
    segments = tuple(
        _segment(sequence, left, right, start, end)
        for left, right, start, end in zip(
            starts, starts[1:], [0, *edges], [*edges, sequence.length], strict=False
        )
    )
    cuts = tuple(
        _cut(sequence, left, cut, right, likelihood)
        for left, cut, right in zip(starts, starts[1:], starts[2:], strict=False)
    )
    return Segmentation(segments, cuts, score)


def _segment(sequence: _Sequence, left: int, right: int, start: int, end: int) -> Segment:
    failed = float(sequence.failed[right] - sequence.failed[left])
    passed = float(sequence.passed[right] - sequence.passed[left])
    return Segment(start, end, failed, failed + passed)


def _cut(sequence: _Sequence, left: int, cut: int, right: int, likelihood: _Likelihood) -> Cut:
    """The cut among all positions between its neighbours, each weighed by exp(ln L(left) + ln L(right))."""
    failed, passed = sequence.failed[left : right + 1], sequence.passed[left : right + 1]
    scores = likelihood(failed - failed[0], passed - passed[0]) + likelihood(
        failed[-1] - failed, passed[-1] - passed
    )
    factor = float(scores[cut - left] - scores[0])
    weights = softmax(scores[1:-1])
    cumulative = np.cumsum(weights)
    low, high = (int(np.searchsorted(cumulative, level)) for level in (_TAIL, 1 - _TAIL))
    among = sequence.positions[left + 1 : right]
    high = min(high, len(among) - 1)
    return Cut(
        int(sequence.positions[cut]),
        factor,
        int(among[low]),
        int(among[high]),
        float(weights[cut - left - 1]),
    )
