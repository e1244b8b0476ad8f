"""Whether the next run of a test fails: how often it did after such an outcome, learnt from all tests.

What belongs here: the first-order Markov chain of statistics.md 4.1 with what tests share, and the forecast
from the whole history that it is held against. What does not: which runs count
(sql/intermediate/int_run_sequences.sql), and how good the forecasts were (backtests.py).

Runs of a test stand in the order of time, tests one behind the other. A state is the outcome of the run
before: 0 passed, 1 failed.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.signal import lfilter
from scipy.special import betaincinv, betaln

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

STATES: Final = ("passed", "failed")
STRENGTHS: Final = (20.0, 5.0)
"""Runs that what tests share is worth, after a pass and after a failure, where tests are too few to tell."""
FEWEST_TESTS: Final = 30
_STRENGTH_RANGE: Final = (0.05, 10_000.0)
"""Beyond them tests differ in all, or in nothing that could be seen."""
_CELLS: Final = 1_000_000
"""Places of a padded matrix of runs: 8 MB a column."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What tests share: the rate of failures and how many runs of one test it is worth."""

    rate: float
    strength: float


@dataclass(frozen=True, slots=True)
class Common:
    """What tests of a project share: after a pass, after a failure, and whatever was before."""

    after_pass: Shared
    after_failure: Shared
    any_run: Shared


@dataclass(frozen=True, slots=True)
class Histories:
    """Runs of many tests, one behind the other; `lengths`: how many each has, at least one."""

    is_failed: Flags
    lengths: Ints

    @property
    def owners(self) -> Ints:
        """The test of each run."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known before a run of a test, and after its last one: a value for each such place.

    `last`: outcome of the run before. `decayed_failures`, `decayed_total`: runs that followed such an
    outcome, those that failed and all, the weight halved with each half life of runs; `failures`, `total`:
    the same, whole. `earlier_failures`, `earlier_total`: all runs before.
    """

    last: Ints
    decayed_failures: Floats
    decayed_total: Floats
    failures: Floats
    total: Floats
    earlier_failures: Floats
    earlier_total: Floats


def transitions(histories: Histories, counts: Flags, state: int) -> tuple[Ints, Ints]:
    """Failures and runs of each test right after a run of that outcome; of the runs that count alone."""
    owners = histories.owners
    follows = np.zeros(len(owners), np.bool_)
    follows[1:] = (owners[1:] == owners[:-1]) & (histories.is_failed[:-1] == bool(state))
    return _by_test(histories, counts & follows, owners)


def learn(histories: Histories, counts: Flags) -> Common:
    """What tests share, of the runs that count."""
    runs = _by_test(histories, counts, histories.owners)
    after = [transitions(histories, counts, state) for state in (0, 1)]
    return Common(
        shared(*after[0], STRENGTHS[0]), shared(*after[1], STRENGTHS[1]), shared(*runs, STRENGTHS[0])
    )


def shared(failures: Ints, total: Ints, strength: float) -> Shared:
    """Pooled rate, and the strength under which the counts of all tests are most likely: beta-binomial.

    The given strength where fewer than 30 tests have runs. Half a failure and half a pass are added to the
    pooled counts: nothing is impossible.
    """
    rate = float((failures.sum() + 0.5) / (total.sum() + 1))
    has_runs = total > 0
    if has_runs.sum() < FEWEST_TESTS:
        return Shared(rate, strength)
    pairs, tests = np.unique(
        np.column_stack([failures[has_runs], total[has_runs]]), axis=0, return_counts=True
    )
    x, y = pairs[:, 0].astype(np.float64), (pairs[:, 1] - pairs[:, 0]).astype(np.float64)

    def loss(log_strength: float) -> float:
        alpha, beta = np.exp(log_strength) * rate, np.exp(log_strength) * (1 - rate)
        return -float(tests @ (betaln(x + alpha, y + beta) - betaln(alpha, beta)))

    found = minimize_scalar(loss, bounds=tuple(np.log(_STRENGTH_RANGE)), method="bounded")
    return Shared(rate, float(np.exp(found.x)))


def known(histories: Histories, half_life_runs: float, wanted: Flags | None = None) -> Knowledge:
    """What was known before each wanted run, in order; none named: what is known after the last of each test.

    The first run of a test has none before it and is not to be wanted.
    """
    starts = np.cumsum(histories.lengths) - histories.lengths
    order = np.argsort(histories.lengths, kind="stable")
    parts = []
    for members in _batches(order, histories.lengths):
        lengths = histories.lengths[members]
        place = np.arange(lengths.max())
        is_run = place < lengths[:, None]
        runs = np.where(is_run, starts[members][:, None] + place, 0)
        failed = np.where(is_run, histories.is_failed[runs], False)
        if wanted is None:
            rows, columns = np.arange(len(members)), lengths - 1
            of = members
        else:
            rows, after = np.nonzero(is_run & wanted[runs])
            columns, of = after - 1, runs[rows, after]
        parts.append((of, _known_at(failed, is_run, half_life_runs, (rows, columns))))
    places = np.concatenate([of for of, _ in parts]) if parts else np.empty(0, np.int64)
    columns_of = [np.concatenate(column) for column in zip(*(values for _, values in parts), strict=True)]
    if not columns_of:
        return Knowledge(np.empty(0, np.int64), *(np.empty(0) for _ in range(6)))
    sorted_places = np.argsort(places, kind="stable")
    last, *rest = (column[sorted_places] for column in columns_of)
    return Knowledge(last.astype(np.int64), *rest)


def failure_probability(known_runs: Knowledge, common: Common) -> Floats:
    """P(F | last = l) = (c_lF + S_l g_l) / (c_l + S_l), counts decayed (statistics.md 4.1)."""
    alpha, beta = _posterior(known_runs, common)
    return alpha / (alpha + beta)


def probability_interval(known_runs: Knowledge, common: Common, level: float = 0.95) -> tuple[Floats, Floats]:
    """Equal-tailed interval of Beta(c_lF + S_l g_l, c_l − c_lF + S_l (1 − g_l)), of which it is the mean."""
    alpha, beta = _posterior(known_runs, common)
    tail = (1 - level) / 2
    return betaincinv(alpha, beta, tail), betaincinv(alpha, beta, 1 - tail)


def history_probability(known_runs: Knowledge, common: Common) -> Floats:
    """The same of all runs before, whatever the last one was: empirical Bayes of the whole history."""
    rate, strength = common.any_run.rate, common.any_run.strength
    return (known_runs.earlier_failures + strength * rate) / (known_runs.earlier_total + strength)


def _posterior(known_runs: Knowledge, common: Common) -> tuple[Floats, Floats]:
    states = (common.after_pass, common.after_failure)
    rate, strength = (
        np.array([getattr(state, name) for state in states])[known_runs.last] for name in ("rate", "strength")
    )
    passes = np.maximum(known_runs.decayed_total - known_runs.decayed_failures, 0.0)
    return known_runs.decayed_failures + strength * rate, passes + strength * (1 - rate)


def _by_test(histories: Histories, counts: Flags, owners: Ints) -> tuple[Ints, Ints]:
    size = len(histories.lengths)
    failures = np.bincount(owners[counts & histories.is_failed], minlength=size)
    return failures, np.bincount(owners[counts], minlength=size)


def _batches(order: Ints, lengths: Ints) -> list[Ints]:
    """Tests of like length, so many that their padded matrix is small."""
    batches, begin = [], 0
    while begin < len(order):
        end = begin + 1
        while end < len(order) and (end + 1 - begin) * lengths[order[end]] <= _CELLS:
            end += 1
        batches.append(order[begin:end])
        begin = end
    return batches


def _known_at(
    failed: Flags, is_run: Flags, half_life_runs: float, places: tuple[Ints, Ints]
) -> tuple[Floats, ...]:
    """The columns of Knowledge right after the runs at these places of padded rows."""
    decay = 2.0 ** (-1.0 / half_life_runs)
    last = failed[places].astype(np.int64)
    found = np.zeros((4, len(last)))
    for state in (0, 1):
        follows = np.zeros(failed.shape)
        follows[:, 1:] = is_run[:, 1:] & (failed[:, :-1] == bool(state))
        is_state = last == state
        here = places[0][is_state], places[1][is_state]
        for row, counted in ((0, follows * failed), (1, follows)):
            found[row, is_state] = lfilter([1.0], [1.0, -decay], counted, axis=1)[here]
            found[row + 2, is_state] = np.cumsum(counted, axis=1)[here]
    earlier = np.cumsum(failed, axis=1)[places].astype(np.float64)
    return last, *found, earlier, (places[1] + 1).astype(np.float64)
