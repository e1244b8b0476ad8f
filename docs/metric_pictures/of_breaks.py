"""Pictures of breaks: a history cut into segments, pass rates of tests before and now.

What belongs here: small histories, and what our own functions make of them. What does not: marks and axes
(drawing.py), labels (of_flakiness.py), pass rates of many tests (of_pass_rates.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from docs.metric_pictures.drawing import (
    RESULTS,
    Scale,
    arrow_down,
    box,
    dot,
    interval,
    legend,
    line,
    picture,
    strip,
    text,
    x_axis,
)
from pipelines.analysis.intervals import benjamini_hochberg, fisher_worse, newcombe, wilson
from pipelines.analysis.segments import log_bayes_factor
from pipelines.analysis.segments_table import segments
from pipelines.reports import formats
from warehouse.policy import default_parameters


def segment_strip() -> str:
    """A history cut into good, broken and good; where the break may have come in."""
    history = ["P"] * 12 + ["FP"] + ["P"] * 16 + ["F", "P"] + ["F"] * 12 + ["P"] * 14
    parts = _segments(history)
    broken = parts[1]
    low, high = broken["cut_low_position"], broken["cut_high_position"]
    suspects = f"commits {low} to {high}"
    x = Scale(1, len(history) + 1, 20, 620)
    body = [
        box((x(low), 30), (x(high + 1) - x(low), 136), "none"),
        *strip(history, (x(1), 62), (x(2) - x(1), 22)),
        *(mark for part in parts for mark in _segment(part, x)),
        *_cut_chances(history, broken, x),
        text((x.start, 44), "commit 1"),
        text((x.end, 44), f"commit {len(history)}", "end"),
        text((x((low + high + 1) / 2), 22), f"suspects with 99%: {suspects}", "middle", "ink", 600),
        arrow_down((x(broken["first_position"]), 58), "ink"),
        *legend((x.start, 218), RESULTS),
    ]
    return picture(
        232,
        "One test's commits, cut where its failure rate changed",
        f"{len(history)} commits in {len(parts)} segments. The break came in at {suspects} with 99%, most "
        f"probably at {broken['first_position']}.",
        body,
    )


def _segments(history: Sequence[str]) -> list[dict[str, Any]]:
    positions = pl.DataFrame(
        {
            "test_key": "pays by card",
            "variant_key": "linux",
            "position_number": range(1, len(history) + 1),
            "run_count": 1,
            "failed_count": [int(result != "P") for result in history],
            "flake_count": [int(result == "FP") for result in history],
        }
    )
    return segments(positions, default_parameters()).rows(named=True)


def _segment(part: dict[str, Any], x: Scale) -> Iterator[str]:
    """The bracket below a segment, with its failures."""
    start, end, y = x(part["first_position"]), x(part["last_position"] + 1) - 1.5, 92
    state, colour = ("broken", "fail") if part["is_broken"] else ("good", "pass")
    yield line([(start, y - 4), (start, y), (end, y), (end, y - 4)], colour, 2)
    words = f"{state}: {part['failed_count']} of {part['run_count']} failed"
    yield text(((start + end) / 2, y + 14), words, "middle", colour, 600)


def _cut_chances(history: Sequence[str], broken: dict[str, Any], x: Scale) -> Iterator[str]:
    """How probable each place of the first cut is, as columns."""
    end, base, height = broken["last_position"], 166.0, 36.0
    failed = np.cumsum([result != "P" for result in history[:end]])
    scores = [
        log_bayes_factor(failed[place - 1], place, failed[-1] - failed[place - 1], end - place)
        for place in range(1, end)
    ]
    weights = np.exp(np.array(scores) - max(scores))
    for commit, weight in enumerate(weights, start=2):
        if weight > 0.01:
            yield box((x(commit), base - weight * height), (x(2) - x(1) - 1.5, weight * height), "ink")
    yield line([(x.start, base), (x(end + 1), base)], "skip")
    words = f"chance that the break is at this commit (highest: {broken['cut_probability']:.0%})"
    yield text((x.start, base + 16), words)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Failed and all runs of a test before and now."""

    name: str
    basis: tuple[int, int]
    sample: tuple[int, int]

    @property
    def drop(self) -> float:
        return self.sample[0] / self.sample[1] - self.basis[0] / self.basis[1]

    @property
    def p(self) -> float:
        (failed, runs), (basis_failed, basis_runs) = self.sample, self.basis
        return fisher_worse(failed, runs - failed, basis_failed, basis_runs - basis_failed)

    def state(self, q: float) -> str:
        policy = default_parameters()
        if self.sample[1] < policy.regression_run_minimum:
            return "insufficient"
        is_worse = (
            self.drop > policy.regression_drop_share and self.sample[0] >= policy.regression_failure_minimum
        )
        is_beyond_chance = q <= policy.regression_false_discovery_level
        return "regressed" if is_worse and is_beyond_chance else "not_regressed"


def regressions() -> str:
    """Pass rates before and now of three tests, each with another state."""
    tests = (
        _Sides("pays by card", (4, 120), (9, 28)),
        _Sides("sends mail", (9, 120), (4, 28)),
        _Sides("shares link", (2, 60), (2, 4)),
    )
    enough = [test for test in tests if test.sample[1] >= default_parameters().regression_run_minimum]
    q_values = dict(zip(enough, benjamini_hochberg([test.p for test in enough]), strict=True))
    scale, top, step = Scale(0, 1, 265, 475), 36.0, 66.0
    bottom = top + step * len(tests)
    body = [
        *x_axis(scale, (top - 8, bottom), {v / 5: f"{20 * v}%" for v in range(6)}, "pass rate"),
        text((20, 20), "test", colour="ink", weight=600),
        text((250, 20), "failed of runs", "end", "ink", 600),
        text((492, 20), "state", colour="ink", weight=600),
    ]
    for place, test in enumerate(tests):
        body += _compared(test, q_values.get(test, 1.0), scale, top + step * place)
    return picture(
        bottom + 42,
        "Pass rates of three tests, before and now, with their 95% intervals",
        "; ".join(f"{test.name}: {test.state(q_values.get(test, 1.0))}" for test in tests),
        body,
    )


def _compared(test: _Sides, q: float, scale: Scale, y: float) -> Iterator[str]:
    yield text((20, y + 16), test.name, colour="ink", weight=600)
    sides = (("30 days before", test.basis, "skip"), ("last 7 days", test.sample, "pass"))
    for number, (words, (failed, runs), colour) in enumerate(sides):
        row, found = y + 12 + 22 * number, wilson(runs - failed, runs)
        yield text((250, row + 4), f"{words}: {failed} of {runs}", "end")
        yield interval(scale, row, (found.low or 0.0, found.high or 0.0), colour)
        yield dot((scale(1 - failed / runs), row), "ink", is_hollow=runs < formats.FEW)
    state = test.state(q)
    yield text((492, y + 16), state, colour="fail" if state == "regressed" else "ink", weight=600)
    (failed, runs), (basis_failed, basis_runs) = test.sample, test.basis
    drop = newcombe(basis_runs - basis_failed, basis_runs, runs - failed, runs)
    low, high = (100 * (end or 0.0) for end in (drop.low, drop.high))
    yield text((492, y + 31), f"{100 * test.drop:.0f} pp ({low:.0f} to {high:.0f}) less".replace("-", "−"))
    yield text((492, y + 46), f"q {formats.probability(q)}" if state != "insufficient" else "too few runs")
