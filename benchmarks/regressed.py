"""Who is called regressed: the rule beside those of other tools, on tests whose pass rates are known.

What belongs here: unchanged tests reported and fallen tests missed, of each rule over the same counts. What
does not: seconds (analyses.py). OpenShift Sippy's rule is written as statistics.md 1.1 tells it.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from benchmarks.drafts import built, with_truth
from benchmarks.figures import Figure
from synthetic.behaviours import Behaviour, Between, Regression, Stable
from synthetic.histories import generate
from synthetic.world import World
from warehouse.policy import default_parameters

FAILING_RATES: Final = Between(0.01, 0.10)
SETTINGS: Final = ((50_000, 1, 0.8, 30.0), (10_000, 5, 0.3, 30.0))
"""Unchanged tests, runs a day, by how much one test in a hundred falls, and percent of these to be missed at
most.

Seven runs prove no small fall in so large a family: with one run a day a fall by 30 points is next to never
found, by 80 points most are. With five a day 20 % of the falls by 30 points are missed in the mean of 20
seeds, and 29 % at most.
"""

OURS: Final = "regressed"
_DROP: Final = pl.col("pass_rate_drop") > 0.05
RULES: Final = {
    OURS: pl.col("state") == "regressed",
    "one test at 95 %, pity 5 (Sippy)": (
        _DROP & (pl.col("p_value") < 0.05) & (pl.col("sample_failed_count") >= 3)
    ),
    "fell by more than 5 points": _DROP,
}


def regressed() -> Iterator[Figure]:
    """Share of unchanged tests reported and of fallen tests missed, ours against limits and peers."""
    for unchanged, runs_a_day, fall, most_missed in SETTINGS:
        tests = _judged(unchanged, runs_a_day, fall)
        for name, rule in RULES.items():
            limit_name = "limit" if name == OURS else "ours at most"
            named = f"{name}, {runs_a_day} a day"
            wrong, missed = _shares(tests, rule)
            yield Figure(f"{named}: unchanged reported", wrong, "%", 0.5, limit_name)
            yield Figure(f"{named}: fallen missed", missed, "%", most_missed, limit_name)


def _judged(unchanged: int, runs_a_day: int, fall: float) -> pl.DataFrame:
    """Every test with its state, its counts and its truth; without retries all failures are hard."""
    history = generate(_world(unchanged, runs_a_day, fall))
    with built(history, "met_regressions") as release:
        found = release.polars(
            """
            select test_key, state, sample_failed_count, pass_rate_drop, p_value
            from met_regressions
            where flake_mode = 'flakes_as_pass'
            """
        )
    return with_truth(found, history)


def _world(unchanged: int, runs_a_day: int, fall: float) -> World:
    """The days of basis and sample; what falls does so on the first day of the sample."""
    basis, sample = default_parameters().regression_basis_days, default_parameters().regression_sample_days
    mix: dict[Behaviour, int] = {Stable(phi=FAILING_RATES): unchanged}
    for rate in (percent / 100 for percent in range(1, 11)):
        mix[Regression(phi=rate, failing_rate=rate + fall, change_day=basis)] = unchanged // 1_000
    return World(seed=7, days=basis + sample, mix=mix, invocations_per_day=runs_a_day, suites=20)


def _shares(tests: pl.DataFrame, rule: pl.Expr) -> tuple[float, float]:
    """Percent of the unchanged that the rule names, and of the fallen that it does not."""
    shares = tests.group_by("kind").agg(rule.fill_null(value=False).mean())
    named = dict(shares.iter_rows())
    return 100 * named["stable"], 100 * (1 - named["regression"])
