"""What the failures of a test go with: given runs, which patterns are told of it (statistics.md 5.4, 9)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.analysis.intervals import newcombe
from tests.sql.runs import daily, given_runs, told, told_before, told_in_another_order
from tests.sql.workbench import AS_OF, Row, Workbench

MET, SUMMARY = "met_patterns", "met_pattern_summary"
TABLES = ("ana_patterns", "ana_pattern_effects", MET, SUMMARY)
FOUND = (
    "pattern",
    "test_key",
    "factor_key",
    "run_count",
    "failed_count",
    "other_run_count",
    "other_failed_count",
)
PATTERNS = (
    *("host", "new_test", "order_dependence", "resource_load"),
    *("retry_always_passes", "retry_never_passes", "time_of_day", "timeout", "weekday"),
)


def runs(
    fails: Callable[[int], bool],
    days: int = 60,
    test: str = "t1",
    letters: str = "FP",
    more: Callable[[int], dict[str, object]] = lambda _: {},
    **same: Any,
) -> Iterator[Row]:
    """One run a day; whether it fails first, and what else is said of it, by its day."""
    rows = daily([letters if fails(day) else "P" for day in range(days)], test=test, **same)
    return (row | more(day) for day, row in enumerate(rows))


def weekday(day: int, days: int = 60) -> int:
    """From 0, Monday."""
    return (AS_OF.date() - timedelta(days=days - 1 - day)).weekday()


def found(model: Workbench, pattern: str) -> list[tuple[object, ...]]:
    return model.rows(MET, *FOUND[2:], where=f"pattern = '{pattern}'")


def verdict(model: Workbench, pattern: str) -> tuple[object, ...]:
    columns = ("verdict", "tested_count", "found_count", "lacks")
    (row,) = model.rows(SUMMARY, *columns, where=f"pattern = '{pattern}'")
    return row


def on_worker(day: int) -> dict[str, object]:
    return {"execution_agent": f"worker-{day % 4}"}


def test_failures_on_one_worker(model: Workbench) -> None:
    """Twelve of its 15 runs fail, of 45 elsewhere 3: in 30 days there are 7.5 runs on it."""
    given_runs(model, *runs(lambda day: (day % 4 == 1 and day > 12) or day in (2, 20, 32), more=on_worker))
    assert found(model, "host") == [("worker-1", 15, 12, 45, 3)]
    assert verdict(model, "host") == ("yes", 1, 1, None)
    interval = newcombe(12, 15, 3, 45)
    assert interval.low is not None
    assert interval.high is not None
    names = ("rate_difference", "rate_difference_low", "rate_difference_high")
    gains = ("expected_gain", "expected_gain_low", "expected_gain_high")
    ((difference, low, high, gain, gain_low, gain_high),) = model.rows(
        MET, *names, *gains, where="pattern = 'host'"
    )
    assert (difference, low, high) == pytest.approx((12 / 15 - 3 / 45, interval.low, interval.high))
    assert (gain, gain_low, gain_high) == pytest.approx(
        tuple(7.5 * value for value in (12 / 15 - 3 / 45, interval.low, interval.high))
    )
    ((text,),) = model.rows(MET, "recommendation", where="pattern = 'host'")
    assert text == (
        "Compare worker worker-1 with others, and run t1 elsewhere until then: "
        "12 of 15 runs failed, otherwise 3 of 45."
    )


def test_a_worker_no_worse_than_others_is_not_told(model: Workbench) -> None:
    given_runs(model, *runs(lambda day: day % 5 == 0, more=on_worker))
    assert (found(model, "host"), verdict(model, "host")) == ([], ("no", 1, 0, None))


def in_turn(
    orders: Sequence[Sequence[str]], fails: Callable[[str, str], bool], **more: object
) -> Iterator[Row]:
    """A day's tests one after the other on one worker, each a pass or a failure by the one before it."""
    for day, tests in enumerate(orders):
        started_at = AS_OF - timedelta(days=len(orders) - day)
        for place, test in enumerate(tests):
            before = tests[place - 1] if place else ""
            (row,) = daily(["FP" if fails(test, before) else "P"], test, until_days_ago=len(orders) - day)
            moment = {"started_at": started_at + timedelta(minutes=place), "execution_agent": "worker"}
            yield row | {"execution_key": f"{test}-{day:03}"} | moment | more


ORDERS = [("a", "b", "c"), ("b", "a", "c"), ("c", "b", "a"), ("a", "c", "b")] * 12


def test_failures_behind_one_test(model: Workbench) -> None:
    """c fails right after a, in half of its runs, and nowhere else."""
    given_runs(model, *in_turn(ORDERS, lambda test, before: (before, test) == ("a", "c")))
    assert found(model, "order_dependence") == [("a", 24, 24, 24, 0)]
    ((text,),) = model.rows(MET, "recommendation", where="pattern = 'order_dependence'")
    assert text == (
        "Undo what a leaves, or run c apart from it: right after it 24 of 24 runs failed, otherwise 0 of 24."
    )


def test_failures_of_the_first_on_a_worker(model: Workbench) -> None:
    given_runs(model, *in_turn(ORDERS, lambda test, before: (before, test) == ("", "a")))
    assert found(model, "order_dependence") == [("(none)", 24, 24, 24, 0)]


def test_a_test_skipped_in_between_spoils_nothing(model: Workbench) -> None:
    rows = list(in_turn(ORDERS, lambda test, before: (before, test) == ("b", "c")))
    given_runs(model, *(row | {"letters": "S"} if row["test_key"] == "a" else row for row in rows))
    assert found(model, "order_dependence") == [("b", 24, 12, 24, 0)]


def test_the_worker_s_order_is_that_of_the_pipeline_run(model: Workbench) -> None:
    """Each test is of a suite, and so of an invocation, of its own."""
    rows = in_turn(ORDERS, lambda test, before: (before, test) == ("a", "c"))
    given_runs(
        model,
        *(
            row
            | {
                "pipeline_id": row["invocation_key"],
                "suite_key": row["test_key"],
                "invocation_key": f"{row['invocation_key']}-{row['test_key']}",
            }
            for row in rows
        ),
    )
    assert [row[0] for row in found(model, "order_dependence")] == ["a"]


def test_without_worker_or_start_nothing_is_said(model: Workbench) -> None:
    given_runs(model, *runs(lambda day: day % 5 == 0))
    assert verdict(model, "order_dependence") == ("insufficient", 0, 0, "worker that an execution ran on")
    assert verdict(model, "host") == ("insufficient", 0, 0, "worker that an execution ran on")
    other = model.another()
    given_runs(other, *runs(lambda day: day % 5 == 0, more=on_worker))
    assert verdict(other, "order_dependence") == ("insufficient", 0, 0, "start of an execution")


def test_failures_on_one_weekday(model: Workbench) -> None:
    given_runs(model, *runs(lambda day: weekday(day) == 2))
    ((factor, run_count, failed_count, _, other_failed_count),) = found(model, "weekday")
    assert (factor, failed_count, other_failed_count) == ("3", run_count, 0)
    assert model.rows(MET, "method", "recommendation[:36]", where="pattern = 'weekday'") == [
        ("worst_level_fisher", "Find what differs on Wednesdays for ")
    ]


def test_three_bad_days_of_many_runs_are_no_weekday(model: Workbench) -> None:
    """Two Wednesdays on which all twelve runs fail."""
    days = [day for day in range(60) if weekday(day) == 2][:2]
    for number in range(12):
        name = f"i{{day}}-{number}"
        rows = runs(lambda day: day in days, invocation_key=name)
        given_runs(model, *(row | {"execution_key": f"{row['execution_key']}-{number}"} for row in rows))
    assert (found(model, "weekday"), verdict(model, "weekday")) == ([], ("no", 1, 0, None))


def test_a_day_on_which_less_fails_makes_no_other_day_worse(model: Workbench) -> None:
    """Four runs a day, of which every second fails, but none on Sundays: days differ, and none stands out."""
    for number in range(4):
        fails = [weekday(day) != 6 and (day + number) % 2 == 0 for day in range(60)]
        rows = runs(fails.__getitem__, invocation_key=f"i{{day}}-{number}")
        given_runs(model, *(row | {"execution_key": f"{row['execution_key']}-{number}"} for row in rows))
    assert model.rows("ana_patterns", "q < 0.05", where="pattern = 'weekday' and finding_number = 1") == [
        (True,)
    ]
    assert (found(model, "weekday"), verdict(model, "weekday")) == ([], ("no", 1, 0, None))


def test_the_hour_is_that_of_the_project_s_zone(model: Workbench) -> None:
    """20:00 UTC is 01:30 in Kolkata: the first quarter of the next day."""
    model.policy = replace(model.policy, time_zone="Asia/Kolkata")

    def at(day: int) -> dict[str, object]:
        moment = AS_OF.replace(hour=20 if day % 3 == 0 else 10) - timedelta(days=60 - day)
        return {"triggered_at": moment, "bucket_date": moment.date()}

    given_runs(model, *runs(lambda day: day % 3 == 0, more=at))
    assert found(model, "time_of_day") == [("0", 20, 20, 40, 0)]
    ((text,),) = model.rows(MET, "recommendation", where="pattern = 'time_of_day'")
    assert str(text).startswith("Find what runs beside t1 between 00:00 and 06:00: 20 of 20 runs failed")


def lasting(failed_ms: Callable[[int], int], passed_ms: int = 20_000) -> Callable[[int], dict[str, object]]:
    return lambda day: {"duration_ms": failed_ms(day) if day % 4 == 0 else passed_ms}


def given_lasting(model: Workbench, failed_ms: Callable[[int], int], passed_ms: int = 20_000) -> None:
    given_runs(model, *runs(lambda day: day % 4 == 0, letters="F", more=lasting(failed_ms, passed_ms)))


def test_failures_that_last_as_long_as_a_limit(model: Workbench) -> None:
    """15 failures at a minute, within 5 %: the longest of the most common ones is the limit."""
    given_lasting(model, lambda day: 60_000 + day)
    assert found(model, "timeout") == [("60056", 15, 15, 45, 0)]
    ((text,),) = model.rows(MET, "recommendation", where="pattern = 'timeout'")
    assert text == (
        "Raise the limit of 60.1 s for t1 or make it faster: lasting so long, "
        "15 of 15 runs failed, otherwise 0 of 45."
    )


@pytest.mark.parametrize(
    ("failed_ms", "passed_ms"),
    [
        (lambda day: 60_000 * (1 + day % 16), 20_000),  # each quarter of the failures lasts as long
        (lambda day: 60_000, 60_000),  # so do passes
        (lambda day: 4_000, 20_000),  # shorter than any limit
    ],
)
def test_no_limit(model: Workbench, failed_ms: Callable[[int], int], passed_ms: int) -> None:
    given_lasting(model, failed_ms, passed_ms)
    assert found(model, "timeout") == []


def test_a_first_attempt_s_own_duration_counts(model: Workbench) -> None:
    """Of three minutes the first attempt took one."""
    rows = list(runs(lambda day: day % 4 == 0, more=lasting(lambda _: 180_000)))
    attempts = [
        {"execution_key": row["execution_key"], "attempt_number": number, "duration_ms": number * 60_000}
        | {"outcome": "failed" if number == 1 else "passed"}
        for row in rows
        if row["letters"] == "FP"
        for number in (1, 2)
    ]
    for row in rows:
        if row["letters"] == "FP":
            more = {"attempt_count": 2, "outcome": "passed", "first_outcome": "failed", "is_decided": True}
            whole = {key: value for key, value in row.items() if key != "letters"}
            model.given("lake_executions", [whole | more])
        else:
            given_runs(model, row)
    model.given("lake_attempts", attempts)
    assert [row[0] for row in found(model, "timeout")] == ["60000"]


def test_failures_where_it_used_most(model: Workbench) -> None:
    def used(day: int) -> dict[str, object]:
        return {
            "cpu_usage_percent": 90.0 if day % 4 == 0 else 10.0 + day / 10,
            "memory_usage_mb": 100.0 + day % 7,
        }

    given_runs(model, *runs(lambda day: day % 4 == 0, more=used))
    assert found(model, "resource_load") == [("processor", 20, 15, 40, 0)]
    other = model.another()
    given_runs(other, *runs(lambda day: day % 4 == 0))
    assert verdict(other, "resource_load") == ("insufficient", 0, 0, "use of processor and memory")


def test_failures_of_the_first_days(model: Workbench) -> None:
    """The project had run for 30 days before; in its first 14 days half of its runs failed."""
    given_runs(model, *daily("P" * 80, test="old"))
    given_runs(model, *runs(lambda day: day < 14 and day % 2 == 0, days=50))
    assert found(model, "new_test") == [("new", 14, 7, 36, 0)]
    assert model.rows(MET, "expected_gain", where="pattern = 'new_test'") == [(None,)]


def test_a_test_as_old_as_its_project_is_not_new(model: Workbench) -> None:
    given_runs(model, *runs(lambda day: day < 14 and day % 2 == 0, days=50))
    assert verdict(model, "new_test") == ("insufficient", 0, 0, None)


@pytest.mark.parametrize(
    ("letters", "pattern", "other"),
    [
        ("FP", "retry_always_passes", "retry_never_passes"),
        ("FF", "retry_never_passes", "retry_always_passes"),
    ],
)
def test_retries_that_end_alike(model: Workbench, letters: str, pattern: str, other: str) -> None:
    given_runs(model, *runs(lambda day: day % 8 == 0, letters=letters))
    assert model.rows(MET, *FOUND[2:], "failed_rate", "expected_gain", where=f"pattern = '{pattern}'") == [
        ("retry", 8, 8, None, None, 1.0, None)
    ]
    assert verdict(model, other) == ("no", 1, 0, None)


def test_four_retries_prove_nothing(model: Workbench) -> None:
    given_runs(model, *runs(lambda day: day % 15 == 0))
    assert found(model, "retry_always_passes") == []


def test_broken_runs_are_left_out_but_of_how_it_fails(model: Workbench) -> None:
    """Broken for 20 days on one worker, in vain retried, always at the limit."""

    def while_broken(day: int) -> dict[str, object]:
        is_broken = 30 <= day < 50
        return {
            "execution_agent": "worker-1" if is_broken else f"worker-{2 + day % 3}",
            "duration_ms": 60_000 if is_broken else 20_000,
        }

    rows = list(runs(lambda day: 30 <= day < 50, letters="F", more=while_broken))
    given_runs(model, *rows)
    assert model.rows(MET, "pattern") == [("timeout",)]
    other = model.another()
    given_runs(other, *(row | {"letters": "FF"} if row["letters"] == "F" else row for row in rows))
    assert other.rows(MET, "pattern", where="pattern <> 'timeout'") == [("retry_never_passes",)]


def test_a_storm_is_no_pattern(model: Workbench) -> None:
    """Pitfall 8: 25 tests fail on five days, all on one worker."""
    days = (3, 17, 31, 44, 58)

    def where(day: int) -> dict[str, object]:
        return {"execution_agent": "worker-1" if day in days else f"worker-{2 + day % 3}"}

    rows = [
        row
        for n in range(25)
        for row in runs(lambda day: day in days, test=f"t{n:02}", letters="F", more=where)
    ]
    given_runs(model, *rows)
    assert (model.rows(MET, "pattern"), verdict(model, "host")) == ([], ("insufficient", 0, 0, None))
    calm = model.another()
    calm.policy = replace(calm.policy, parameters=replace(calm.policy.parameters, storm_test_minimum=100))
    given_runs(calm, *rows)
    assert verdict(calm, "host") == ("yes", 25, 25, None)


def test_other_branches_older_days_and_suite_runs_are_left_out(model: Workbench) -> None:
    given_runs(
        model,
        *runs(lambda _: False, more=on_worker),
        *runs(lambda day: day % 4 == 1, more=on_worker, branch="pr-1", invocation_key="pr{day}"),
        *runs(lambda day: day % 4 == 1, more=on_worker, until_days_ago=91),
    )
    suites = runs(lambda day: day % 4 == 1, more=on_worker, execution_type="test_suite", variant_key="suite")
    given_runs(model, *suites)
    assert verdict(model, "host") == ("insufficient", 0, 0, None)


def test_every_pattern_of_every_project_is_accounted_for(model: Workbench) -> None:
    given_runs(model, *daily("P" * 5), *daily("P" * 5, test="t2", project="other"))
    found_rows = model.rows(SUMMARY, "project", "pattern", "verdict")
    assert found_rows == [
        (project, pattern, "insufficient") for project in ("default", "other") for pattern in PATTERNS
    ]


def history() -> list[Row]:
    rows = list(runs(lambda day: day % 4 == 1, more=on_worker))
    rows += runs(lambda day: weekday(day) == 2, test="t2", more=on_worker)
    rows += runs(lambda day: 20 <= day < 40, test="t3", letters="FF", more=lasting(lambda _: 60_000))
    return [*rows, *in_turn(ORDERS, lambda test, before: (before, test) == ("a", "c"))]


def test_a_past_as_of_does_not_see_what_came_later(model: Workbench) -> None:
    """Pitfall 15."""
    rows = history()
    ended = rows[0] | {"execution_key": "ended", "letters": "F", "completed_at": AS_OF + timedelta(hours=1)}
    expected = told(model, rows, TABLES)
    assert len(expected[2]) >= 4
    assert told_before(model, [*rows, ended], "F", TABLES) == expected


def test_any_order_of_rows_and_more_threads_give_the_same(model: Workbench) -> None:
    """Pitfall 20."""
    assert told(model, history(), TABLES) == told_in_another_order(model, history(), TABLES)


def test_nothing_ran(model: Workbench) -> None:
    assert [model.rows(name, "*") for name in TABLES] == [[]] * len(TABLES)
