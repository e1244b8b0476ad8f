"""Waits, what ran at once, and how busy the workers were (statistics.md 3.1, 3.5)."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import quantile_test

from tests.sql.workbench import AS_OF, Row, Workbench

MET = "met_capacity"
ALL = "scope_type = 'all'"
START = AS_OF - timedelta(hours=10)
CONCURRENCY = ("active_ms", "run_sum_ms", "concurrency_mean", "concurrency_p95", "concurrency_peak")
USE = ("worker_count", "span_ms", "active_ms", "busy_ms", "utilisation", "active_utilisation", "headroom")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ran(start_s: float, end_s: float, worker: str | None = "w1", **more: object) -> Row:
    """An execution on a worker from one second to another."""
    key = f"{worker} {start_s} {end_s} {more.get('project', '')}"
    times = {"started_at": at(start_s), "completed_at": at(end_s)}
    return {"execution_key": key, "execution_agent": worker, **times, **more}


def waited(*waits_ms: int | None) -> list[Row]:
    return [{"execution_key": f"e{place}", "queue_ms": wait} for place, wait in enumerate(waits_ms)]


def test_what_runs_at_once_is_weighed_with_time(model: Workbench) -> None:
    """One for 90 s, two for 8 s, three for 2 s, and 60 s of idling between, which do not count."""
    model.given_days([ran(0, 96), ran(156, 160), ran(88, 96, "w2"), ran(156, 160, "w2"), ran(94, 96, "w3")])
    model.given_days([ran(160, 160, "w4")])
    # 88 s of one, 6 + 4 of two, 2 of three: two are enough for 98 of 100.
    assert model.rows(MET, *CONCURRENCY, where=ALL) == [(100_000, 114_000, 1.14, 2, 3)]


def test_one_that_ends_as_another_begins_is_not_beside_it(model: Workbench) -> None:
    model.given_days([ran(0, 5), ran(5, 9), ran(9, 10)])
    assert model.rows(MET, *CONCURRENCY, where=ALL) == [(10_000, 10_000, 1, 1, 1)]


def test_the_95th_percentile_takes_in_its_edge(model: Workbench) -> None:
    model.given_days([ran(0, 100), ran(0, 5, "w2")])
    assert model.rows(MET, "concurrency_p95", where=ALL) == [(1,)]
    other = model.another()
    other.given_days([ran(0, 100), ran(0, 5.001, "w2")])
    assert other.rows(MET, "concurrency_p95", where=ALL) == [(2,)]


def test_workers_are_busy_once_however_much_they_run(model: Workbench) -> None:
    """w1 runs two at once for 10 s of 40, w2 one for 20 s; for 10 s nothing runs."""
    model.given_days([ran(0, 10), ran(0, 10, "w1", project="p2"), ran(20, 40, "w2")])
    assert model.rows(MET, *USE, where=ALL) == [(2, 40_000, 30_000, 30_000, 0.375, 0.5, 0)]


def test_a_project_takes_its_share_of_its_workers(model: Workbench) -> None:
    model.given_days([ran(0, 10), ran(0, 10, "w1", project="p2"), ran(20, 40, "w2")])
    assert model.rows(MET, "scope_key", *USE, where="scope_type = 'project'") == [
        ("default", 2, 40_000, 30_000, 30_000, 0.375, 0.5, 0.5),
        ("p2", 1, 40_000, 10_000, 10_000, 0.25, pytest.approx(1 / 3), 0),
    ]


def test_an_agent_has_no_headroom_of_its_own(model: Workbench) -> None:
    model.given_days([ran(0, 10), ran(0, 10, "w1", project="p2"), ran(20, 40, "w2")])
    assert model.rows(MET, "scope_key", *USE, where="scope_type = 'agent'") == [
        ("w1", 1, 40_000, 10_000, 10_000, 0.25, pytest.approx(1 / 3), None),
        ("w2", 1, 40_000, 20_000, 20_000, 0.5, pytest.approx(2 / 3), None),
    ]


def test_workers_that_run_several_at_once_have_less_than_no_headroom(model: Workbench) -> None:
    model.given_days([ran(0, 10), ran(0, 10, project="p2"), ran(0, 10, project="p3")])
    assert model.rows(MET, "headroom", where=ALL) == [(-2,)]


WAITS = random.Random(1).sample(range(100_000), 100)


def test_waits_are_order_statistics_with_intervals(model: Workbench) -> None:
    model.given_days(waited(*WAITS, None))
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        ordered = sorted(WAITS)
        expected = quantile_test(ordered, p=share).confidence_interval(0.95)
        columns = (f"queue_{name}_ms", f"queue_{name}_low_ms", f"queue_{name}_high_ms")
        value = ordered[round(share * 100) - 1]
        assert model.rows(MET, *columns, where=ALL) == [(value, expected.low, expected.high)]
    counts = ("execution_count", "queued_count", "queue_sum_ms", "queue_max_ms")
    assert model.rows(MET, *counts, where=ALL) == [(101, 100, sum(WAITS), max(WAITS))]


@pytest.mark.parametrize(
    ("count", "has_p50", "has_p95"), [(5, False, False), (6, True, False), (72, True, True)]
)
def test_a_quantile_with_an_open_end_is_not_told(
    model: Workbench, count: int, has_p50: bool, has_p95: bool
) -> None:
    model.given_days(waited(*range(count)))
    told = ("queue_p50_ms is not null", "queue_p95_ms is not null", "queue_p95_low_ms is not null")
    assert model.rows(MET, *told, where=ALL) == [(has_p50, has_p95, has_p95)]


def test_waits_of_projects_and_agents(model: Workbench) -> None:
    rows = [ran(0, 1, "w1", queue_ms=5), ran(0, 1, "w2", queue_ms=7, project="p2"), ran(0, 2, "w2")]
    model.given_days(rows)
    assert model.rows(MET, "scope_type", "scope_key", "queued_count", "queue_sum_ms") == [
        ("agent", "w1", 1, 5),
        ("agent", "w2", 1, 7),
        ("all", "all", 2, 12),
        ("project", "default", 1, 5),
        ("project", "p2", 1, 7),
    ]


@pytest.mark.parametrize(
    ("given_rows", "lacks"),
    [
        ([], "executions"),
        (waited(None), "start and end; workers; queue times"),
        (waited(5), "start and end; workers"),
        ([ran(0, 1, None, queue_ms=5)], "workers"),
        ([ran(0, 1, None, queue_ms=5), ran(0, 1)], "workers of some executions"),
        ([ran(0, 1)], "queue times"),
        ([ran(1, 0, queue_ms=5)], "start and end"),
        ([ran(0, 1, queue_ms=0)], None),
    ],
)
def test_what_is_lacking_is_said(model: Workbench, given_rows: list[Row], lacks: str | None) -> None:
    model.given_days(given_rows)
    assert model.rows(MET, "lacks", where=ALL) == [(lacks,)]


def test_without_workers_there_is_concurrency_alone(model: Workbench) -> None:
    model.given_days([ran(0, 10, None), ran(0, 10, None, project="p2")])
    columns = ("concurrency_peak", "worker_count", "busy_ms", "utilisation", "headroom")
    assert model.rows(MET, *columns, where=ALL) == [(2, 0, None, None, None)]


def test_nothing_ran(model: Workbench) -> None:
    columns = ("execution_count", "queued_count", "queue_max_ms", *CONCURRENCY, *USE)
    nothing = (0, 0, *[None] * 6, 0, *[None] * 6)
    assert model.rows(MET, "scope_type", *columns) == [("all", *nothing)]


def test_what_counts(model: Workbench) -> None:
    """Every outcome of the last 28 days does; suite runs repeat their cases; what runs still has no end."""
    long_ago = {"triggered_at": AS_OF - timedelta(days=28)}
    model.given_days(
        [
            ran(0, 10, outcome="aborted", is_decided=False, branch="other"),
            ran(0, 11, execution_type="test_suite"),
            ran(0, 12) | long_ago,
            ran(0, 99_999),
            ran(0, 13) | {"completed_at": None, "status": "running", "outcome": None},
        ]
    )
    assert model.rows(MET, "execution_count", "timed_count", "run_sum_ms", where=ALL) == [(2, 1, 10_000)]


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from(["w1", "w2", None])), max_size=12
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPANS)
def test_levels_are_those_of_each_second(model: Workbench, spans: list[tuple[int, int, str | None]]) -> None:
    bench = model.another()
    bench.given_days(
        [ran(start, start + length, worker) | {"execution_key": f"e{n}"}
         for n, (start, length, worker) in enumerate(spans)]
    )  # fmt: skip
    seconds = Counter(second for start, length, _ in spans for second in range(start, start + length))
    workers = {(w, second) for start, length, w in spans if w for second in range(start, start + length)}
    ((active, run_sum, peak, busy),) = bench.rows(
        MET, "active_ms", "run_sum_ms", "concurrency_peak", "busy_ms", where=ALL
    )
    assert (active or 0, run_sum or 0) == (len(seconds) * 1_000, seconds.total() * 1_000)
    assert (peak or 0, busy or 0) == (max(seconds.values(), default=0), len(workers) * 1_000)


ROWS = [
    ran(n * 13 % 101, n * 13 % 101 + n % 7 + 1, f"w{n % 3}", queue_ms=n * 37 % 50, project=f"p{n % 2}")
    | {"execution_key": f"e{n}"}
    for n in range(100)
]  # fmt: skip


def test_order_changes_nothing(model: Workbench) -> None:
    model.given_days(ROWS)
    other = model.another(threads=4)
    other.given_days(ROWS[::-1])
    assert model.rows(MET, "*") == other.rows(MET, "*")


def test_later_runs_change_nothing(model: Workbench) -> None:
    model.given_days(ROWS)
    other = model.another()
    after = {
        "triggered_at": AS_OF + timedelta(minutes=1),
        "started_at": AS_OF + timedelta(minutes=2),
        "completed_at": AS_OF + timedelta(minutes=9),
    }
    other.given_days([*ROWS, *(row | after | {"execution_key": f"later {n}"} for n, row in enumerate(ROWS))])
    assert model.rows(MET, "*") == other.rows(MET, "*")
