"""Pictures of many tests at once: how often a run meets a flake, and storms of the infrastructure.

What belongs here: small made-up suites with a fixed seed, and what our own functions make of them. What does
not: marks and axes (drawing.py), pictures of single tests (of_flakiness.py, of_breaks.py).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from docs.metric_pictures.drawing import (
    Point,
    Scale,
    area,
    arrow_down,
    box,
    cells,
    legend,
    line,
    picture,
    text,
    x_axis,
    y_axis,
)
from pipelines.analysis.flakiness import fit_prior
from pipelines.analysis.intervals import wilson
from pipelines.analysis.suite_flakiness_table import suite_flakiness
from pipelines.reports import formats
from warehouse.policy import default_parameters

_TESTS: Final = 1_000
_RUNS: Final = 200
"""Of each test of the suite."""
_BROKEN: Final = 5
"""The test that was broken before the storm."""


def flaky_pipelines() -> str:
    """The chance that a run of so many tests meets a flake, against their number; with a retry."""
    found = _chances()
    x, y = Scale(0, _TESTS, 62, 490), Scale(0, 1, 230, 34)

    def points(name: str) -> list[Point]:
        return [(x(0), y(0)), *((x(n), y(v)) for n, v in found.select("test_count", name).iter_rows())]

    once, retried = points("flaky_pipeline_rate"), points("flaky_pipeline_rate_with_retry")
    last = found.row(-1, named=True)
    body = [
        *x_axis(x, (34, 230), {n: f"{n:,}" for n in range(0, _TESTS + 1, 200)}, "tests in the run"),
        *y_axis(y, (62, 490), {v / 5: f"{v / 5:.0%}" for v in range(6)}, "chance of at least one flake"),
        area(points("flaky_pipeline_rate_high"), points("flaky_pipeline_rate_low"), "fail"),
        line(once, "fail", 2),
        line(retried, "pass", 2, "6 4"),
        *_name(once[-1], "without a retry", last["flaky_pipeline_rate"]),
        *_name(retried[-1], "with one retry", last["flaky_pipeline_rate_with_retry"]),
    ]
    return picture(
        274,
        "The chance that a run meets a flake, against how many tests it has",
        f"A run of {_TESTS} tests meets a flake in {formats.percent(last['flaky_pipeline_rate'])} of cases, "
        f"with one retry in {formats.percent(last['flaky_pipeline_rate_with_retry'])}.",
        body,
    )


def _chances() -> pl.DataFrame:
    """A row for each of the suites of the first 25, 50, 100, … tests, of which every eighth flakes."""
    random = np.random.default_rng(1)
    rates = np.where(np.arange(_TESTS) % 8 == 3, random.uniform(0.002, 0.012, _TESTS), 0.0)
    flakes = random.binomial(_RUNS, rates)
    prior = fit_prior(flakes, np.full(_TESTS, _RUNS))
    alpha, beta = flakes + prior.alpha, _RUNS - flakes + prior.beta
    tests = pl.DataFrame(
        {
            "test_key": [f"test {number:04}" for number in range(_TESTS)],
            "variant_key": "linux",
            "scope_type": "suite",
            "alpha": alpha,
            "beta": beta,
            "rate": alpha / (alpha + beta),
            "is_prior_learnt": prior.accepted,
        }
    )
    sizes = [25, *range(50, _TESTS + 1, 50)]
    scopes = pl.concat(
        tests.head(size).with_columns(pl.lit(f"{size:04}").alias("scope_key")) for size in sizes
    )
    return suite_flakiness(scopes, default_parameters()).sort("test_count")


def _name(end: Point, words: str, value: float) -> Iterator[str]:
    yield text((end[0] + 8, end[1] - 16), words, colour="ink", weight=600)
    yield text((end[0] + 8, end[1] - 1), f"{formats.percent(value)} of runs")


def storm_grid() -> str:
    """Tests × invocations with a stormy one, and the share of passing tests that failed in each."""
    failing = _invocations()
    tests, invocations = failing.shape
    counts = _newly_failing(failing)
    storm = next(place for place, count in enumerate(counts) if _is_storm(*count))
    x, top, height = Scale(0, invocations, 62, 482), 48.0, 8.0
    corners: dict[str, list[Point]] = defaultdict(list)
    for test, place in np.ndindex(tests, invocations):
        corners["fail" if failing[test, place] else "pass"].append((x(place), top + height * test))
    bottom = top + height * tests
    y = Scale(0, 1, bottom + 100, bottom + 36)
    body = [
        text((6, top - 12), f"{tests} tests"),
        *cells(corners, (x(1) - x(0) - 2, height - 1)),
        text((x.end + 8, top + height * (_BROKEN + 1)), "was broken before", colour="ink"),
        *_storm(counts[storm], (x(storm + 0.5) - 1, top - 4), x.end),
        *_shares(counts, x, y),
        text(((x.start + x.end) / 2, y(0) + 18), "invocations, in their order", "middle"),
        *legend((x.start, y(0) + 42), (("pass", "passed"), ("fail", "failed"))),
    ]
    return picture(
        y(0) + 54,
        "Results of tests by invocation, one of them a storm of the infrastructure",
        f"{tests} tests, {invocations} invocations. In invocation {storm + 1} {counts[storm][0]} of "
        f"{counts[storm][1]} tests failed that had passed before.",
        body,
    )


def _invocations() -> npt.NDArray[np.bool_]:
    """Whether each test failed in each invocation: some by chance, one for good, most of them at once."""
    random = np.random.default_rng(2)
    failing = random.random((26, 30)) < 0.02
    failing[_BROKEN, 12:] = True
    failing[:, 20] |= random.random(26) < 0.9
    return failing


def _newly_failing(failing: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Of the tests that passed in the invocation before, how many fail; none before the first."""
    pairs = [(0, 0)]
    for place in range(1, failing.shape[1]):
        had_passed = ~failing[:, place - 1]
        pairs.append((int((failing[:, place] & had_passed).sum()), int(had_passed.sum())))
    return pairs


def _is_storm(failed: int, total: int) -> bool:
    policy = default_parameters()
    return total >= policy.storm_test_minimum and failed > policy.storm_failing_share * total


def _shares(counts: Sequence[tuple[int, int]], x: Scale, y: Scale) -> Iterator[str]:
    """The lower panel: a column for each invocation."""
    title = "of the tests that had passed before, failed"
    yield from y_axis(y, (x.start, x.end), {0: "0%", 0.5: "50%", 1: "100%"}, title)
    for place, (failed, total) in enumerate(counts):
        tall = y(0) - y(failed / max(total, 1))
        colour = "fail" if _is_storm(failed, total) else "skip"
        yield box((x(place), y(0) - tall), (x(1) - x(0) - 2, tall), colour)
    limit = default_parameters().storm_failing_share
    yield line([(x.start, y(limit)), (x.end, y(limit))], "ink", 1, "3 3")
    yield text((x.end + 8, y(limit) + 4), f"storm above {limit:.0%}", colour="ink")


def _storm(count: tuple[int, int], place: Point, right: float) -> Iterator[str]:
    failed, total = count
    found = wilson(failed, total)
    yield arrow_down(place, "error")
    yield text((place[0], place[1] - 14), "infra storm: counts in no other statistic", "middle", "ink", 600)
    yield text((right + 8, 54), f"{failed} of {total} failed", colour="ink", weight=600)
    yield text((right + 8, 70), f"95%: {formats.interval(found.low, found.high)}")
