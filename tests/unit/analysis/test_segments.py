"""Segments: the worked cases, the brute force that they must equal, the state after failures."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from pipelines.analysis.segments import (
    CUT_PRIOR,
    Segmentation,
    current_state,
    current_states,
    log_bayes_factor,
    segment,
    segment_all,
)
from tests.unit.analysis.cases import case, near

INPUTS, EXPECTED = case("P4")
POSITIONS = st.lists(
    st.integers(0, 3).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=9
)


@pytest.mark.parametrize("name", INPUTS["vectors"])
def test_the_vectors_of_luci(name: str) -> None:
    vector, expected = INPUTS["vectors"][name], EXPECTED["vectors"][name]
    found = segment(vector["failed"], vector["total"], INPUTS["vectors_changepoint_prior"])
    assert [cut.position for cut in found.cuts] == expected["change_points_position_index"]
    assert [cut.log_bayes_factor for cut in found.cuts] == near(expected["local_log_bayes_factor"])
    assert found.log_score == near(expected["max_log_score"])


@pytest.mark.parametrize("words", EXPECTED["single_step_log_bf"])
def test_single_steps(words: str) -> None:
    passes, failures = int(words.split(maxsplit=1)[0]), int(words.split()[3])
    expected = near(EXPECTED["single_step_log_bf"][words])
    assert log_bayes_factor(0, passes, failures, failures) == expected
    found = segment([0] * passes + [1] * failures, [1] * (passes + failures))
    assert len(found.cuts) == (log_bayes_factor(0, passes, failures, failures) > -np.log(CUT_PRIOR))


@settings(max_examples=150, deadline=None)
@given(POSITIONS, st.sampled_from([0.5, 0.1, 0.01, 1e-4]))
def test_no_segmentation_is_better(positions: list[tuple[int, int]], prior: float) -> None:
    """Against all ways to cut a short sequence."""
    kept = [pair for pair in positions if pair[1]]
    failed, total = zip(*positions, strict=True)
    found = segment(failed, total, prior)
    assert found.log_score == pytest.approx(_best_score(kept, prior), abs=1e-9)
    edges = [cut.position for cut in found.cuts]
    assert [part.start for part in found.segments] == ([0, *edges] if kept else [])
    assert sum(part.total for part in found.segments) == sum(n for _, n in positions)
    if kept:
        own = sum(_weight(part.failed, part.total) for part in found.segments)
        assert found.log_score == pytest.approx(own + len(edges) * np.log(prior), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(POSITIONS, max_size=5))
def test_many_at_once_are_as_each_alone(sequences: list[list[tuple[int, int]]]) -> None:
    failed = [np.array([k for k, _ in one], float) for one in sequences]
    total = [np.array([n for _, n in one], float) for one in sequences]
    alone = [segment(k, n) for k, n in zip(failed, total, strict=True)]
    assert segment_all(failed, total) == alone


def test_a_design_effect_divides_counts() -> None:
    failed, total = np.repeat([0, 5], 20), np.full(40, 10)
    whole, divided = segment(failed, total), segment(failed / 2.5, total / 2.5)
    assert [cut.position for cut in divided.cuts] == [cut.position for cut in whole.cuts] == [20]
    assert divided.cuts[0].log_bayes_factor < whole.cuts[0].log_bayes_factor


def test_the_interval_of_a_cut_holds_it_and_widens_with_doubt() -> None:
    clear = segment([0] * 40 + [9] * 10, [9] * 50).cuts[0]
    assert (clear.low, clear.position, clear.high) == (40, 40, 40)
    doubtful = segment([0] * 40 + [1, 0] * 8 + [1] * 4, [1] * 60).cuts[0]
    assert doubtful.low <= doubtful.position <= doubtful.high
    assert doubtful.low < doubtful.high
    assert doubtful.probability < clear.probability <= 1


def test_positions_without_runs_belong_to_the_segment_before() -> None:
    found = segment([0] * 30 + [0, 0] + [1] * 5, [1] * 30 + [0, 0] + [1] * 5)
    assert [(part.start, part.end) for part in found.segments] == [(0, 32), (32, 37)]
    assert found.cuts[0].position == found.cuts[0].high == 32
    assert found.cuts[0].low < 30


def test_nothing_is_no_segment() -> None:
    assert segment([], []) == segment([0, 0], [0, 0]) == Segmentation((), (), 0.0)
    assert segment_all([], []) == []


@pytest.mark.parametrize(
    ("failures", "hazard", "phi", "expected"),
    [
        (1, 0.001, 0.01, 0.090909),
        (2, 0.001, 0.01, 0.909008),
        (3, 0.001, 0.01, 0.998999),
        (1, 0.001, 0.3, 0.003322),
    ],
)
def test_states_of_the_specification(failures: int, hazard: float, phi: float, expected: float) -> None:
    assert current_state(failures, 0, phi, hazard, 1).r == near(expected)


def test_states_of_a_release() -> None:
    inputs, expected = case("P8")
    for row in inputs["tests"]:
        letters = row["attempts_at_candidate"]
        found = current_state(
            letters.count("F"),
            letters.count("P"),
            row["phi"],
            row["hazard_per_change"],
            row["changes_since_last_pass"],
            inputs["eps"],
        )
        assert (found.h, found.r) == near(tuple(expected["per_test"][row["id"]].values()))


def test_states_at_the_edges() -> None:
    assert current_state(0, 0, 0.01, 0.1, 0).r == 0
    assert current_state(3, 0, 0.0, 0.1, 1).r == 1
    assert current_state(5, 0, 0.01, 1.0, 1).r == 1
    assert 0 < current_state(3, 0, 0.1, 0.1, 1, eps=0).r < 1
    assert 0 <= current_state(900, 900, 0.01, 0.1, 5).r <= 1
    h, r = current_states(np.array([0.0, 3.0]), np.zeros(2), np.full(2, 0.01), np.full(2, 0.01), np.ones(2))
    assert h == near([0.01, 0.01])
    assert r[0] == near(0.01)


def _weight(failed: float, total: float) -> float:
    return float(betaln(failed + 0.05, total - failed + 0.5) - betaln(0.05, 0.5))


def _best_score(positions: Sequence[tuple[int, int]], prior: float) -> float:
    inner = range(1, len(positions))
    scores = []
    for count in range(len(positions)):
        for cuts in combinations(inner, count):
            edges = [0, *cuts, len(positions)]
            parts = [positions[left:right] for left, right in pairwise(edges)]
            weights = [_weight(sum(k for k, _ in part), sum(n for _, n in part)) for part in parts]
            scores.append(sum(weights) + count * np.log(prior))
    return max(scores, default=0.0)
