"""Fingerprints by the vectors of the specification, and pairs of tests against SciPy's exact test."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact, pearsonr

from pipelines.analysis.clusters import co_failure, fingerprint

_CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
VECTORS = _CASES["fingerprint_vectors"]["vectors"]


@pytest.mark.parametrize("vector", VECTORS)
def test_fingerprints_are_those_of_the_specification(vector: dict[str, str]) -> None:
    found = fingerprint(vector["message"])
    assert (found.text, found.key) == (vector["normalised"], vector["fingerprint"])


def test_the_error_type_leads_where_the_message_does_not() -> None:
    assert fingerprint("took 30 s", "TimeoutError").text == "TimeoutError: took <N> s"
    assert fingerprint("TimeoutError: took 30 s", "TimeoutError").text == "TimeoutError: took <N> s"


def test_a_pair_by_hand() -> None:
    found = co_failure(100, 10, 12, 8)
    assert found.jaccard == 8 / 14
    assert found.lift == pytest.approx(8 * 100 / 120)
    assert found.phi == pytest.approx((800 - 120) / (10 * 90 * 12 * 88) ** 0.5)


@given(st.tuples(*[st.integers(0, 30)] * 4))
def test_p_and_phi_agree_with_scipy(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    n, a, b = sum(cells), both + first, both + second
    found = co_failure(n, a, b, both)
    if n == 0:
        assert found == co_failure(0, 0, 0, 0)
        assert found.p is None
        return
    expected = fisher_exact([[both, first], [second, neither]], alternative="greater").pvalue
    assert found.p == pytest.approx(expected, rel=1e-6)
    if found.phi is not None:
        pairs = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
        assert found.phi == pytest.approx(pearsonr(*zip(*pairs, strict=True)).statistic, abs=1e-9)


def test_tests_that_never_fail_have_nothing_in_common() -> None:
    found = co_failure(20, 0, 0, 0)
    assert (found.jaccard, found.lift, found.phi, found.p) == (None, None, None, 1.0)


@pytest.mark.parametrize("counts", [(10, 11, 1, 1), (10, 5, 5, 6), (10, 8, 8, 5)])
def test_counts_that_no_runs_give_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="failures"):
        co_failure(*counts)
