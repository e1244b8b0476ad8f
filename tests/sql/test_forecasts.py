"""Forecasts: given runs or days, what is forecast, how it was tested, if it is shown (statistics.md 4)."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from pipelines.analysis.pass_rate_forecasts import logit_of_counts
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.suite_days import suite
from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.connection import open_build

DAYS = 180
AS_OF_DATE = AS_OF.date()
TABLES = (
    "ana_forecast_days",
    "ana_pass_rate_backtests",
    "ana_pass_rate_forecasts",
    "ana_next_run_backtests",
    "ana_next_run_forecasts",
    "met_forecast_backtest",
    "met_forecast_pass_rate",
    "met_forecast_next_run",
    "met_forecast_threshold",
)
SUITE = "scope_type = 'suite'"


class Small(Workbench):
    """A workbench, like those beside it, with a policy that little data fulfils."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        parameters = replace(
            self.policy.parameters,
            forecast_day_minimum=24,
            forecast_tested_days=8,
            forecast_widening_days=16,
            forecast_tested_day_minimum=4,
            forecast_prediction_minimum=50,
            forecast_block_days=2,
        )
        self.policy = replace(self.policy, parameters=parameters)

    def another(self, threads: int = 1) -> "Small":
        return Small(open_build(None, threads=threads, memory_limit_mb=512))


@pytest.fixture
def small() -> Iterator[Small]:
    """An empty workbench of that policy."""
    with open_build(None, threads=1, memory_limit_mb=512) as connection:
        yield Small(connection)


def given_days(model: Workbench, passed: Sequence[int | None], runs: int = 200, scope: str = "s1") -> None:
    """So many of the runs of a suite passed on each of the last days; None: it did not run."""
    rows = [
        {"bucket_date": AS_OF_DATE - timedelta(days=age), "age_days": age, "passed_count": count}
        for age, count in zip(range(len(passed) - 1, -1, -1), passed, strict=True)
        if count is not None
    ]
    whole = {"scope_type": "suite", "scope_key": scope, "project": "default", "run_count": runs}
    model.stand_in("ana_forecast_days", pl.DataFrame([whole | row for row in rows]))


def walking(seed: int = 3, days: int = DAYS, runs: int = 200) -> list[int]:
    """A suite with a level that walks and two worse days a week."""
    draw = np.random.default_rng(seed)
    level = 2.5 + np.cumsum(draw.normal(0, 0.08, days))
    rate = expit(level - 1.2 * (np.arange(days) % 7 >= 5))
    return [int(count) for count in draw.binomial(runs, rate)]


def even(seed: int = 3, days: int = DAYS, runs: int = 200, rate: float = 0.9) -> list[int]:
    """A suite of which each run passes by chance, whatever the day."""
    return [int(count) for count in np.random.default_rng(seed).binomial(runs, rate, days)]


def verdicts(model: Workbench, where: str = SUITE) -> list[tuple[object, ...]]:
    """What the backtest says."""
    return model.rows("met_forecast_backtest", "reference", "verdict", "reason", "is_shown", where=where)


# --- Days


def test_days_of_all_projects_and_suites(model: Workbench) -> None:
    given_runs(model, *daily(["FP", "F"]), *daily("P", test="t2", suite_key=None, project="other"))
    columns = ("scope_type", "scope_key", "project", "age_days", "run_count", "passed_count")
    assert model.rows("ana_forecast_days", *columns) == [
        ("all", "all", None, 0, 2, 1),
        ("all", "all", None, 1, 1, 1),
        ("project", "default", "default", 0, 1, 0),
        ("project", "default", "default", 1, 1, 1),
        ("project", "other", "other", 0, 1, 1),
        ("suite", "(none)", "other", 0, 1, 1),
        ("suite", "s1", "default", 0, 1, 0),
        ("suite", "s1", "default", 1, 1, 1),
    ]


def test_what_is_no_day_of_a_suite(model: Workbench) -> None:
    given_runs(model, *daily("P" * 181))
    given_runs(model, *daily("FFF", "t2", branch="pr-1"), *daily("SSS", "t3"))
    given_runs(model, *daily("FFF", "t4", execution_type="test_suite"))
    given_runs(model, next(daily("F", test="t5")) | {"bucket_date": AS_OF_DATE + timedelta(days=9)})
    given_runs(model, next(daily("F", test="t6")) | {"completed_at": AS_OF + timedelta(minutes=1)})
    storm = {
        "execution_key": "storm",
        "suite_key": "s1",
        "project": "default",
        "bucket_date": AS_OF_DATE,
        "known_at": AS_OF,
        "execution_type": "ci_cd_execution",
        "outcome": "failed",
        "is_decided": True,
        "is_protected_branch": True,
        "is_infra_suspect": True,
    }
    model.stand_in("fct_executions", pl.DataFrame([storm]))
    columns = ("count(*)", "sum(run_count)", "sum(passed_count)", "max(age_days)")
    assert model.rows("ana_forecast_days", *columns, where=SUITE) == [(180, 180, 180, 179)]


def test_a_rate_is_made_of_a_logit_again(model: Workbench) -> None:
    for passed, runs in ((0, 7), (3, 7), (7, 7)):
        logit = float(logit_of_counts(passed, runs))
        ((rate, beyond, empty),) = model.rows(
            "ref_outcomes",
            f"rate_of_logit({logit}, {runs})",
            f"rate_of_logit({logit + 9}, {runs})",
            f"rate_of_logit({logit}, 0)",
            where="outcome = 'passed'",
        )
        assert (rate, empty) == (pytest.approx(passed / runs, abs=1e-12), None)
        assert 0 <= float(str(beyond)) <= 1


# --- Pass rates


def test_weekdays_and_a_level_that_walks_are_forecast(model: Workbench) -> None:
    given_days(model, walking())
    assert verdicts(model) == [
        ("history_mean", "yes", "beats history mean", True),
        ("seasonal_naive", "yes", "beats seasonal naive", True),
    ]
    columns = ("day_count", "tested_day_count", "widened_day_count", "origin_count", "prediction_count")
    assert (
        model.rows("met_forecast_backtest", *columns, where=SUITE)
        == [(180, 28, 84, 28, 28 * 14 - 13 * 14 // 2)] * 2
    )
    found = model.rows(
        "met_forecast_pass_rate", "horizon_days", "forecast_date", "pass_rate_low", "pass_rate_high"
    )
    assert [row[:2] for row in found] == [(day, AS_OF_DATE + timedelta(days=day)) for day in range(1, 15)]
    assert all(0 < float(str(low)) < float(str(high)) < 1 for *_, low, high in found)


def test_rates_are_the_mean_and_the_widened_interval(model: Workbench) -> None:
    given_days(model, walking())
    forecasts = model.rows("ana_pass_rate_forecasts", "horizon_days", "logit_mean", "logit_sd")
    ((reach, factor),) = model.rows(
        "met_forecast_backtest", "interval_reach", "conformal_factor", where="reference = 'seasonal_naive'"
    )
    assert reach == pytest.approx(1.2815515655446004 * float(str(factor)))
    for horizon, mean, sd in forecasts:
        ends = [float(str(mean)) + side * float(str(reach)) * float(str(sd)) for side in (0, -1, 1)]
        expected = [min(1.0, max(0.0, (201 * expit(end) - 0.5) / 200)) for end in ends]
        columns = ("pass_rate", "pass_rate_low", "pass_rate_high")
        assert model.rows("met_forecast_pass_rate", *columns, where=f"horizon_days = {horizon}") == [
            tuple(pytest.approx(value) for value in expected)
        ]


@pytest.mark.parametrize(
    ("skill", "skill_low", "coverage", "verdict", "reason"),
    [
        (0.1, 0.01, 0.8, "yes", "beats seasonal naive"),
        (0.1, 0.0, 0.8, "no", "does not beat seasonal naive"),
        (0.0, 0.01, 0.8, "no", "does not beat seasonal naive"),
        (-0.1, -0.2, 0.5, "no", "does not beat seasonal naive"),
        (0.1, 0.01, 0.70, "yes", "beats seasonal naive"),
        (0.1, 0.01, 0.90, "yes", "beats seasonal naive"),
        (0.1, 0.01, 0.62, "no", "coverage 0.62 is outside 0.70 to 0.90"),
        (0.1, 0.01, 0.91, "no", "coverage 0.91 is outside 0.70 to 0.90"),
        (None, None, 0.8, "no", "nothing to gain: seasonal naive never erred"),
    ],
)
def test_what_a_shown_forecast_needs(
    model: Workbench,
    skill: float | None,
    skill_low: float | None,
    coverage: float,
    verdict: str,
    reason: str,
) -> None:
    row = {
        "scope_type": "suite",
        "scope_key": "s1",
        "reference": "seasonal_naive",
        "day_count": 84,
        "widened_day_count": 14,
        "tested_day_count": 14,
        "crps": 0.1,
        "skill": skill,
        "skill_low": skill_low,
        "coverage": coverage,
    }
    model.stand_in("ana_pass_rate_backtests", pl.DataFrame([row]))
    assert verdicts(model) == [("seasonal_naive", verdict, reason, verdict == "yes")]


def test_chance_alone_is_not_forecast(model: Workbench) -> None:
    """The mean of all days is as good, though the same day of the last week is not."""
    given_days(model, even())
    assert verdicts(model) == [
        ("history_mean", "no", "does not beat history mean", False),
        ("seasonal_naive", "yes", "beats seasonal naive", False),
    ]
    assert model.rows("met_forecast_pass_rate", "scope_key") == []


def test_a_suite_that_always_passes_leaves_nothing_to_gain(model: Workbench) -> None:
    given_days(model, [200] * DAYS)
    assert verdicts(model) == [
        ("history_mean", "no", "nothing to gain: history mean never erred", False),
        ("seasonal_naive", "no", "nothing to gain: seasonal naive never erred", False),
    ]


def test_too_few_days_are_said(model: Workbench) -> None:
    given_days(model, walking(days=31))
    assert verdicts(model) == [
        ("history_mean", "insufficient", "31 of 84 days", False),
        ("seasonal_naive", "insufficient", "31 of 84 days", False),
    ]
    assert model.rows("met_forecast_backtest", "score", "skill", "coverage", where=SUITE) == [(None,) * 3] * 2
    assert model.rows("ana_pass_rate_forecasts", "scope_key") == []


@pytest.mark.parametrize(("days", "is_tested"), [(83, False), (84, True)])
def test_the_days_that_a_forecast_needs(model: Workbench, days: int, is_tested: bool) -> None:
    given_days(model, walking(days=days))
    assert [row[1] != "insufficient" for row in verdicts(model)] == [is_tested] * 2


def test_a_suite_that_ended_is_not_tested(model: Workbench) -> None:
    given_days(model, [*walking(days=DAYS - 20), *[None] * 20])
    assert verdicts(model)[0][1:3] == ("insufficient", "8 of 14 days of the last weeks")


def test_days_of_few_runs_are_missing(model: Workbench) -> None:
    given_days(model, [4 if day % 2 else None for day in range(DAYS)], runs=4)
    given_days(model, [5 if day % 2 == 0 else None for day in range(DAYS)], runs=5, scope="s2")
    columns = ("scope_key", "day_count", "run_count")
    assert model.rows("ana_pass_rate_backtests", *columns, where="reference = 'history_mean'") == [
        ("s1", 0, 0),
        ("s2", 90, 450),
    ]


def test_weekdays_without_runs_are_not_forecast(model: Workbench) -> None:
    first = AS_OF_DATE - timedelta(days=DAYS - 1)
    counts = [
        count if (first + timedelta(days=day)).weekday() < 5 else None for day, count in enumerate(walking())
    ]
    given_days(model, counts)
    days = model.rows("ana_pass_rate_forecasts", "horizon_days")
    weekdays = {(AS_OF_DATE + timedelta(days=int(str(day)))).weekday() for (day,) in days}
    assert (len(days), weekdays) == (10, {0, 1, 2, 3, 4})


def test_an_interval_that_no_longer_holds_hides_the_forecast(model: Workbench) -> None:
    """Noise of the tested weeks is four times that of the weeks by which the interval was widened."""
    draw = np.random.default_rng(5)
    noise = draw.normal(0, 1, DAYS) * np.where(np.arange(DAYS) >= DAYS - 28, 0.8, 0.2)
    weekdays = 3.0 * (np.arange(DAYS) % 7 >= 5)
    level = 2 + 1.5 * np.sin(np.arange(DAYS) / 30)
    given_days(model, [round(50_000 * rate) for rate in expit(level - weekdays + noise)], runs=50_000)
    ((coverage,), _) = model.rows("met_forecast_backtest", "coverage", where=SUITE)
    assert float(str(coverage)) < 0.7
    found = verdicts(model)
    assert ("history_mean", "no", f"coverage {coverage:.2f} is outside 0.70 to 0.90", False) in found


def test_no_factor_widens_days_that_were_all_alike(model: Workbench) -> None:
    """The rate fell once, two weeks before those that are tested: what came is infinitely far out."""
    given_days(model, [180] * 42 + [150] * 42)
    reason = "no spread to test: the days before were all alike"
    assert [row[1:] for row in verdicts(model)] == [("insufficient", reason, False)] * 2


# --- Next runs


def chained(seed: int, fail: float, stay: float, days: int = 60) -> str:
    """A test that fails with this chance after a pass, and with the other after a failure."""
    draw, letters = random.Random(seed), "P"
    while len(letters) < days:
        letters += "F" if draw.random() < (stay if letters[-1] == "F" else fail) else "P"
    return letters


def many(letters: Callable[[int], str], tests: int = 60) -> Iterator[Row]:
    """So many tests, each with the letters of its number."""
    for number in range(tests):
        yield from daily(letters(number), f"t{number:02}")


def next_run(model: Workbench) -> list[tuple[object, ...]]:
    """What the backtest says of next runs."""
    return verdicts(model, "forecast_kind = 'next_run'")


def test_episodes_among_flakes_are_forecast(model: Workbench) -> None:
    """Half of the tests are flaky, half break for a while: neither the history nor the last run tells."""
    rows = many(lambda n: chained(n, 0.12, 0.12) if n % 2 else chained(n, 0.04, 0.85))
    given_runs(model, *rows)
    assert next_run(model) == [
        ("history", "yes", "beats history", True),
        ("last_outcome", "yes", "beats last outcome", True),
    ]
    ((predictions, days),) = set(model.rows("ana_next_run_backtests", "prediction_count", "tested_day_count"))
    assert (predictions, days) == (60 * 28, 28)
    found = model.rows(
        "met_forecast_next_run",
        "test_key",
        "failure_probability",
        "failure_probability_low < failure_probability and failure_probability < failure_probability_high",
        "run_count",
    )
    assert len(found) == 60
    assert all(row[2:] == (True, 60) for row in found)


def test_independent_runs_are_not_forecast(model: Workbench) -> None:
    given_runs(model, *many(lambda n: chained(n, 0.02 + n % 5 / 10, 0.02 + n % 5 / 10)))
    assert next_run(model)[0] == ("history", "no", "does not beat history", False)
    assert model.rows("met_forecast_next_run", "test_key") == []


def test_tests_that_never_fail_leave_nothing_to_gain(model: Workbench) -> None:
    given_runs(model, *many(lambda _: "P" * 40, tests=20))
    assert next_run(model) == [
        ("history", "no", "does not beat history", False),
        ("last_outcome", "no", "nothing to gain: last outcome never erred", False),
    ]


def test_too_few_runs_are_said(model: Workbench) -> None:
    given_runs(model, *many(lambda n: chained(n, 0.1, 0.8), tests=10))
    assert next_run(model) == [
        ("history", "insufficient", "280 of 500 runs", False),
        ("last_outcome", "insufficient", "280 of 500 runs", False),
    ]


def test_runs_of_few_days_are_said(model: Workbench) -> None:
    given_runs(model, *many(lambda n: chained(n, 0.1, 0.8, days=14), tests=60))
    assert [row[1:3] for row in next_run(model)] == [("insufficient", "13 of 14 days of the last weeks")] * 2


def test_projects_are_apart(model: Workbench) -> None:
    """A second project that always passes changes nothing of the first."""
    rows = list(many(lambda n: chained(n, 0.1, 0.8), tests=20))
    given_runs(model, *rows)
    alone = model.rows("ana_next_run_backtests", "*", where="project = 'default'")
    beside = model.another()
    given_runs(beside, *rows)
    given_runs(
        beside,
        *(
            row
            | {
                "test_key": f"x{row['test_key']}",
                "execution_key": f"x{row['execution_key']}",
                "letters": "P",
                "project": "other",
                "suite_key": "s2",
            }
            for row in rows
        ),
    )
    assert beside.rows("ana_next_run_backtests", "*", where="project = 'default'") == alone
    assert beside.rows("ana_next_run_backtests", "count(*)", where="project = 'other'") == [(2,)]


def test_probability_of_one_test_by_hand(model: Workbench) -> None:
    """One of two runs after a pass failed; a pass is worth 20 runs at the rate of all: 1.5 of 3."""
    given_runs(model, *daily("PPFP"))
    weight = 2 ** (-1 / 50)
    columns = ("last_outcome", "run_count", "failed_count", "state_run_count", "state_failed_count")
    assert model.rows("ana_next_run_forecasts", *columns) == [("passed", 4, 1, 2, 1)]
    assert model.rows("ana_next_run_forecasts", "failure_probability", "state_failed_rate") == [
        (pytest.approx((weight + 20 * 0.5) / (weight + weight**2 + 20)), pytest.approx(0.5))
    ]


def test_what_is_no_run_of_a_test(model: Workbench) -> None:
    """Retries are no runs, other branches none, nor is what is older than the flakiness window."""
    given_runs(model, *daily([*"P" * 95, "FP", "F"]))
    given_runs(model, *daily("FFF", branch="pr-1", invocation_key="pr{day}"))
    wrong_clock = next(daily("F", branch="main")) | {"bucket_date": AS_OF_DATE + timedelta(days=9)}
    given_runs(model, wrong_clock | {"execution_key": "wrong"})
    columns = ("last_outcome", "run_count", "failed_count", "state_run_count", "state_failed_count")
    assert model.rows("ana_next_run_forecasts", *columns) == [("failed", 90, 2, 1, 1)]


def test_runs_stand_in_the_order_of_time(model: Workbench) -> None:
    rows = list(daily("PPPF"))
    rows[-1] |= {"triggered_at": AS_OF - timedelta(days=8)}
    given_runs(model, *rows)
    assert model.rows("int_run_sequences", "are_failed", "ages") == [
        ([True, False, False, False], [8, 3, 2, 1])
    ]


def test_tests_that_ended_have_no_next_run(model: Workbench) -> None:
    given_runs(model, *many(lambda n: chained(n, 0.12, 0.12) if n % 2 else chained(n, 0.04, 0.85)))
    given_runs(model, *daily("P" * 30, "old", until_days_ago=28), *daily("P" * 30, "new", until_days_ago=27))
    where = "test_key in ('old', 'new')"
    assert model.rows("met_forecast_next_run", "test_key", "last_age_days", where=where) == [("new", 27)]
    assert model.rows("ana_next_run_forecasts", "count(*)", where=where) == [(2,)]


# --- The line of a trend


def given_line(model: Workbench, level: float, slope: float, **changed: object) -> None:
    """A trend of 60 days that ends at this level; its slope is sure to a fifth."""
    row = {
        "scope_type": "suite",
        "scope_key": "s1",
        "rate_name": "final",
        "project": "default",
        "first_date": AS_OF_DATE - timedelta(days=59),
        "last_date": AS_OF_DATE,
        "window_days": 60,
        "day_count": 60,
        "run_count": 6000,
        "p": 0.001,
        "p_mk": 0.001,
        "slope": slope,
        "slope_low": slope - abs(slope) / 5,
        "slope_high": slope + abs(slope) / 5,
        "intercept": level - 59 * slope,
    }
    model.stand_in("ana_pass_rate_trends", pl.DataFrame([row | changed]))


def threshold(model: Workbench) -> tuple[object, ...]:
    """What is said of the one line."""
    columns = ("verdict", "reason", "threshold_date", "earliest_date", "latest_date")
    (found,) = model.rows("met_forecast_threshold", *columns)
    return found


def ahead(days: int) -> date:
    """That day."""
    return AS_OF_DATE + timedelta(days=days)


def test_when_the_line_falls_below(model: Workbench) -> None:
    """20.2 days at a thousandth a day; 16.8 at 1.2, 25.25 at 0.8."""
    given_line(model, 0.9702, -0.001)
    assert threshold(model) == ("yes", "it declines", ahead(21), ahead(17), ahead(26))
    assert model.rows("met_forecast_threshold", "line_rate", "threshold_rate") == [
        (pytest.approx(0.9702), 0.95)
    ]


def test_the_latest_day_may_be_too_far(model: Workbench) -> None:
    given_line(model, 0.9805, -0.0006)
    assert threshold(model) == ("yes", "it declines", ahead(51), ahead(43), None)


@pytest.mark.parametrize(
    ("level", "slope", "verdict", "reason"),
    [
        (0.99, -0.0005, "no", "more than 60 days away"),
        (0.94, -0.001, "no", "it is below already"),
        (0.97, 0.001, "no", "it does not decline"),
    ],
)
def test_why_a_line_has_no_day(
    model: Workbench, level: float, slope: float, verdict: str, reason: str
) -> None:
    given_line(model, level, slope)
    assert threshold(model) == (verdict, reason, None, None, None)


def test_a_trend_that_is_not_shown_has_no_day(model: Workbench) -> None:
    given_line(model, 0.97, -0.001, p=0.5)
    assert threshold(model)[:2] == ("insufficient", "a trend is neither shown nor ruled out")


def test_too_few_days_have_no_line(model: Workbench) -> None:
    given_line(model, 0.97, -0.001, day_count=13)
    assert threshold(model)[:2] == ("insufficient", "too few days with enough runs")
    assert model.rows("met_forecast_threshold", "line_rate") == [(None,)]


# --- All of it


def some_rows() -> list[Row]:
    """Three suites over 40 days that fulfil the small policy, retries and other branches among them."""
    rows = list(suite([2 + 5 * (day % 7 >= 5) + day // 10 for day in range(40)], suite_key="s1"))
    for number in range(12):
        letters = random.Random(number).choices(["P", "F", "FP", "S"], [8, 1, 1, 1], k=40)
        rows += daily(letters, f"u{number:02}", suite_key=f"s{2 + number % 2}")
    return rows


def test_a_past_as_of_does_not_see_what_came_later(small: Small) -> None:
    """Pitfall 15."""
    rows = some_rows()
    ended = rows[-1] | {"execution_key": "ended", "letters": "F", "completed_at": AS_OF + timedelta(hours=1)}
    before = told(small, rows, TABLES)
    assert all(table for name, table in zip(TABLES, before, strict=True) if name.startswith("ana"))
    assert before == told_before(small, [*rows, ended], "F", TABLES)


def test_any_order_of_rows_and_more_threads_give_the_same(small: Small) -> None:
    """Pitfall 20."""
    rows = some_rows()
    assert told(small, rows, TABLES) == told_in_another_order(small, rows, TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "count(*)") for name in TABLES] == [[(0,)]] * len(TABLES)
