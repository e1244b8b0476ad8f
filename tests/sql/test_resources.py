"""Use of processor, memory, disk and network: means weighed with time, peaks, totals (statistics.md 3.5)."""

from datetime import timedelta

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench

MET = "met_resource_use"
ALL = "scope_type = 'all'"
COUNTS = ("execution_count", "resource_count", "resource_share", "timed_resource_count")


def used(key: str, duration_ms: int | None, **more: object) -> Row:
    """An execution; its numbers came from itself where it has any."""
    has_any = any(name.endswith(("_percent", "_mb")) for name in more)
    source: Row = {"resource_source": "execution"} if has_any else {}
    return {"execution_key": key, "duration_ms": duration_ms, **source, **more}


def test_a_mean_weighs_each_execution_with_how_long_it_ran(model: Workbench) -> None:
    """Unweighted it would be 50: the short one counts a tenth of the long one."""
    model.given_days(
        [
            used("long", 10_000, cpu_usage_percent=10.0, memory_usage_mb=100.5),
            used("short", 1_000, cpu_usage_percent=90.0, memory_usage_mb=300.0),
            used("quiet", 99_000),
        ]
    )
    columns = ("cpu_count", "cpu_mean_percent", "cpu_peak_percent", "memory_mean_mb", "memory_peak_mb")
    assert model.rows(MET, *columns, where=ALL) == [
        (2, pytest.approx(190 / 11), 90.0, pytest.approx(1305 / 11), 300.0)
    ]
    assert model.rows(MET, *COUNTS, where=ALL) == [(3, 2, pytest.approx(2 / 3), 2)]


def test_traffic_is_summed_and_told_per_minute_of_run_time(model: Workbench) -> None:
    model.given_days(
        [
            used("a", 30_000, disk_io_mb=5.0, network_io_mb=0.25),
            used("b", 90_000, disk_io_mb=1.5),
            used("untimed", None, disk_io_mb=4.0),
            used("instant", 0, disk_io_mb=0.5),
        ]
    )
    columns = ("count", "sum_mb", "per_minute_mb", "peak_mb")
    assert model.rows(MET, *(f"disk_{name}" for name in columns), where=ALL) == [(4, 11.0, 3.25, 5.0)]
    assert model.rows(MET, *(f"network_{name}" for name in columns), where=ALL) == [(1, 0.25, 0.5, 0.25)]


def test_without_time_there_is_no_mean(model: Workbench) -> None:
    numbers = {"memory_usage_mb": 7.0, "disk_io_mb": 1.0, "network_io_mb": 0.0}
    model.given_days([used("a", None, cpu_usage_percent=50.0, **numbers)])
    columns = ("cpu_mean_percent", "cpu_peak_percent", "disk_per_minute_mb", "disk_sum_mb", "lacks")
    assert model.rows(MET, *columns, where=ALL) == [(None, 50.0, None, 1.0, "durations")]


def test_scopes(model: Workbench) -> None:
    model.given_days(
        [
            used("a", 1, cpu_usage_percent=10.0, execution_agent="w1"),
            used("b", 1, cpu_usage_percent=20.0, execution_agent="w2", project="p2", suite_key="s2"),
            used("c", 1, cpu_usage_percent=30.0, suite_key=None, environment=None),
        ]
    )
    columns = ("scope_type", "scope_key", "execution_count", "cpu_mean_percent")
    assert model.rows(MET, *columns) == [
        ("agent", "w1", 1, 10),
        ("agent", "w2", 1, 20),
        ("all", "all", 3, 20),
        ("environment", "(none)", 1, 30),
        ("environment", "linux", 2, 15),
        ("project", "default", 2, 20),
        ("project", "p2", 1, 20),
        ("suite", "(none)", 1, 30),
        ("suite", "s1", 1, 10),
        ("suite", "s2", 1, 20),
    ]


def test_what_counts(model: Workbench) -> None:
    """Every outcome of the last 28 days does, storms too; suite runs repeat their cases."""
    model.given_days(
        [
            used("a", 10, outcome="aborted", is_decided=False, branch="other"),
            used("suite", 10, execution_type="test_suite"),
            used("last", 10, triggered_at=AS_OF - timedelta(days=27)),
            used("old", 10, triggered_at=AS_OF - timedelta(days=28)),
            used("later", 10, triggered_at=AS_OF + timedelta(minutes=1)),
            used("ends later", 10, completed_at=AS_OF + timedelta(minutes=1)),
        ]
    )
    assert model.rows(MET, "execution_count", where=ALL) == [(2,)]


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ([], "executions"),
        ([used("a", 10)], "use of resources"),
        ([used("a", 10, cpu_usage_percent=1.0)], "memory use; disk traffic; network traffic"),
        ([used("a", 10, memory_usage_mb=1.0, disk_io_mb=0.0)], "processor use; network traffic"),
        (
            [used("a", 9, cpu_usage_percent=0.0, memory_usage_mb=1.0, disk_io_mb=0.0, network_io_mb=1.0)],
            None,
        ),
    ],
)
def test_what_is_lacking_is_said(model: Workbench, given: list[Row], lacks: str | None) -> None:
    model.given_days(given)
    assert model.rows(MET, "lacks", where=ALL) == [(lacks,)]


def test_nothing_ran(model: Workbench) -> None:
    columns = (*COUNTS, "cpu_mean_percent", "disk_sum_mb")
    assert model.rows(MET, "scope_type", *columns) == [("all", 0, 0, None, 0, None, None)]


def test_order_changes_nothing(model: Workbench) -> None:
    rows = [
        used(f"e{n}", n * 7 % 50, cpu_usage_percent=n * 0.7, memory_usage_mb=n / 3, disk_io_mb=0.1 * n)
        for n in range(100)
    ]
    model.given_days(rows)
    other = model.another(threads=4)
    other.given_days(rows[::-1])
    assert model.rows(MET, "*") == other.rows(MET, "*")


def test_later_runs_change_nothing(model: Workbench) -> None:
    rows = [used(f"e{n}", 10, cpu_usage_percent=float(n)) for n in range(9)]
    model.given_days(rows)
    other = model.another()
    after = {"triggered_at": AS_OF + timedelta(minutes=1), "cpu_usage_percent": 99.0, "duration_ms": 5}
    other.given_days([*rows, *(row | after | {"execution_key": f"later {n}"} for n, row in enumerate(rows))])
    assert model.rows(MET, "*") == other.rows(MET, "*")
