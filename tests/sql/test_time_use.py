"""Where the time goes: tests, suites, projects, retries, failures, workers (statistics.md 3.5)."""

from datetime import datetime, timedelta

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench

MET = "met_time_use"
START = AS_OF - timedelta(hours=10)


def ran(key: str, test: str, duration_ms: int, **more: object) -> Row:
    return {"execution_key": key, "test_key": test, "duration_ms": duration_ms, **more}


def on(worker: str, start_s: int, end_s: int, test: str, **more: object) -> Row:
    """An execution of an invocation with a name, on a worker, from one second to another."""
    key = f"{more.get('invocation_key', 'i1')}-{worker}-{test}-{start_s}"
    times = {"started_at": _at(start_s), "completed_at": _at(end_s)}
    named = {"execution_agent": worker, "invocation_source": "pipeline"}
    return ran(key, test, (end_s - start_s) * 1_000, **times, **named, **more)


def _at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_shares_add_up_and_are_ranked(model: Workbench) -> None:
    model.given_days(
        [
            ran("a", "t1", 600),
            ran("b", "t1", 100, variant_key="mac||"),
            ran("c", "t2", 200, suite_key="s2", project="p2"),
            ran("d", "t3", 100, suite_key=None),
        ]
    )
    columns = (
        "scope_key",
        "variant_key",
        "duration_sum_ms",
        "duration_share",
        "duration_rank",
        "cumulative_share",
    )
    assert model.rows(MET, *columns, where="scope_type = 'test'") == [
        ("t1", "linux||", 600, 0.6, 1, 0.6),
        ("t1", "mac||", 100, 0.1, 3, 0.9),
        ("t2", "linux||", 200, 0.2, 2, 0.8),
        ("t3", "linux||", 100, 0.1, 4, 1.0),
    ]
    assert model.rows(MET, "scope_type", *columns[::2], where="scope_type <> 'test'") == [
        ("all", "all", 1_000, 1),
        ("project", "default", 800, 1),
        ("project", "p2", 200, 2),
        ("suite", "(none)", 100, 3),
        ("suite", "s1", 700, 1),
        ("suite", "s2", 200, 2),
    ]


def test_time_of_failures_and_of_retries(model: Workbench) -> None:
    model.given(
        "lake_executions", [ran("a", "t1", 900, attempt_count=3), ran("b", "t1", 100, outcome="failed")]
    )
    attempts = [
        ("a", 1, "failed", 200),
        ("a", 2, "failed", 300),
        ("a", 3, "passed", 400),
        ("b", 1, "failed", 100),
    ]
    names = ("execution_key", "attempt_number", "outcome", "duration_ms")
    model.given("lake_attempts", [dict(zip(names, row, strict=True)) for row in attempts])
    columns = (
        "failing_duration_sum_ms",
        "failing_duration_share",
        "retry_duration_sum_ms",
        "retry_duration_share",
    )
    assert model.rows(MET, *columns, where="scope_type = 'all'") == [(100, 0.1, 700, 0.7)]


def test_what_counts(model: Workbench) -> None:
    """Every outcome of the last 28 days does, whatever its duration; suite runs repeat their cases."""
    model.given_days(
        [
            ran("a", "t1", 10, outcome="aborted", is_decided=False),
            ran("b", "t1", 0) | {"duration_ms": None},
            ran("suite", "t1", 10, execution_type="test_suite"),
            ran("last", "t1", 10, triggered_at=AS_OF - timedelta(days=27)),
            ran("old", "t1", 10, triggered_at=AS_OF - timedelta(days=28)),
            ran("later", "t1", 10, triggered_at=AS_OF + timedelta(minutes=1)),
        ]
    )
    columns = ("execution_count", "timed_count", "duration_sum_ms")
    assert model.rows(MET, *columns, where="scope_type = 'all'") == [(3, 2, 20)]


def test_queue_time_is_summed_where_it_is_known(model: Workbench) -> None:
    model.given_days([ran("a", "t1", 10, queue_ms=70), ran("b", "t1", 10)])
    assert model.rows(MET, "queued_count", "queue_sum_ms", where="scope_type = 'all'") == [(1, 70)]


def test_what_is_lacking_is_said(model: Workbench) -> None:
    model.given_days([ran("a", "t1", 10)])
    columns = ("lacks", "finish_delay_sum_ms", "finish_delay_share")
    lacking = "queue times; worker, start and end of executions in named invocations"
    assert model.rows(MET, *columns, where="scope_type = 'test'") == [(lacking, None, None)]
    assert model.rows("met_invocation_times", "invocation_key") == []


def test_nothing_ran(model: Workbench) -> None:
    assert model.rows(MET, "scope_key") == []


def test_a_zero_duration_has_no_share_of_nothing(model: Workbench) -> None:
    model.given_days([ran("a", "t1", 0)])
    assert model.rows(MET, "duration_share", "failing_duration_share", where="scope_type = 'all'") == [
        (None, None)
    ]


def test_workers_of_an_invocation(model: Workbench) -> None:
    """w1 runs 10 s, w2 4 s and waits, w3 7 s: the last worker ends 3 s after the second."""
    model.given_days(
        [on("w1", 0, 4, "t1"), on("w1", 4, 10, "t2"), on("w2", 0, 4, "t3"), on("w3", 0, 7, "t4")]
    )
    columns = ("worker_count", "execution_count", "busy_ms", "wall_ms", "last_worker", "finish_lead_ms")
    assert model.rows("met_invocation_times", *columns) == [(3, 4, 21_000, 10_000, "w1", 3_000)]
    assert model.rows("met_invocation_times", "parallelism", "parallel_efficiency") == [
        (2.1, pytest.approx(0.7))
    ]
    found = model.rows(
        MET, "scope_key", "finish_delay_sum_ms", "finish_delay_share", where="scope_type = 'test'"
    )
    assert found == [("t1", 3_000, 0.3), ("t2", 3_000, 0.3), ("t3", 0, 0), ("t4", 0, 0)]


def test_a_short_test_of_the_last_worker_delays_by_itself_alone(model: Workbench) -> None:
    model.given_days([on("w1", 0, 9, "t1"), on("w1", 9, 10, "t2"), on("w2", 0, 4, "t3")])
    found = model.rows(
        MET, "scope_key", "finish_delay_sum_ms", where="scope_type = 'test' and scope_key < 't3'"
    )
    assert found == [("t1", 6_000), ("t2", 1_000)]


def test_the_only_worker_waits_for_nobody(model: Workbench) -> None:
    model.given_days([on("w1", 0, 4, "t1"), on("w1", 4, 10, "t2")])
    assert model.rows("met_invocation_times", "parallel_efficiency", "finish_lead_ms") == [(1, 10_000)]
    assert model.rows(MET, "finish_delay_sum_ms", where="scope_type = 'test'") == [(4_000,), (6_000,)]


def test_delays_of_tests_do_not_add_up_to_one_of_a_suite(model: Workbench) -> None:
    model.given_days([on("w1", 0, 4, "t1")])
    assert model.rows(MET, "finish_delay_sum_ms", where="scope_type = 'suite'") == [(None,)]


def test_guessed_invocations_have_no_workers(model: Workbench) -> None:
    """What ran on one day was not started together."""
    model.given_days([on("w1", 0, 4, "t1") | {"invocation_source": "derived_day"}])
    assert model.rows("met_invocation_times", "invocation_key") == []


def test_delays_of_several_invocations_add_up(model: Workbench) -> None:
    model.given_days([on("w1", 0, 4, "t1"), on("w1", 100, 106, "t1", invocation_key="i2")])
    assert model.rows(MET, "finish_delay_sum_ms", "finish_delay_share", where="scope_type = 'test'") == [
        (10_000, 1)
    ]


def test_order_changes_nothing(model: Workbench) -> None:
    rows = [on(f"w{n % 3}", n, n + 5, f"t{n % 4}") for n in range(30)]
    model.given_days(rows)
    other = model.another(threads=4)
    other.given_days(rows[::-1])
    for table in (MET, "met_invocation_times"):
        assert model.rows(table, "*") == other.rows(table, "*")
