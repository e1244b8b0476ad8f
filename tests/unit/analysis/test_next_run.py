"""Next runs against plain loops over letters, and what tests share against draws of a known prior."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, betabinom

from pipelines.analysis import next_run
from pipelines.analysis.next_run import (
    FEWEST_TESTS,
    Common,
    Histories,
    Knowledge,
    Shared,
    failure_probability,
    history_probability,
    known,
    learn,
    probability_interval,
    shared,
    transitions,
)

COMMON = Common(Shared(0.02, 20.0), Shared(0.7, 5.0), Shared(0.1, 10.0))
_LETTERS = st.lists(st.text("PF", min_size=1, max_size=30), min_size=1, max_size=6)


def histories(*tests: str) -> Histories:
    """Each test as a line of letters."""
    lengths = np.array([len(letters) for letters in tests], np.int64)
    return Histories(np.array([letter == "F" for letter in "".join(tests)]), lengths)


def plain(letters: str, half_life_runs: float) -> list[float]:
    """The columns of Knowledge after the last letter."""
    state, decay = letters[-1], 2 ** (-1 / half_life_runs)
    decayed_failures = decayed_total = failures = total = 0.0
    for before, after in pairwise(letters):
        counts = before == state
        decayed_failures = decayed_failures * decay + (counts and after == "F")
        decayed_total = decayed_total * decay + counts
        failures, total = failures + (counts and after == "F"), total + counts
    whole = [failures, total, letters.count("F"), len(letters)]
    return [float(state == "F"), decayed_failures, decayed_total, *whole]


def columns(found: Knowledge) -> list[list[float]]:
    """A row per place."""
    names = ("decayed_failures", "decayed_total", "failures", "total", "earlier_failures", "earlier_total")
    rows = np.column_stack([found.last, *(getattr(found, name) for name in names)])
    return [[float(value) for value in row] for row in rows]


@settings(deadline=None)
@given(_LETTERS, st.sampled_from([1.0, 3.0, 50.0]))
def test_what_is_known_after_the_last_run(tests: list[str], half_life: float) -> None:
    expected = [pytest.approx(plain(letters, half_life)) for letters in tests]
    assert columns(known(histories(*tests), half_life)) == expected


@settings(deadline=None)
@given(_LETTERS)
def test_what_is_known_before_each_run(tests: list[str]) -> None:
    given_runs = histories(*tests)
    wanted = np.ones(len(given_runs.is_failed), np.bool_)
    wanted[np.cumsum(given_runs.lengths) - given_runs.lengths] = False
    expected = [
        pytest.approx(plain(letters[:place], 5.0)) for letters in tests for place in range(1, len(letters))
    ]
    assert columns(known(given_runs, 5.0, wanted)) == expected


def test_later_runs_do_not_matter() -> None:
    """Pitfall 15."""
    wanted = np.array([False, False, True, False, False])
    assert columns(known(histories("PFFPP"), 50.0, wanted)) == columns(
        known(histories("PFPFF"), 50.0, wanted)
    )


def test_parts_of_few_tests_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = ["PPF", "F", "PFPFPPPF", "PPPPPPPPPP", "FF"]
    whole = columns(known(histories(*tests), 50.0))
    monkeypatch.setattr(next_run, "_CELLS", 4)
    assert columns(known(histories(*tests), 50.0)) == whole


def test_transitions_by_hand() -> None:
    """A run of one test does not follow the last one of another."""
    given_runs = histories("PPFF", "FP")
    every = np.ones(6, np.bool_)
    assert [list(part) for part in transitions(given_runs, every, 0)] == [[1, 0], [2, 0]]
    assert [list(part) for part in transitions(given_runs, every, 1)] == [[1, 0], [1, 1]]
    but_the_last = np.array([True, True, True, False, True, True])
    assert [list(part) for part in transitions(given_runs, but_the_last, 1)] == [[0, 0], [0, 1]]


@pytest.mark.parametrize("strength", [2.0, 20.0, 200.0])
def test_the_strength_of_a_known_prior_is_found(strength: float) -> None:
    draw = np.random.default_rng(4)
    total = draw.integers(50, 150, 4000)
    failures = betabinom.rvs(total, 0.1 * strength, 0.9 * strength, random_state=draw)
    found = shared(failures, total, 5.0)
    assert found.rate == pytest.approx(0.1, rel=0.1)
    assert found.strength == pytest.approx(strength, rel=0.15)


def test_few_tests_leave_the_strength_as_it_is_given() -> None:
    total = np.full(FEWEST_TESTS - 1, 50)
    assert shared(total // 2, total, 5.0).strength == 5.0
    more = np.full(FEWEST_TESTS, 50)
    assert shared(more // 2, more, 5.0).strength != 5.0


def test_nothing_is_impossible() -> None:
    common = learn(histories("PPPP", "FFF"), np.ones(7, np.bool_))
    assert common.after_pass.rate == pytest.approx(0.5 / 4)
    assert common.after_failure.rate == pytest.approx(2.5 / 3)
    chance = failure_probability(known(histories("PPPP", "FFF"), 50.0), common)
    assert (chance > 0).all()
    assert (chance < 1).all()


def test_probability_by_hand() -> None:
    """After FPFP: one failure of one run after a pass, weighing 2^(−1/50) as one run came since."""
    now = known(histories("FPFP"), 50.0)
    weight = 2 ** (-1 / 50)
    assert failure_probability(now, COMMON) == pytest.approx([(weight + 0.4) / (weight + 20)])
    assert history_probability(now, COMMON) == pytest.approx([(2 + 1) / (4 + 10)])


def test_the_interval_is_that_of_the_posterior() -> None:
    now = known(histories("FPFP", "PFFF"), 50.0)
    low, high = probability_interval(now, COMMON)
    for place, state in enumerate((COMMON.after_pass, COMMON.after_failure)):
        a = now.decayed_failures[place] + state.strength * state.rate
        b = now.decayed_total[place] - now.decayed_failures[place] + state.strength * (1 - state.rate)
        assert (low[place], high[place]) == pytest.approx(beta.ppf([0.025, 0.975], a, b))
    chance = failure_probability(now, COMMON)
    assert ((low < chance) & (chance < high)).all()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(40)))
def test_the_order_of_tests_changes_nothing(order: list[int]) -> None:
    """Pitfall 20."""
    draw = np.random.default_rng(5)
    tests = ["".join(draw.choice(["P", "F"], size=draw.integers(1, 30), p=[0.8, 0.2])) for _ in range(40)]
    shuffled = [tests[place] for place in order]
    every = np.ones(sum(map(len, tests)), np.bool_)
    assert learn(histories(*tests), every) == learn(histories(*shuffled), every)
