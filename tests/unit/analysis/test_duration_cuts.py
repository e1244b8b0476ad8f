"""Cuts of durations: found where they are, and not where they are not (statistics.md 3.4)."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import lfilter

from pipelines.analysis.duration_cuts import duration_cuts
from pipelines.analysis.durations import Floats

Noise = Callable[[np.random.Generator, int], Floats]

NOISES: dict[str, Noise] = {
    "normal": lambda random, n: random.normal(0, 0.15, n),
    "medians of three": lambda random, n: np.median(random.normal(0, 0.15, (n, 3)), axis=1),
    "heavy tails": lambda random, n: 0.15 * random.standard_t(3, n),
    "neighbours alike": lambda random, n: 0.15 * lfilter([0.954], [1, -0.3], random.normal(size=n)),
    "outliers": lambda random, n: random.normal(0, 0.1, n) + (random.random(n) < 0.05),
}


@pytest.mark.parametrize("name", NOISES)
def test_of_steady_series_one_in_a_hundred_is_cut_at_most(name: str) -> None:
    random = np.random.default_rng(20261201)
    cut = sum(bool(duration_cuts(np.exp(7 + NOISES[name](random, 180)))) for _ in range(400))
    assert cut <= 8  # 1 % and two standard errors


@pytest.mark.parametrize("name", ["normal", "medians of three", "outliers"])
def test_steps_of_28_percent_are_found_within_five_days(name: str) -> None:
    random = np.random.default_rng(20261201)
    found = 0
    for _ in range(200):
        step = int(random.integers(30, 150))
        logs = 7 + NOISES[name](random, 180)
        logs[step:] += np.log(1.28)
        found += any(abs(cut.position - step) <= 5 for cut in duration_cuts(np.exp(logs)))
    assert found >= 188  # 95 % less a standard error


def test_a_cut_has_its_shift() -> None:
    (cut,) = duration_cuts([100.0] * 20 + [200.0] * 20)
    assert cut.position == 20
    assert cut.shift.ratio == pytest.approx(2)


@pytest.mark.parametrize("values", [[], [5.0], [100.0] * 50, [0.0] * 50, [100.0] * 5 + [200.0] * 4])
def test_short_and_constant_series_have_none(values: list[float]) -> None:
    assert duration_cuts(values) == []


def test_most_days_alike_still_show_a_step() -> None:
    """Whole milliseconds: more than half of the neighbours are equal."""
    values = [10.0, 10, 10, 11, 10, 10] * 10
    assert [cut.position for cut in duration_cuts([*values, *(2 * value for value in values)])] == [60]


def test_the_unit_does_not_matter() -> None:
    random = np.random.default_rng(1)
    values = np.exp(9 + random.normal(0, 0.1, 120))
    values[70:] *= 1.5
    assert [cut.position for cut in duration_cuts(values)] == [
        cut.position for cut in duration_cuts(10 * values)
    ]


def test_a_few_days_far_above_are_a_level_though_milliseconds_repeat() -> None:
    before = [30.0, 33, 31, 37, 35, 33, 37, 37, 45, 38, 39, 38, 39, 40]
    assert [cut.position for cut in duration_cuts([*before, 555, 657, 500, 626, 636, 664, 658, 657])] == [14]
