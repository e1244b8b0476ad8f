"""Durations that changed: steps found in time, steady tests called changed, where the truth is known.

What belongs here: cuts of levels and the comparison of the last passes. What does not: seconds (analyses.py),
single series with tails that no behaviour has (tests/unit/analysis/test_duration_cuts.py).
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from benchmarks.drafts import built, with_truth
from benchmarks.figures import Figure
from synthetic.behaviours import Behaviour, Between, Slowed
from synthetic.histories import generate
from synthetic.world import World

SEED: Final = 20261201
DAYS: Final = 180
NOISE: Final = 0.15
STEP: Final = 1.28
NEAR_DAYS: Final = 5
SLOWED, STEADY = 300, 1_500
NIGHTS_AGO: Final = 20
"""Days since a test of the second history became slower: its last 20 passes are all slow."""
HALF_AGAIN: Final = 1.5


def durations() -> Iterator[Figure]:
    """Steps of +28 % missed, false cuts, steady tests called changed, tests half as slow again missed."""
    for runs_a_day in (3, 1):
        named = f"durations, {runs_a_day} a day"
        cuts, truth = _cuts(runs_a_day)
        steps = truth.filter(pl.col("factor") == STEP)
        near = (pl.col("cut_date") - pl.col("change_day")).abs() <= timedelta(days=NEAR_DAYS)
        found = steps.join(cuts, on="test_key").filter(near)["test_key"].n_unique()
        yield Figure(
            f"{named}: steps of +28 % not found in 5 days", 100 * (1 - found / steps.height), "%", 5.0
        )
        steady = truth.filter(pl.col("factor") != STEP)
        wrong = steady.join(cuts, on="test_key", how="semi").height
        yield Figure(f"{named}: steady tests with a cut", 100 * wrong / steady.height, "%", 1.0)
    shifts = _shifts()
    for name, is_slowed, word, limit in (
        ("steady tests called slower or faster", False, ["slower", "faster"], 0.5),
        ("tests half as slow again not called slower", True, ["unchanged", "insufficient", "faster"], 10.0),
    ):
        tests = shifts.filter((pl.col("factor") == HALF_AGAIN) == is_slowed)
        share = tests.filter(pl.col("direction").is_in(word)).height / tests.height
        yield Figure(f"durations: {name}", 100 * share, "%", limit)


def _cuts(runs_a_day: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cuts of tests, and the truth about each test."""
    mix: dict[Behaviour, int] = {
        Slowed(change_day=Between(30, DAYS - 30), factor=STEP, noise_sd=NOISE): SLOWED,
        Slowed(change_day=DAYS, factor=1.0, noise_sd=NOISE): STEADY,
    }
    history = generate(World(seed=SEED, days=DAYS, mix=mix, invocations_per_day=runs_a_day, hosts=50))
    with built(history, "met_duration_cuts") as release:
        cuts = release.polars("select test_key, cut_date from met_duration_cuts")
        tests = release.polars("select test_key from dim_tests")
    return cuts, with_truth(tests, history)


def _shifts() -> pl.DataFrame:
    """What is said of each test, with the truth about it."""
    mix: dict[Behaviour, int] = {
        Slowed(change_day=DAYS - NIGHTS_AGO, factor=HALF_AGAIN, noise_sd=NOISE): SLOWED,
        Slowed(change_day=DAYS, factor=1.0, noise_sd=NOISE): STEADY,
    }
    history = generate(World(seed=SEED + 1, days=DAYS, mix=mix, hosts=50))
    with built(history, "met_duration_shift") as release:
        found = release.polars("select test_key, direction, baseline_p50_ms from met_duration_shift")
    # changes below a quarter of a second are not told: of these the truth is not asked
    told = found.filter(pl.col("baseline_p50_ms") >= 1_000)
    return with_truth(told, history)
