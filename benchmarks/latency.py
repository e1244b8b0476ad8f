"""How soon a break is seen, how seldom a cut is false, and whether its interval holds the place of a change.

What belongs here: cuts and the label `broken` on histories whose truth is known, one run a day. What does
not: flaky tests (labels.py), fallen pass rates (regressed.py), seconds (analyses.py).

Limits: failures until a break is seen are of statistics.md, after days without a failure. It has none for the
rest: they are what was measured and room for another seed. A posterior promises nothing about frequencies, so
a 99 % interval may miss 3 %; it does where changes are so small that few are found, and those by luck (of
changes from 1 to 10 % a tenth is found, and of these 5 % lie outside).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.drafts import built, with_truth
from benchmarks.figures import Figure
from pipelines.analysis.segments import Segmentation, segment_all
from synthetic.behaviours import Behaviour, Between, Broken, Flaky, Stable
from synthetic.histories import generate
from synthetic.world import World

SEED: Final = 5
MOST_FAILURES: Final = 6
BREAKS: Final = ((30, 0.0, 3, 1.0), (100, 0.0, 2, 1.0), (30, 0.01, 5, 0.95), (100, 0.01, 5, 0.95))
"""Days before the break, the share of runs that failed in them, failures until a break is to be seen, and in
what share of the tests: where runs failed before, one next to the break moves the cut."""

SERIES: Final = 1_000
STABLE_RATES: Final = (0.0, 0.01, 0.05)
CHANGES: Final = ((0.0, 0.9), (0.01, 0.3), (0.05, 0.5))
"""Failure rates before and after; each is found in more than nine of ten series."""


def latency() -> Iterator[Figure]:
    """Failures until a break is found and called so, false cuts of stable series, places of cuts missed."""
    for days, rate, limit, share in BREAKS:
        tests = _tests(days, rate, limit)
        named = f"broken after {days} days, {rate:.0%} failing"
        yield from _latencies(named, tests.filter(kind="broken"), limit, share)
        others = tests.filter(pl.col("kind") != "broken")
        wrong = others.filter("is_called").height / others.height
        yield Figure(f"{named}: others called so", 100 * wrong, "%", 0.5)
    rng = np.random.default_rng(SEED)
    for rate in STABLE_RATES:
        cuts = sum(len(found.cuts) for found in _segmented(rng.random((SERIES, 365)) < rate))
        yield Figure(f"false cuts of {SERIES:,} years, {rate:.0%} failing", cuts, "", 5.0)
    for before, after in CHANGES:
        missed = _missed(rng, before, after)
        yield Figure(f"99 % interval of a cut, {before:.0%} to {after:.0%}: missed", missed, "%", 3.0)


def _tests(good_days: int, rate: float, limit: int) -> pl.DataFrame:
    """Tests, whether called broken; the broken ones with their failures, and whether a cut is found there.

    Those with as many failures as the limit have exactly so many good days before, others some more or fewer.
    """
    days = good_days + limit
    mix: dict[Behaviour, int] = {Stable(phi=rate): 1_000, Flaky(phi=Between(0.02, 0.20), retries=1): 200}
    for failures in range(1, MOST_FAILURES + 1):
        mix[Broken(phi=rate, break_from=days - failures, break_to=days, retries=0)] = 200
    history = generate(World(seed=SEED, days=days, mix=mix, suites=20))
    with built(history, "met_flakiness") as release:
        called = release.polars("select test_key, label = 'broken' as is_called from met_flakiness")
        cuts = release.polars(
            "select test_key, cut_low_position as low, cut_high_position as high from ana_segments"
        )
    tests = with_truth(called, history)
    position = (pl.col("break_from") - history.world.start).dt.total_days() + 1
    found = tests.join(cuts, on="test_key").filter(position.is_between("low", "high"))
    return tests.select(
        "kind",
        "is_called",
        is_found=pl.col("test_key").is_in(found["test_key"].implode()),
        failures=days + 1 - position,
    )


def _latencies(name: str, tests: pl.DataFrame, limit: int, most: float) -> Iterator[Figure]:
    shares = tests.group_by("failures").agg(pl.col("is_found", "is_called").mean()).sort("failures")
    for what, column in (("found", "is_found"), ("called broken", "is_called")):
        for share in (0.5, most):
            fewest = _fewest(shares[column].to_list(), share)
            yield Figure(f"{name}: {share:.0%} {what} after", fewest, "failures", limit)


def _fewest(shares: list[float], enough: float) -> int:
    """Failures from which on the share is enough; shares stand by failures, from 1."""
    too_few = [failures for failures, share in enumerate(shares, start=1) if share < enough]
    return max(too_few, default=0) + 1


def _segmented(failed: npt.NDArray[np.bool_]) -> list[Segmentation]:
    """One series per row, one run per position."""
    return segment_all([*failed.astype(float)], [np.ones(failed.shape[1])] * len(failed))


def _missed(rng: np.random.Generator, before: float, after: float) -> float:
    """Percent of the series with a cut whose strongest one does not hold the place of the change."""
    places = rng.integers(50, 151, SERIES)
    rates = np.where(np.arange(200) >= places[:, None], after, before)
    segmented = _segmented(rng.random(rates.shape) < rates)
    cuts = [
        (max(found.cuts, key=lambda cut: cut.log_bayes_factor), place)
        for found, place in zip(segmented, places, strict=True)
        if found.cuts
    ]
    return 100 * sum(not cut.low <= place <= cut.high for cut, place in cuts) / len(cuts)
