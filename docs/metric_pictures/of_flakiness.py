"""Pictures of flakiness: the ranking, labels night after night, and what a rename does to them.

What belongs here: small histories, and what the analysis of flakiness says of them. What does not: marks and
axes (drawing.py), segments and regressions (of_breaks.py).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import polars as pl

from docs.metric_pictures.drawing import (
    RESULTS,
    Scale,
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
from pipelines.analysis.flakiness import counts
from pipelines.analysis.flakiness_table import flakiness
from pipelines.reports import formats
from warehouse.policy import default_parameters

_RANKED: Final = {
    "pays by card": (22, 98),
    "sends mail": (9, 111),
    "exports report": (3, 17),
    "logs in": (4, 236),
    "opens menu": (1, 39),
    "shares link": (1, 0),
    "filters list": (0, 120),
}
"""Flakes and passes."""


def flaky_ranking() -> str:
    """Rate and interval of some tests, the surest flake first."""
    found = _ranking()
    top, step = 40, 30
    bottom = top + step * found.height
    scale = Scale(0, 0.6, 195, 465)
    body = [
        *x_axis(scale, (top - 8, bottom), {v / 10: f"{v / 10:.0%}" for v in range(7)}, "flake rate"),
        text((20, 20), "test", colour="ink", weight=600),
        text((183, 20), "flakes of runs", "end", "ink", 600),
        text((478, 20), "label", colour="ink", weight=600),
    ]
    for place, row in enumerate(found.iter_rows(named=True)):
        body += _ranked(row, scale, top + step * (place + 0.5))
    floor = default_parameters().flakiness_rate_floor
    body += [
        line([(scale(floor), top - 8), (scale(floor), bottom)], "ink", 1, "3 3"),
        text((scale(floor) + 4, top - 10), f"floor {formats.limit(floor)}", colour="ink"),
        *_ranking_legend(bottom + 50),
    ]
    return picture(
        bottom + 64,
        "Flake rates ranked by the lower end of their interval",
        f"{found.height} tests. First {found['test_key'][0]}. The test that failed in its only run comes "
        f"{_ordinal(found, 'shares link')} of {found.height}.",
        body,
    )


def _ranking() -> pl.DataFrame:
    """The tests shown, among others of their project from which the prior is learnt."""
    others = {f"other {number}": (int(number % 4 == 0), 60) for number in range(60)}
    rows = pl.DataFrame([_evidence(name, *counted) for name, counted in (_RANKED | others).items()])
    return (
        flakiness(rows, default_parameters())
        .join(rows, on=["test_key", "variant_key"])
        .filter(pl.col("test_key").is_in(list(_RANKED)))
        .sort("posterior_low", descending=True)
    )


def _ordinal(found: pl.DataFrame, name: str) -> str:
    return f"in place {found['test_key'].to_list().index(name) + 1}"


def _ranked(row: dict[str, Any], scale: Scale, y: float) -> Iterator[str]:
    x, n = row["flake_count"], row["flake_count"] + row["pass_count"]
    yield text((20, y + 4), row["test_key"], colour="ink")
    yield text((183, y + 4), f"{x} of {n}", "end")
    yield interval(scale, y, (row["posterior_low"], row["posterior_high"]), "flaky")
    yield dot((scale(row["posterior_mean"]), y), "ink", is_hollow=n < formats.FEW)
    raw = scale(x / n)
    yield line([(raw, y - 8), (raw, y + 8)], "fail", 2)
    if x / n > scale.high:
        yield text((raw - 6, y - 5), f"{formats.percent(x / n, n)} →", "end", "fail")
    yield text((478, y + 4), row["label"], colour="ink")


def _ranking_legend(y: float) -> Iterator[str]:
    yield line([(20, y - 4), (44, y - 4)], "flaky", 4)
    yield dot((32, y - 4), "ink")
    yield text((50, y), "posterior mean, 95% interval")
    yield dot((236, y - 4), "ink", is_hollow=True)
    yield text((246, y), f"fewer than {formats.FEW} runs")
    yield line([(372, y - 12), (372, y + 4)], "fail", 2)
    yield text((380, y), "flakes over runs, as they are")


def label_history() -> str:
    """Labels of two tests, night after night."""
    flaky = ["P"] * 14 + ["FP"] + ["P"] * 5 + ["FP"] + ["P"] * 6 + ["FP", "P", "FP"] + ["P"] * 54
    broken = ["P"] * 30 + ["F"] * 9 + ["P"] * 45
    top, left = 30.0, 20.0
    pitch = 600 / len(flaky)
    body = []
    for number, (name, nights) in enumerate((("pays by card", flaky), ("sends mail", broken))):
        y = top + number * 120
        body += [text((left, y - 8), name, colour="ink", weight=600)]
        body += strip(nights, (left, y), (pitch, 14))
        body += _lane(_labels(nights), left, pitch, y + 22)
    ticks = {night: f"night {night}" for night in (1, 21, 41, 61, len(flaky))}
    for night, words in ticks.items():
        end = left + (night - 0.5) * pitch
        anchor = "start" if night == 1 else "end" if night == len(flaky) else "middle"
        body.append(text((end, 230), words, anchor))
    return picture(
        268,
        "Labels of two tests, night after night",
        "A test that passes on retry four times is called flaky until it has recovered; one that fails nine "
        "nights is called broken until it passes again.",
        [*body, *legend((left, 254), RESULTS)],
    )


def _labels(nights: Sequence[str]) -> list[str]:
    """What is said after each night; a night is two runs of which the first is the one shown."""
    rows = []
    for last in range(1, len(nights) + 1):
        runs = [(float(last - night), f"c{night}", nights[night - 1]) for night in range(1, last + 1)]
        found = counts(runs)
        ages = [age for (age, *_), kind in zip(runs, found.labels, strict=True) if kind == "flake"]
        tail = next((n for n, kind in enumerate(reversed(found.labels)) if kind != "hard_fail"), last)
        rows.append(
            _evidence(f"{last:03}", found.x, 2 * found.s, found.h - tail, family=str(last))
            | {
                "last_flake_age_days": min(ages, default=0.0),
                "run_since_flake_count": 2 * int(min(ages, default=0.0)),
                "failing_attempt_count": 2 * tail,
                "change_count": tail,
            }
        )
    return flakiness(pl.DataFrame(rows), default_parameters()).sort("test_key")["label"].to_list()


def _lane(labels: Sequence[str], left: float, pitch: float, y: float) -> Iterator[str]:
    """A bar for each stretch of nights with one label; a name that has no room stands lower than the next."""
    start, named = len(labels), list[tuple[float, int]]()
    for label, length in reversed([(label, len(list(stretch))) for label, stretch in groupby(labels)]):
        start -= length
        x = left + start * pitch
        lower = 1 + max((place for after, place in named if after < x + 7 * len(label)), default=-1)
        named.append((x, lower))
        name_y = y + 22 + 14 * lower
        yield box((x, y), (length * pitch - 1.5, 8), {"broken": "fail", "flaky": "flaky"}.get(label, "skip"))
        yield line([(x + 0.5, y + 8), (x + 0.5, name_y)], "skip")
        yield text((x + 4, name_y), label, colour="ink")


def renamed() -> str:
    """A test under two keys, and as the one that it is."""
    former, now = ["P"] * 14 + ["FP"] + ["P"] * 9, ["P"] * 3 + ["FP"] + ["P"] * 12
    lanes = (
        ("checkout.spec.ts::pays by card", former, 0),
        ("payment.spec.ts::pays by card", now, len(former)),
        ("payment.spec.ts::pays by card, with the register", former + now, 0),
    )
    pitch, left = 400 / len(former + now), 20.0
    body = [text((440, 20), "what is said", colour="ink", weight=600)]
    for number, (name, runs, start) in enumerate(lanes):
        y = 46.0 + 58 * number
        flakes, passes = runs.count("FP"), runs.count("P")
        found = flakiness(pl.DataFrame([_evidence(name, flakes, passes)]), default_parameters())
        body += [
            text((left, y - 8), name, colour="ink", weight=600),
            *strip(runs, (left + start * pitch, y), (pitch, 18)),
            text((440, y + 7), found["label"][0], colour="ink", weight=600),
            text((440, y + 22), f"{formats.plural(flakes, 'flake')} of {len(runs)} runs"),
        ]
    return picture(
        240,
        "A renamed test, without and with an entry in the register of aliases",
        "Under two keys each history has one flake; as one test it has two, which is enough for a label.",
        [*body, *legend((left, 226), RESULTS[:2])],
    )


def _evidence(
    name: str, flakes: int, passes: int, hard_fails: int = 0, *, family: str = "shop"
) -> dict[str, Any]:
    """A row as the analysis takes it: runs of commits that are known, each in an invocation of its own."""
    runs = flakes + passes + hard_fails
    return {
        "test_key": name,
        "variant_key": "linux",
        "project": family,
        "flake_count": flakes,
        "proved_flake_count": flakes,
        "flake_invocation_count": flakes,
        "pass_count": passes,
        "hard_fail_count": hard_fails,
        **dict.fromkeys(("run_count", "commit_run_count", "grade_a_count", "invocation_count"), runs),
        "flake_weight": float(flakes),
        "pass_weight": float(passes),
        "isolated_count": 0,
        "last_flake_age_days": 0.0,
        "run_since_flake_count": 0,
        "is_cut_since_flake": False,
        "breaking_cut_count": 0,
        "position_count": max(runs, 1),
        "failing_attempt_count": 0,
        "change_count": 0,
    }
