"""How far a release confidence can be believed: releases with and without genuine failures planted in them.

What belongs here: the Brier score of the confidence beside those of simpler answers to the same question, and
how often releases of like confidence were sound. What does not: seconds (analyses.py).

Every project of a history is one release: its newest build, judged by what was known then. A test is broken
there or not, whatever its runs showed: flaky tests fail without being so, and broken ones may not have run.
A release is sound where no required test is broken.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from benchmarks.drafts import built
from benchmarks.figures import Figure
from pipelines.analysis.segments import Floats
from synthetic.behaviours import Between, Broken, Flaky, Stable
from synthetic.histories import History, generate
from synthetic.names import Names
from synthetic.world import World
from warehouse.connection import ReleaseConnection

SEEDS: Final = (1, 2, 3)
DAYS: Final = 60
PROJECTS: Final = 60
UNEXECUTED: Final = 0.10
"""Share of the tests that were not run at the newest build,"""
STALE: Final = 0.02
STALE_DAYS: Final = 15
"""and of those that were not run for so many days before it."""

BANDS: Final = (0.0, 0.1, 0.5, 0.9, 1.0)
FEWEST: Final = 10
"""Releases below which the share of sound ones says nothing."""

OURS: Final = "confidence"
PEERS: Final = {"pass_rate": "pass rate as a probability", "all_passed": "all passed, in the end"}


@dataclass(frozen=True, slots=True)
class Band:
    """Releases whose confidence lies between the two: how many, their mean, and the share that was sound."""

    low: float
    high: float
    count: int
    mean: float
    sound_share: float


def confidence() -> Iterator[Figure]:
    """Brier scores, times 1,000, beside those of peers; how far bands of confidence are off, in points."""
    releases = pl.concat([released(seed) for seed in SEEDS])
    scores = {name: 1000 * brier(releases[name], releases["is_sound"]) for name in (OURS, *PEERS)}
    base = 1000 * float(releases["is_sound"].mean() * (1 - releases["is_sound"].mean()))  # type: ignore[operator, arg-type]
    named = f"of {releases.height} releases"
    yield Figure(f"Brier score {named}, of {OURS}, by their base rate", scores[OURS], "/1000", base)
    for name, words in PEERS.items():
        yield Figure(f"Brier score {named}, of {words}", scores[name], "/1000", scores[OURS], "ours")
    for band in calibration(releases):
        off = 100 * abs(band.mean - band.sound_share)
        words = f"sound where confidence {band.low:.0%} to {band.high:.0%} ({band.count} releases)"
        yield Figure(f"{words}: off {band.mean:.0%}", off, "points", 15.0)


def brier(probability: pl.Series, is_sound: pl.Series) -> float:
    """Mean square of what was said less what was: 0 is best, a fair coin's 0.25."""
    off: Floats = probability.cast(pl.Float64).to_numpy() - is_sound.cast(pl.Float64).to_numpy()
    return float(np.mean(off**2))


def calibration(releases: pl.DataFrame) -> list[Band]:
    """One band after the other, those with too few releases left out."""
    bands = []
    for low, high in pairwise(BANDS):
        upper = pl.col(OURS) <= high if high == BANDS[-1] else pl.col(OURS) < high
        inside = releases.filter((pl.col(OURS) >= low) & upper)
        if inside.height >= FEWEST:
            means = inside.select(pl.col(OURS).mean(), pl.col("is_sound").mean()).row(0)
            bands.append(Band(low, high, inside.height, *means))
    return bands


def released(seed: int) -> pl.DataFrame:
    """One row per project: what is said of its newest build, and whether it is sound."""
    return released_of(_world(seed))


def released_of(world: World) -> pl.DataFrame:
    """The same of a world."""
    whole = generate(world)
    names = Names(whole)
    last = pl.col("invocation") == pl.col("invocation").max()
    broken = whole.runs.filter(last & pl.col("is_broken"))
    unsound = names.tests_of(broken).join(names.suites.select("suite_key", "project"), on="suite_key")
    with built(_with_gaps(whole, world.seed), "met_release_confidence") as release:
        said = _said(release)
    return said.with_columns((~pl.col("project").is_in(unsound["project"].to_list())).alias("is_sound"))


def _said(release: ReleaseConnection) -> pl.DataFrame:
    return release.polars(
        """
        select
            met_release_confidence.project,
            met_release_confidence.confidence,
            avg((fct_executions.outcome = 'passed')::integer) as pass_rate,
            bool_and(fct_executions.outcome = 'passed') as all_passed
        from met_release_confidence
        inner join fct_executions
            on met_release_confidence.project = fct_executions.project
            and met_release_confidence.build_version = fct_executions.build_version
        where met_release_confidence.is_newest and met_release_confidence.tier = 'all' and is_decided
        group by all
        order by all
        """
    )


def _world(seed: int) -> World:
    """Some forty tests a project; every fifth is flaky; breaks come and go, some with the last changes.

    Half the flaky tests and all that broke last are not retried: one failure is all that is seen of them.
    """
    fresh = Broken(break_from=Between(DAYS - 4, DAYS + 2), break_to=DAYS + 99, retries=0)
    return World(
        seed=seed,
        days=DAYS,
        mix={
            Stable(phi=Between(0.0, 0.004), retries=1): 32 * PROJECTS,
            Flaky(phi=Between(0.01, 0.25), retries=1): 4 * PROJECTS,
            Flaky(phi=Between(0.01, 0.25), retries=0): 4 * PROJECTS,
            Broken(break_from=Between(10, 55), break_to=Between(20, 70), retries=1): PROJECTS // 2,
            fresh: PROJECTS // 2,
        },
        suites=PROJECTS,
        projects=PROJECTS,
    )


def _with_gaps(history: History, seed: int) -> History:
    """The same, where some tests did not run at the last build and some not for a while."""
    rng = np.random.default_rng(seed)
    draws = rng.random(history.truth.height)
    missing = np.where(draws < STALE, STALE_DAYS, np.where(draws < STALE + UNEXECUTED, 1, 0))
    last = int(history.invocations.height) - 1
    runs = history.runs
    since = pl.Series("since", last + 1 - missing[runs["test"].to_numpy()])
    return replace(history, runs=runs.filter(runs["invocation"] < since))
