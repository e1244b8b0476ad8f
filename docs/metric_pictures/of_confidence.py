"""Pictures of what is said of a build: why its confidence is what it is, and its quality score.

What belongs here: a few made-up required tests, and what our own functions make of them. What does not:
marks and axes (drawing.py), and gates, which say what is enough.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import exp
from typing import Final

import numpy as np

from docs.metric_pictures.drawing import Scale, box, dot, interval, line, picture, text, x_axis
from pipelines.analysis.release_confidence import Evidence, quality_score, release_confidence
from pipelines.reports import formats
from warehouse.policy import default_parameters

_CAUSE: Final = "“connection refused”"
_TESTS: Final = (
    *(Evidence(f"test {n}", None, 0.002, 0.001, 1, 0, 1) for n in range(120)),
    Evidence("pays by card", _CAUSE, 0.06, 0.004, 6, 1, 0),
    Evidence("sends mail", _CAUSE, 0.03, 0.004, 6, 1, 1),
    Evidence("exports report", None, 0.01, 0.004, 40, 0, 0),
    Evidence("logs in", None, 0.3, 0.004, 3, 1, 0),
)
"""Name, root cause, flake rate, breaks per change, changes since it was good, failures, passes."""


def drivers() -> str:
    """The confidence of a build as a product of what its root causes leave of it."""
    policy = default_parameters()
    eps, tail = policy.segment_lucky_pass_share, policy.confidence_settled_probability
    found = release_confidence(_TESTS, eps)
    ends = _sensitivity(eps)
    told = sorted((value, cause) for cause, value in found.contributions.items() if 1 - exp(value) >= tail)
    rest = sum(found.contributions.values()) - sum(value for value, _ in told)
    count = len(found.contributions) - len(told)
    steps = [*((cause, value) for value, cause in told), (f"{count} others", rest)]
    x, top, step = Scale(0, 1, 160, 430), 40.0, 34.0
    bottom = top + step * (len(steps) + 1)
    body = [
        *x_axis(x, (top - 10, bottom), {v / 4: f"{25 * v}%" for v in range(5)}, "confidence"),
        text((20, 20), "root cause", colour="ink", weight=600),
        text((444, 20), "chance of a break", colour="ink", weight=600),
    ]
    left = list(accumulate((value for _, value in steps), initial=0.0))
    for place, ((cause, value), before) in enumerate(zip(steps, left, strict=False)):
        y = top + step * place
        body += [
            text((20, y + 13), cause, colour="ink"),
            *_cut(exp(before), exp(before + value), x, y),
            text((444, y + 8), _chance(value), colour="ink", weight=600),
            text((444, y + 22), _why(cause)),
        ]
    y = top + step * len(steps)
    body += [
        text((20, y + 13), "confidence", colour="ink", weight=600),
        interval(x, y + 9, ends, "flaky"),
        dot((x(found.confidence), y + 9), "ink"),
        text((444, y + 8), formats.percent(found.confidence), colour="ink", weight=600),
        text((444, y + 22), f"assumptions varied: {ends[0]:.0%} to {ends[1]:.0%}"),
    ]
    return picture(
        bottom + 40,
        "The confidence of a build, and what takes it away",
        f"Confidence {found.confidence:.0%}. "
        + "; ".join(f"{cause}: {1 - exp(value):.1%}" for cause, value in steps)
        + ".",
        body,
    )


def _cut(before: float, after: float, x: Scale, y: float) -> Iterator[str]:
    """What is left, and what the cause takes away."""
    yield box((x(0), y), (x(after) - x(0), 18), "none")
    yield box((x(after), y), (max(x(before) - x(after), 1.5), 18), "fail")
    yield line([(x(after), y + 18), (x(after), y + 34)], "ink", 1, "2 2")


def _chance(contribution: float) -> str:
    return formats.percent(1 - exp(contribution))


def _why(cause: str) -> str:
    mine = [test for test in _TESTS if test.root_cause == cause]
    if not mine:
        return "all together; each below 0.1%"
    if len(mine) > 1:
        return f"{len(mine)} tests failed with it"
    test = mine[0]
    if test.failures + test.passes == 0:
        return f"not run for {test.changes:.0f} changes"
    return f"failed {test.failures}, passed {test.passes}; flakes {test.phi:.0%}"


def _sensitivity(eps: float) -> tuple[float, float]:
    """As met_release_confidence varies hazards and lucky passes, one at a time."""
    policy = default_parameters()
    hazard, lucky = policy.confidence_hazard_factor, policy.confidence_lucky_pass_factor
    varied = ((1.0, 1.0), (1 / hazard, 1.0), (hazard, 1.0), (1.0, 1 / lucky), (1.0, lucky))
    found = [
        release_confidence(_with_hazards(_TESTS, factor), eps * share).confidence for factor, share in varied
    ]
    return min(found), max(found)


def _with_hazards(tests: Sequence[Evidence], factor: float) -> list[Evidence]:
    return [
        Evidence(
            test.test, test.group, test.phi, test.hazard * factor, test.changes, test.failures, test.passes
        )
        for test in tests
    ]


def quality() -> str:
    """Coverage, reliability and health of three builds, each as a share of the one before."""
    builds = {"4.1": (114, 0.002, 0), "4.2": (80, 0.002, 0), "4.3": (114, 0.03, 9)}
    x, top, step = Scale(0, 1, 80, 400), 40.0, 74.0
    bottom, said = top + step * len(builds), []
    body = [
        *x_axis(x, (top - 10, bottom - 10), {v / 4: f"{25 * v}%" for v in range(5)}, "of the required tests"),
        text((20, 20), "build", colour="ink", weight=600),
        text((414, 20), "quality score", colour="ink", weight=600),
    ]
    for place, (name, (executed, phi, broken)) in enumerate(builds.items()):
        tests = _build(executed, phi, broken)
        found, y = quality_score(tests), top + step * place
        low, high = _bootstrap(tests)
        parts = [found.coverage or 0.0, found.reliability or 0.0, found.health or 0.0]
        said.append(f"{name}: {found.score:.1%}")
        body.append(text((20, y + 12), name, colour="ink", weight=600))
        words = ("executed", "of these reliable", "of these healthy")
        for number, (share, part, word) in enumerate(
            zip(accumulate(parts, lambda a, b: a * b), parts, words, strict=True)
        ):
            row = y + 18 * number
            body += [
                box((x(0), row), (x(1) - x(0), 14), "none"),
                box((x(0), row), (x(share) - x(0), 14), ("skip", "flaky", "pass")[number]),
                text(
                    (x.start + 8, row + 11),
                    f"{formats.percent(part)} {word}",
                    colour=("ink", "card", "card")[number],
                    weight=600,
                ),
            ]
        body += [
            text((414, y + 12), f"{found.score:.1%}", colour="ink", weight=600),
            text((414, y + 28), f"95%: {formats.interval(low, high)}"),
            text((414, y + 44), f"{executed} of {len(tests)} executed"),
        ]
    return picture(
        bottom + 34, "The quality score of three builds, factor by factor", "; ".join(said) + ".", body
    )


def _build(executed: int, phi: float, broken: int) -> list[Evidence]:
    """120 required tests of which so many ran, and so many failed twice and did not pass."""
    return [
        Evidence(f"test {n}", None, phi, 0.002, 1, 2 if n < broken else 0, int(broken <= n < executed))
        for n in range(120)
    ]


def _bootstrap(tests: Sequence[Evidence]) -> tuple[float, float]:
    """By tests, drawn with replacement, as met_quality_score has it."""
    random, count = np.random.default_rng(20261201), default_parameters().confidence_resample_count
    scores = [
        quality_score([tests[n] for n in random.integers(0, len(tests), len(tests))]).score or 0.0
        for _ in range(count)
    ]
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)
