"""Hazards of tests: learnt from all tests of a project, fitted where breaks are enough."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.analysis.break_hazards import break_hazards
from pipelines.analysis.break_rates import fit_rate_prior

_COUNTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 500)), min_size=1, max_size=30)


def test_one_test_alone() -> None:
    """Half a break in 41 changes is the mean; that of a test that never broke in 40 is half of it."""
    found = break_hazards(np.array([0.0]), np.array([40.0]))
    assert (found.method, found.per_test[0]) == ("pooled", pytest.approx(0.5 / (40 + 41)))


def test_tests_that_never_broke_say_how_rare_breaks_are() -> None:
    """A thousand tests in fifty changes: the next change is expected to break less than one of them."""
    found = break_hazards(np.zeros(1000), np.full(1000, 50.0))
    assert found.per_test.sum() < 0.1


def test_few_breaks_are_pooled() -> None:
    breaks = np.array([3.0, 0, 0, 0])
    found = break_hazards(breaks, np.full(4, 99.0))
    mean = 3.5 / 397
    assert found.method == "pooled"
    assert found.per_test == pytest.approx((breaks + 0.5) / (99 + 0.5 / mean))


def test_enough_breaks_are_fitted() -> None:
    rng = np.random.default_rng(3)
    changes = np.full(400, 100.0)
    rates = rng.gamma(0.5, 0.02, 400)
    breaks = rng.poisson(rates * changes).astype(float)
    found, prior = break_hazards(breaks, changes), fit_rate_prior(np.sort(breaks), changes)
    assert found.method == "gamma"
    assert found.per_test == pytest.approx((breaks + prior.shape) / (changes + prior.rate))
    assert np.corrcoef(found.per_test, rates)[0, 1] > 0.7


def test_any_order_gives_the_same() -> None:
    rng = np.random.default_rng(4)
    breaks, changes = rng.poisson(0.5, 50).astype(float), rng.integers(10, 90, 50).astype(float)
    order = rng.permutation(50)
    whole = break_hazards(breaks, changes).per_test
    assert (break_hazards(breaks[order], changes[order]).per_test == whole[order]).all()


def test_no_tests() -> None:
    assert break_hazards(np.zeros(0), np.zeros(0)).per_test.size == 0


@given(_COUNTS)
def test_hazards_are_chances_and_more_breaks_are_more(counts: list[tuple[int, int]]) -> None:
    breaks, changes = (np.array(column, float) for column in zip(*counts, strict=True))
    hazard = break_hazards(breaks, changes).per_test
    assert ((hazard > 0) & (hazard <= 0.5)).all()
    same = changes == changes[0]
    order = np.argsort(breaks[same], kind="stable")
    assert (np.diff(hazard[same][order]) >= 0).all()
