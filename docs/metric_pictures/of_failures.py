"""Pictures of failures that belong together: messages, tests that fail at once, what failures go with.

What belongs here: small made-up failures, and what our own functions make of them. What does not: marks and
axes (drawing.py), labels of single tests (of_flakiness.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from docs.metric_pictures.drawing import (
    Point,
    Scale,
    cells,
    dot,
    interval,
    legend,
    line,
    picture,
    text,
    x_axis,
)
from pipelines.analysis.cluster_merges import Exact, merged
from pipelines.analysis.clusters import CoFailure, co_failure, fingerprint
from pipelines.analysis.intervals import benjamini_hochberg, newcombe, wilson
from pipelines.analysis.patterns import level_chances
from pipelines.reports import formats
from warehouse.policy import default_parameters

_MESSAGES: Final = {
    "Timeout 5000ms: the button Pay is not to be seen as visible on page 42": (1, 2, 5),
    "Timeout 3200ms: the button Pay is not to be seen as visible on page 7": (3, 5),
    "Timeout 900ms: the button Pay is not to be seen as enabled on page 12": (6,),
    "Connection to 10.0.0.5:8443 refused": (4, 5),
}
"""Messages and the pipelines in which something failed with them."""
_PIPELINES: Final = 8


def clusters() -> str:
    """Messages, what is masked in them, and which of them are one cluster; the pipelines that these block."""
    masked = {message: fingerprint(message) for message in _MESSAGES}
    texts = {one.key: one.text for one in masked.values()}
    exact = [Exact(key, words, "", 1, place) for place, (key, words) in enumerate(texts.items())]
    members = dict(zip(texts, merged(exact, default_parameters().cluster_similarity_floor), strict=True))
    cluster_of = {message: members[one.key].cluster_key for message, one in masked.items()}
    x, y, said = Scale(1, _PIPELINES + 1, 440, 600), 44.0, []
    body = [
        text((20, 20), "message, and what is left of it", colour="ink", weight=600),
        text((440, 20), f"pipelines 1 to {_PIPELINES}", colour="ink", weight=600),
    ]
    for cluster in dict.fromkeys(cluster_of.values()):
        top, mine = y, [message for message, of in cluster_of.items() if of == cluster]
        seen = list(dict.fromkeys(masked[message].key for message in mine))
        for key in seen:
            alike = [message for message in mine if masked[message].key == key]
            body += [part for place, one in enumerate(alike) for part in _message(one, y + 17 * place, x)]
            y += 17 * len(alike)
            body.append(text((32, y - 1), f"→ {_short(texts[key])}", colour="pass"))
            y += 23
        blocked = {pipeline for message in mine for pipeline in _MESSAGES[message]}
        others = {p for message, of in cluster_of.items() if of != cluster for p in _MESSAGES[message]}
        words = f"blocks {len(blocked)} pipelines, {len(blocked - others)} of these as sole cause"
        said.append(words)
        body += [
            line([(20, top - 12), (14, top - 12), (14, y - 10), (20, y - 10)], "ink", 1.6),
            text(
                (32, y),
                f"cluster of {len(seen)}: {words}" + _likeness(members, seen),
                colour="ink",
                weight=600,
            ),
        ]
        y += 34
    return picture(y - 8, "Failure messages brought together into clusters", "; ".join(said), body)


def _message(message: str, y: float, x: Scale) -> Iterator[str]:
    yield text((32, y), _short(message), colour="ink")
    for pipeline in range(1, _PIPELINES + 1):
        outcome = "fail" if pipeline in _MESSAGES[message] else "pass"
        yield from cells({outcome: [(x(pipeline), y - 10)]}, (17, 13))


def _short(message: str) -> str:
    return message if len(message) < 66 else message[:64] + "…"


def _likeness(members: Mapping[str, object], keys: Sequence[str]) -> str:
    found = [getattr(members[key], "similarity", None) for key in keys]
    return f" (cosine {found[-1]:.2f})" if len(keys) > 1 else ""


def co_failures() -> str:
    """Four tests that are flaky, three of which fail in the same invocations."""
    failed = _together()
    names = ["pays by card", "shows receipt", "sends mail", "logs in"]
    pairs = list(combinations(range(len(names)), 2))
    found = [_pair(failed, *pair) for pair in pairs]
    q_values = benjamini_hochberg([1.0 if one.p is None else one.p for one in found])
    is_found = [_is_found(one, q, failed, pair) for one, q, pair in zip(found, q_values, pairs, strict=True)]
    x, top = Scale(0, failed.shape[1], 110, 620), 30.0
    corners: dict[str, list[Point]] = {"pass": [], "fail": []}
    for test, place in np.ndindex(*failed.shape):
        corners["fail" if failed[test, place] else "pass"].append((x(place), top + 20 * test))
    base = top + 20 * len(names) + 46
    body = [
        *(text((100, top + 13 + 20 * test), name, "end", "ink") for test, name in enumerate(names)),
        *cells(corners, (x(1) - x(0) - 1.5, 18)),
        text((x.start, top - 8), f"{failed.shape[1]} invocations, first attempts"),
        *legend((x.start, base - 26), (("pass", "passed"), ("fail", "failed"))),
        text((20, base), "pair", colour="ink", weight=600),
        text((330, base), "both failed of either", "end", "ink", 600),
        text((440, base), "times chance", "end", "ink", 600),
        text((510, base), "q", "end", "ink", 600),
        text((530, base), "verdict", colour="ink", weight=600),
    ]
    for place, (pair, one, q, is_yes) in enumerate(zip(pairs, found, q_values, is_found, strict=True)):
        y = base + 19 * (place + 1)
        first, second = (failed[test] for test in pair)
        body += [
            text((20, y), " and ".join(names[test] for test in pair), colour="ink"),
            text((330, y), f"{(first & second).sum()} of {(first | second).sum()}", "end"),
            text((440, y), f"{one.lift:.1f}×", "end"),
            text((510, y), formats.probability(q), "end"),
            text((530, y), "yes" if is_yes else "no row", colour="fail" if is_yes else "ink", weight=600),
        ]
    grouped = sorted({test for pair, is_yes in zip(pairs, is_found, strict=True) if is_yes for test in pair})
    return picture(
        base + 19 * (len(pairs) + 1),
        "Results of four tests by invocation, and which of them fail together",
        f"{sum(is_found)} of {len(pairs)} pairs fail together: {', '.join(names[test] for test in grouped)}.",
        body,
    )


def _together() -> npt.NDArray[np.bool_]:
    """Three tests that fail when something that they share does, and one by itself."""
    random = np.random.default_rng(4)
    shared = np.zeros(46, np.bool_)
    shared[[6, 7, 17, 27, 33, 40]] = True
    failed = random.random((4, 46)) < 0.02
    failed[:3] |= shared & (random.random((3, 46)) < 0.95)
    failed[3] = random.random(46) < 0.13
    return failed


def _pair(failed: npt.NDArray[np.bool_], first: int, second: int) -> CoFailure:
    a, b = failed[first], failed[second]
    return co_failure(len(a), int(a.sum()), int(b.sum()), int((a & b).sum()))


def _is_found(one: CoFailure, q: float, failed: npt.NDArray[np.bool_], pair: tuple[int, int]) -> bool:
    """As met_co_failures has it."""
    policy = default_parameters()
    common = int((failed[pair[0]] & failed[pair[1]]).sum())
    is_strong = (one.lift or 0.0) >= policy.co_failure_lift_minimum
    is_often = common >= policy.co_failure_minimum
    return is_often and is_strong and q <= policy.co_failure_false_discovery_level


def patterns() -> str:
    """Failure rates under a factor and otherwise, of three tests of which two are proved."""
    findings = {
        ("shows basket", "right after “imports users”"): (9, 14, 4, 186),
        ("pays by card", "on worker ci-7"): (11, 52, 7, 168),
        ("sends mail", "on worker ci-2"): (4, 40, 11, 160),
    }
    counts = np.array(list(findings.values()))
    failed, runs, other_failed, other_runs = counts.T
    p = level_chances(failed, runs, failed + other_failed, runs + other_runs)
    # each of these patterns is a family of its own in a release; here they share one
    q_values = benjamini_hochberg(p.tolist())
    x, top, step = Scale(0, 1, 290, 470), 40.0, 54.0
    bottom = top + step * len(findings)
    said = []
    body = [
        *x_axis(
            x, (top - 10, bottom - 6), {v / 4: f"{25 * v}%" for v in range(5)}, "first attempts that failed"
        ),
        text((20, 20), "test, and what its failures go with", colour="ink", weight=600),
        text((486, 20), "difference", colour="ink", weight=600),
    ]
    for place, ((name, factor), q) in enumerate(zip(findings, q_values, strict=True)):
        y, (k, n, other_k, other_n) = top + 6 + step * place, findings[name, factor]
        is_proved = q <= default_parameters().pattern_false_discovery_level
        said.append(f"{name} {factor}: {'yes' if is_proved else 'not proved'}")
        found = newcombe(k, n, other_k, other_n)
        body += [
            text((20, y + 4), name, colour="ink", weight=600),
            text((20, y + 18), factor),
            *_rate((k, n), "", x, y, "fail" if is_proved else "skip"),
            *_rate((other_k, other_n), "otherwise ", x, y + 20, "pass"),
            text((486, y + 4), "yes" if is_proved else "not proved: no row", colour="ink", weight=600),
            text((486, y + 19), f"{formats.points(k / n - other_k / other_n)}, q {formats.probability(q)}"),
            text(
                (486, y + 33),
                f"95%: {100 * (found.low or 0):.0f} to {100 * (found.high or 0):.0f} pp".replace("-", "−"),
            ),
        ]
    return picture(bottom + 36, "Failures of three tests with and without a factor", "; ".join(said), body)


def _rate(counts: tuple[int, int], words: str, x: Scale, y: float, colour: str) -> Iterator[str]:
    k, n = counts
    found = wilson(k, n)
    yield text((278, y + 4), f"{words}{k} of {n}", "end")
    yield interval(x, y, (found.low or 0.0, found.high or 0.0), colour)
    yield dot((x(k / n), y), "ink", is_hollow=n < formats.FEW)
