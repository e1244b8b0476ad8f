"""Pictures of forecasts: the next run of a test, pass rates of the next days.

What belongs here: small made-up histories with a fixed seed, and what our own functions make of them. What
does not: marks and axes (drawing.py), trends of what was (of_pass_rates.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from docs.metric_pictures.drawing import (
    RESULTS,
    Point,
    Scale,
    area,
    day_axis,
    dot,
    interval,
    legend,
    line,
    picture,
    strip,
    text,
    x_axis,
    y_axis,
)
from pipelines.analysis.next_run import (
    Histories,
    failure_probability,
    history_probability,
    known,
    learn,
    probability_interval,
)
from pipelines.analysis.pass_rate_backtests_table import pass_rate_backtests
from pipelines.analysis.pass_rate_forecasts_table import pass_rate_forecasts
from pipelines.reports import formats
from warehouse.policy import default_parameters

Floats: TypeAlias = npt.NDArray[np.float64]

_FIRST: Final = date(2026, 6, 1)
_SHOWN: Final = 36
"""Runs, or days, that are drawn of a longer history."""


def next_run() -> str:
    """Last runs of three tests, and the chance that the next one fails; beside it the share of all runs."""
    tests = {
        "pays by card": "P" * 30 + "F" * 6,
        "sends mail": "PPPPFPPPPPPPFPPPPPPFPPPPPPPPFPPPPPFP",
        "logs in": "P" * 36,
    }
    histories = _histories([*tests.values(), *_others()])
    common = learn(histories, np.ones(len(histories.is_failed), np.bool_))
    now = known(histories, default_parameters().forecast_half_life_run_count)
    chances, shares = failure_probability(now, common), history_probability(now, common)
    lows, highs = probability_interval(now, common)
    x, top, step = Scale(0, 1, 356, 520), 44.0, 44.0
    bottom = top + step * len(tests)
    body = [
        text((20, 22), f"last {_SHOWN} runs, first attempts", colour="ink", weight=600),
        text((356, 22), "chance that the next run fails", colour="ink", weight=600),
        *x_axis(x, (top - 10, bottom - 8), {v / 4: f"{25 * v}%" for v in range(5)}, "95% interval"),
    ]
    for place, (name, runs) in enumerate(tests.items()):
        y = top + step * place
        body += [
            text((20, y + 6), name, colour="ink", weight=600),
            *strip([*runs], (20, y + 11), (8.9, 14)),
            interval(x, y + 16, (float(lows[place]), float(highs[place])), "flaky"),
            line([(x(float(shares[place])), y + 9), (x(float(shares[place])), y + 23)], "fail", 2),
            dot((x(float(chances[place])), y + 16), "ink"),
            text((532, y + 13), formats.percent(float(chances[place])), colour="ink", weight=600),
            text((532, y + 28), f"by all runs {formats.percent(float(shares[place]))}"),
        ]
    return picture(
        bottom + 62,
        "Last runs of three tests and the chance that the next one fails",
        "; ".join(f"{name}: {formats.percent(float(p))}" for name, p in zip(tests, chances, strict=False)),
        [*body, *legend((20, bottom + 48), (RESULTS[0], RESULTS[2])), *_share_mark(bottom + 48)],
    )


def _share_mark(y: float) -> Iterator[str]:
    yield line([(176, y - 11), (176, y + 2)], "fail", 2)
    yield text((184, y), "by all runs, whatever the last one was")


def _others() -> list[str]:
    """Other tests of the project, from which it is learnt how failures go on: most alone, some for long."""
    random = np.random.default_rng(9)
    rates = random.beta(0.4, 10, 40)
    steady = ["".join("F" if p < rate else "P" for p in random.random(80)) for rate in rates]
    return [*steady, *("P" * (60 - n) + "F" * n + "P" * 10 for n in (6, 9, 12, 15, 20))]


def _histories(tests: Sequence[str]) -> Histories:
    failed = np.array([run == "F" for test in tests for run in test])
    return Histories(failed, np.array([len(test) for test in tests], np.int64))


def pass_rates() -> str:
    """The last days of a suite, two weeks ahead with an interval, and how good that was in the backtest."""
    policy = default_parameters()
    days = _days()
    found = pass_rate_forecasts(days, policy).sort("horizon_days").rows(named=True)
    tests = {row["reference"]: row for row in pass_rate_backtests(days, policy).rows(named=True)}
    reach = tests["seasonal_naive"]["interval_reach"]
    dates = [_FIRST + timedelta(days=place) for place in range(days.height + policy.forecast_horizon_days)]
    shown = dates[days.height - _SHOWN :]
    x, y = Scale(0, len(shown) - 1, 62, 480), Scale(0.84, 1, 206, 40)
    rates = (days["passed_count"] / days["run_count"]).to_list()[-_SHOWN:]
    places = [_SHOWN - 1 + row["horizon_days"] for row in found]
    lines = {at: [_rate(row, at * reach) for row in found] for at in (-1.0, 0.0, 1.0)}

    def points(at: float) -> list[Point]:
        return [(x(place), y(rate)) for place, rate in zip(places, lines[at], strict=True)]

    body = [
        *y_axis(y, (62, 480), {v / 100: f"{v}%" for v in range(84, 101, 4)}, "pass rate of the day"),
        *day_axis(x, (40, 206), shown),
        area(points(1.0), points(-1.0), "pass"),
        line(points(0.0), "pass", 2),
        *(dot((x(place), y(rate)), "pass", is_hollow=True, radius=2.6) for place, rate in enumerate(rates)),
        line([(x(_SHOWN - 0.5), 30), (x(_SHOWN - 0.5), 206)], "ink", 1, "3 3"),
        text((x(_SHOWN - 0.5) - 6, 36), "known", "end", "ink"),
        text((x(_SHOWN - 0.5) + 6, 36), "forecast", colour="ink"),
        text((492, 60), "backtest of 28 days", colour="ink", weight=600),
        *(part for number, row in enumerate(tests.values()) for part in _skill(row, 80.0 + 46 * number)),
        text((492, 176), f"{tests['seasonal_naive']['coverage']:.0%} of the days"),
        text((492, 191), "within the 80% interval"),
    ]
    return picture(
        248,
        "A pass rate by day, two weeks of forecast with an 80% interval",
        "; ".join(f"skill against {name.replace('_', ' ')} {row['skill']:.2f}" for name, row in tests.items())
        + f"; coverage {tests['seasonal_naive']['coverage']:.0%}.",
        body,
    )


def _skill(row: Mapping[str, Any], y: float) -> Iterator[str]:
    words = {"seasonal_naive": "the day a week before", "history_mean": "the mean of all days"}
    yield text((492, y), words[row["reference"]])
    is_beaten = row["skill"] > 0 and row["skill_low"] > 0
    yield text(
        (492, y + 15),
        f"beaten by {row['skill']:.0%}" if is_beaten else "not beaten",
        colour="ink",
        weight=600,
    )
    yield text((492, y + 29), f"95%: {row['skill_low']:.0%} to {row['skill_high']:.0%}".replace("-", "−"))


def _rate(row: Mapping[str, Any], reach: float) -> float:
    """As met_forecast_pass_rate has it: logits back into a rate of so many runs."""
    n = row["expected_run_count"]
    rate = ((n + 1) / (1 + np.exp(-(row["logit_mean"] + reach * row["logit_sd"]))) - 0.5) / n
    return float(min(1.0, max(0.0, rate)))


def _days() -> pl.DataFrame:
    """A suite with a bad Monday and a level that drifts."""
    random = np.random.default_rng(8)
    days, runs = default_parameters().forecast_days, 600
    level = 3.0 + np.cumsum(random.normal(0, 0.06, days))
    monday = np.where(np.arange(days) % 7 == 0, -0.7, 0.0)
    passed = random.binomial(runs, 1 / (1 + np.exp(-(level + monday))))
    return pl.DataFrame(
        {
            "scope_type": "suite",
            "scope_key": "checkout",
            "project": "shop",
            "bucket_date": [_FIRST + timedelta(days=place) for place in range(days)],
            "run_count": np.full(days, runs),
            "passed_count": passed,
            "age_days": np.arange(days)[::-1],
        }
    )
