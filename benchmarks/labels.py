"""Who is called flaky: the label beside the rules of other tools, on histories whose truth is known.

What belongs here: false discoveries and power of each rule over one seeded history. What does not: seconds
(nights.py). The other tools' rules are written from their documentation, as statistics.md 1.1 tells them.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.figures import Figure
from pipelines.analysis.tables import ANALYSES
from synthetic.behaviours import Alternating, Between, Broken, Flaky, Regression, Stable
from synthetic.events import Storms
from synthetic.histories import History, generate
from synthetic.lake_files import write_home
from synthetic.names import Names
from synthetic.world import World
from warehouse.connection import open_release
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy, default_parameters
from warehouse.releases import build_release
from warehouse.requests import BuildRequest, LakeFiles

DAYS: Final = 90
RULES: Final = {
    "any pass on retry (Trunk, CircleCI)": pl.col("flake_count") >= 1,
    "flake rate above 1 %": pl.col("index") > 0.01,
    "flips of the final status (ReportPortal top)": pl.col("flip_count") >= 2,
    "entropy above 0.1 bits (Apple)": pl.col("entropy_bits") > 0.1,
    "rarest outcome above 10 % (IntelliBrowse)": pl.min_horizontal(
        "failing_share", 1 - pl.col("failing_share")
    )
    > 0.1,
}
"""Other tools' rules over the same counts; those that are only rankings, cut where they would name a test."""


def labels() -> Iterator[Figure]:
    """Share of tests wrongly called flaky and share of flaky tests missed, ours against limits and peers."""
    history = generate(_world())
    with tempfile.TemporaryDirectory() as folder:
        tests = _judged(Path(folder), history)
    yield from _figures("flaky label", tests, pl.col("label") == "flaky", is_ours=True)
    yield from _figures("flaky without a prior (gates)", tests, pl.col("is_gated"), is_ours=False)
    for name, rule in RULES.items():
        yield from _figures(name, tests, rule, is_ours=False)


def _world() -> World:
    """15 % flaky, 10 % so seldom that they are not to be called so, others broken, regressed, alternating."""
    return World(
        seed=3,
        days=DAYS,
        mix={
            Stable(): 6_000,
            Flaky(phi=Between(0.001, 0.009), retries=1): 1_000,
            Flaky(phi=Between(0.01, 0.20), retries=1): 1_500,
            Broken(break_from=Between(20, 50), break_to=Between(55, 80), retries=1): 500,
            Regression(change_day=Between(30, 80), failing_rate=1.0): 500,
            Alternating(period=5): 500,
        },
        reruns_per_commit=1,
        suites=20,
        storms=Storms(rate=0.02),
    )


def _judged(home: Path, history: History) -> pl.DataFrame:
    """Every test with its label, its counts and its truth."""
    write_home(home, history)
    lake = Lake(home / "lake")
    files = LakeFiles.of(lake, lake.generation)
    request = BuildRequest(files, history.as_of, "benchmark", BuildPolicy(), analyses=ANALYSES)
    with open_release(build_release(home, request).folder) as release:
        found = release.polars(
            """
            select
                test_key, label, flake_count, index, flip_count, entropy_bits, is_gated,
                hard_fail_count / nullif(run_count, 0) as failing_share
            from met_flakiness
            """
        )
    names = Names(history)
    truth = history.truth.with_columns(names.tests[history.truth["test"] * 2]["test_key"])  # none is renamed
    return found.join(truth, on="test_key")


def _figures(name: str, tests: pl.DataFrame, rule: pl.Expr, *, is_ours: bool) -> Iterator[Figure]:
    floor = default_parameters().flakiness_rate_floor
    called = tests.filter(rule.fill_null(value=False))
    is_flaky = (pl.col("kind") == "flaky") & (pl.col("phi") > floor)
    right, flaky = called.filter(is_flaky).height, tests.filter(is_flaky).height
    limit_name = "limit" if is_ours else "ours at most"
    wrong_share = 1 - right / called.height if called.height else 0.0
    yield Figure(f"{name}: wrong of those called", 100 * wrong_share, "%", 5.0, limit_name)
    yield Figure(f"{name}: flaky ones missed", 100 * (1 - right / flaky), "%", 25.0, limit_name)
