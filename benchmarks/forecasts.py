"""Whether forecasts are shown where there is something to forecast, hidden where not, and what they cost.

What belongs here: coverage and shares shown over simulated suites and tests whose truth is known, seconds.
What does not: forecasters beside ours (forecast_peers.py), the formulas' own digits (tests/unit/analysis).
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from benchmarks.drafts import built, open_draft
from benchmarks.figures import Figure
from benchmarks.forecast_peers import closed_form, statsmodels_ets
from pipelines.analysis.forecasts import crps_many
from pipelines.analysis.pass_rate_forecasts import (
    WEEK,
    Forecasts,
    last_weekday,
    logit_of_counts,
    smoothed,
)
from pipelines.analysis.tables import ANALYSES
from synthetic.behaviours import Alternating, Behaviour, Between, Broken, Flaky, Regression, Stable
from synthetic.histories import generate
from synthetic.lake_files import write_home
from synthetic.world import World
from warehouse.build import WarehouseBuild
from warehouse.connection import open_build
from warehouse.model_headers import Model
from warehouse.models import load_models
from warehouse.policy import BuildPolicy, default_parameters

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

AS_OF: Final = datetime(2026, 6, 30, 12, tzinfo=UTC)
SUITES: Final = 300
RUNS: Final = 200
PEER_SUITES: Final = 15
"""Suites that statsmodels is given: it takes 0.2 s for each."""
PROJECTS, TESTS = 100, 40
TABLES: Final = (
    *("int_run_sequences", "ana_forecast_days", "ana_pass_rate_backtests", "ana_pass_rate_forecasts"),
    *("ana_next_run_backtests", "ana_next_run_forecasts", "met_forecast_backtest", "met_forecast_pass_rate"),
    *("met_forecast_next_run", "met_forecast_threshold"),
)
BACKTEST: Final = "met_forecast_backtest"
KINDS: Final = ("weekdays and walk", "walk", "weekdays", "noise", "last week")
"""The last two leave nothing to gain: the mean is as good as any, and so is the same day of the last week."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Rows of the backtest, and the seconds of the models that made them."""

    rows: pl.DataFrame
    seconds: float

    def shown(self) -> pl.DataFrame:
        """One row per scope."""
        return self.rows.group_by("scope_key").agg(
            pl.col("is_shown").first(), pl.col("coverage").max(), pl.col("skill").min()
        )


def forecasts() -> Iterator[Figure]:
    """Pass rates, next runs, seconds."""
    yield from _pass_rates()
    yield from _forecasters()
    yield from _next_runs()
    yield from _synthetic_histories()
    yield from _whole_warehouse()


def _pass_rates() -> Iterator[Figure]:
    for kind in KINDS:
        runs = 100 * RUNS if kind == "last week" else RUNS  # chance would be something to smooth
        judged = _judged("ana_forecast_days", _days(_passed(kind, SUITES, 1, runs), runs), "pass_rate")
        suites = judged.shown()
        shown = suites.filter("is_shown")
        share = 100 * shown.height / suites.height
        has_gain = kind in KINDS[:3]
        yield Figure(f"{kind}: shown", share, "%", 100.0 if has_gain else 5.0, "of" if has_gain else "limit")
        if has_gain:
            covered = 100 * float(shown["coverage"].to_numpy().mean())
            yield Figure(f"{kind}: coverage of the 80 % interval, where shown", covered, "%", 90.0)
            missed = abs(covered - 80.0)
            yield Figure(f"{kind}: its distance from 80 %", missed, "points", 10.0)
            every = 100 * float(suites["coverage"].to_numpy().mean())
            yield Figure(f"{kind}: coverage of all, shown or not", every, "%", 80.0, "wanted")
        yield Figure(f"{kind}: {SUITES} suites", judged.seconds, "s", 6.0)


def _passed(kind: str, suites: int, seed: int, runs: int = RUNS) -> Ints:
    """Passed runs by day and suite."""
    draw = np.random.default_rng(seed)
    days = default_parameters().forecast_days
    weekdays = draw.normal(0, 0.5, (WEEK, suites))[np.arange(days) % WEEK]
    walk = np.cumsum(draw.normal(0, 0.08, (days, suites)), axis=0)
    logits = {
        "weekdays and walk": 3 + weekdays + walk,
        "walk": 3 + walk,
        "weekdays": 3 + weekdays,
        "noise": np.full((days, suites), 3.0),
        "last week": 3 + _weekly_walk(draw, days, suites),
    }[kind]
    return np.asarray(draw.binomial(runs, expit(logits)), np.int64)


def _weekly_walk(draw: np.random.Generator, days: int, suites: int) -> Floats:
    """Every day of the week walks by itself: nothing tells more than the same day of the last week."""
    steps = draw.normal(0, 0.3, (days // WEEK + 1, WEEK, suites))
    return np.asarray(np.cumsum(steps, axis=0).reshape(-1, suites)[:days], np.float64)


def _days(passed: Ints, runs: int) -> pl.DataFrame:
    """Rows of ana_forecast_days."""
    days, suites = passed.shape
    ages = np.repeat(np.arange(days)[::-1], suites)
    return pl.DataFrame(
        {
            "scope_type": ["suite"] * passed.size,
            "scope_key": [f"s{suite:03}" for suite in range(suites)] * days,
            "project": ["default"] * passed.size,
            "bucket_date": [AS_OF.date() - timedelta(days=int(age)) for age in ages],
            "age_days": ages,
            "run_count": np.full(passed.size, runs),
            "passed_count": passed.ravel(),
        }
    )


def _judged(given: str, rows: pl.DataFrame, kind: str) -> Judged:
    """What the models above one table say of these rows of it, in a build without any other."""
    with open_build(None, threads=2, memory_limit_mb=2_048) as connection:
        build = WarehouseBuild(connection, ANALYSES)
        build.start(AS_OF, BuildPolicy())
        build.attach_lake({})
        seconds = 0.0
        for model in _needed(load_models()):
            begin = time.perf_counter()
            build.run_model(model)
            seconds += (time.perf_counter() - begin) * (model.name in TABLES)
            if model.name == given:
                connection.register("given", rows.to_arrow())
                connection.execute(f"insert into {given} by name from given")
        found = connection.sql(f"from {BACKTEST} where forecast_kind = '{kind}'")
        return Judged(pl.DataFrame(found.to_arrow_table()), seconds)


def _needed(models: Sequence[Model]) -> list[Model]:
    """The models of forecasts and all that they read, in the order of the models."""
    names = set(TABLES)
    for model in reversed(models):
        if model.name in names:
            names.update(model.inputs)
    return [model for model in models if model.name in names]


def _forecasters() -> Iterator[Figure]:
    """Skill against the same day of the last week, of the same days from the same origins."""
    makers: dict[str, Callable[[Floats, Sequence[int], int], Forecasts]] = {
        "ours": lambda *given: smoothed(*given).forecasts,
        "statsmodels ETS(A,N,A7)": statsmodels_ets,
        "closed form": closed_form,
    }
    for kind in KINDS[:4]:
        logits = logit_of_counts(_passed(kind, PEER_SUITES, seed=2), RUNS)
        origins = range(len(logits) - 29, len(logits) - 1)
        naive = _crps(logits, origins, last_weekday(logits, origins, 14))
        skills: dict[str, float] = {}
        for name, make in makers.items():
            begin = time.perf_counter()
            skills[name] = 100 * (1 - _crps(logits, origins, make(logits, origins, 14)) / naive)
            took = 1_000 * (time.perf_counter() - begin) / PEER_SUITES
            yield Figure(f"{kind}: skill of {name}", skills[name], "%", skills["ours"], "ours")
            yield Figure(f"{kind}: a suite by {name}", took, "ms", 80.0, "one fit")


def _crps(logits: Floats, origins: Sequence[int], found: Forecasts) -> float:
    ahead = np.array(origins)[:, None] + 1 + np.arange(found.mean.shape[1])
    is_within = ahead < len(logits)
    days = logits[np.where(is_within, ahead, 0)]
    return float(crps_many(days[is_within], found.mean[is_within], found.sd[is_within]).mean())


def _next_runs() -> Iterator[Figure]:
    """Projects of tests that are flaky or break for a while, and of tests whose runs are independent."""
    draw = np.random.default_rng(3)
    for name, limit_name, limit in (("episodes", "of", 100.0), ("independent runs", "limit", 5.0)):
        sequences = [
            {
                "test_key": f"p{project}-t{test}",
                "variant_key": "",
                "project": f"p{project:03}",
                "are_failed": _chain(draw, name, test),
                "ages": list(range(89, -1, -1)),
            }
            for project in range(PROJECTS)
            for test in range(TESTS)
        ]
        projects = _judged("int_run_sequences", pl.DataFrame(sequences), "next_run").shown()
        share = 100 * float(projects["is_shown"].to_numpy().mean())
        yield Figure(f"next run, {name}: projects shown", share, "%", limit, limit_name)


def _chain(draw: np.random.Generator, name: str, test: int) -> list[bool]:
    """Ninety runs of a test."""
    rate = draw.uniform(0.01, 0.3)
    if name == "independent runs":
        return [bool(failed) for failed in draw.random(90) < rate]
    to_fail, to_stay = (rate, rate) if test % 2 else (0.03, 0.85)
    runs, chances = [False], draw.random(89)
    for chance in chances:
        runs.append(bool(chance < (to_stay if runs[-1] else to_fail)))
    return runs


def _synthetic_histories() -> Iterator[Figure]:
    """Flaky tests and tests that were broken for some days, among stable ones."""
    mix: dict[Behaviour, int] = {Stable(): 300, Flaky(phi=Between(0.02, 0.4), retries=0): 300}
    for day in range(10, 90, 4):
        mix[Broken(break_from=day, break_to=day + 8, phi=Between(0.0, 0.2), retries=0)] = 30
    with built(generate(World(seed=5, days=95, mix=mix, suites=5)), BACKTEST) as release:
        rows = release.polars(f"select * from {BACKTEST} where forecast_kind = 'next_run' order by reference")
    for row in rows.iter_rows(named=True):
        yield Figure(
            f"synthetic history: skill against {row['reference']}", 100 * row["skill"], "%", 100.0, "of"
        )
        yield Figure("lower end of its interval", 100 * row["skill_low"], "%", 100 * row["skill"], "skill")


def _whole_warehouse(tests: int = 10_000, days: int = 365) -> Iterator[Figure]:
    """Seconds of every model of forecasts, of a warehouse of a year."""
    shares = {
        Stable(): 0.55,
        Flaky(phi=Between(0.005, 0.20), retries=1): 0.25,
        Broken(break_from=Between(50, 150), break_to=Between(160, 350), retries=1): 0.1,
        Regression(change_day=Between(30, 360)): 0.05,
        Alternating(period=5): 0.05,
    }
    mix = {behaviour: round(share * tests) for behaviour, share in shares.items()}
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        world = World(seed=11, days=days, mix=mix, suites=20, start=date(2025, 1, 1))
        write_home(Path(folder), generate(world), has_rollups=False)
        with open_draft(Path(folder)) as draft:
            for model in _needed(draft.models):
                begin = time.perf_counter()
                draft.build(model.name)
                seconds[model.name] = time.perf_counter() - begin
    total = sum(seconds[name] for name in TABLES)
    yield Figure(f"forecasts of {tests:,} tests × {days} days", total, "s", 6.0)
    for name in sorted(TABLES, key=lambda name: -seconds[name])[:4]:
        yield Figure(f"of these {name}", seconds[name], "s", total, "of")


if __name__ == "__main__":
    for figure in forecasts():
        print(figure.line(), flush=True)
