"""What every metric leaves out: runs of whole suites, and infra storms from what is said of tests.

What belongs here: the same rows with and without them. What does not: what a metric counts.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.connection import open_build
from warehouse.models import load_models

METRICS: Final = sorted(model.name for model in load_models() if model.folder == "metrics")
OF_THE_DATA: Final = {"met_nights": {"newest_execution_at", "freshness_hours"}}
"""Columns that say how old the data is: a suite run is data."""

STORM_COUNTS: Final = {
    "met_changes_nightly": {"infra_suspect_count"},
    "met_duration_daily": {"infra_suspect_count"},
    "met_durations_nightly": set[str](),
    "met_failing_tests_nightly": set[str](),
    "met_test_durations": set[str](),
    "met_test_stability": set[str](),
}
"""Metrics that a storm does not change, but for these columns."""


@pytest.fixture
def other() -> Iterator[Workbench]:
    with open_build(None, threads=1, memory_limit_mb=512) as connection:
        yield Workbench(connection)


def executions(invocation: str, outcomes: str, hours_ago: int, **more: object) -> list[Row]:
    """One execution per letter, each of a test of its own: p passed, f failed."""
    words = {"p": "passed", "f": "failed"}
    return [
        {
            "execution_key": f"{invocation}-{number}",
            "test_key": f"t{number}",
            "invocation_key": invocation,
            "triggered_at": AS_OF - timedelta(hours=hours_ago),
            "outcome": words[letter],
            "first_outcome": words[letter],
            "duration_ms": 100 + number,
            **({"fingerprint": "f", "error_message": "boom"} if letter == "f" else {}),
            **more,
        }
        for number, letter in enumerate(outcomes)
    ]


ORDINARY: Final = [
    *executions("long before", "p" * 25, 80),
    *executions("same day as the storm", "p" * 75, 46),  # so many that there is a p95
    *executions("before", "p" * 25, 30),
    *executions("first", "p" * 20 + "f" * 5, 6),
    *executions("last", "p" * 24 + "f", 3),
]


def changed(model: Workbench, other: Workbench, metric: str) -> set[str]:
    """Columns whose values differ between the two workbenches; all where the rows differ in number."""
    columns = [str(row[0]) for row in model.rows(f"(describe {metric})", "column_name")]
    one, two = model.rows(metric, *columns), other.rows(metric, *columns)
    if len(one) != len(two):
        return set(columns)
    pairs = zip(one, two, strict=True)
    return {name for left, right in pairs for name, a, b in zip(columns, left, right, strict=True) if a != b}


@pytest.mark.parametrize("metric", METRICS)
def test_a_suite_run_is_in_no_metric(model: Workbench, other: Workbench, metric: str) -> None:
    suite_runs = [
        row
        for invocation, hours_ago in (("s1", 30), ("s2", 2))
        for row in executions(
            invocation, "p" * 20 + "f" * 5, hours_ago, execution_type="test_suite", duration_ms=9_999
        )
    ]
    suite_runs += [
        row | {"test_key": "of the suite alone"}
        for row in executions("s4", "f", 1, execution_type="test_suite")
    ]
    suite_runs += [
        row | {"suite_key": "suite of runs", "outcome": None, "status": "running", "is_decided": False}
        for row in executions("s3", "p", 1, execution_type="test_suite")
    ]
    model.given_days(ORDINARY)
    other.given_days([*ORDINARY, *suite_runs])
    assert other.rows("fct_executions", "count(*)", where="execution_type = 'test_suite'") == [(52,)]
    model.run(metric)
    assert changed(model, other, metric) == OF_THE_DATA.get(metric, set())


@pytest.mark.parametrize("metric", sorted(STORM_COUNTS))
def test_a_storm_says_nothing_of_a_test(model: Workbench, other: Workbench, metric: str) -> None:
    # on a night of its own: one that it shares with other invocations is left out as a whole
    storm = executions("storm", "f" * 22 + "p" * 3, 54)
    for row in storm:
        row["duration_ms"] = 9_999
    # a night that holds nothing else has no row of changes where there is no storm
    ordinary = [*ORDINARY, *executions("of another test", "p", 54, test_key="another")]
    model.given_days(ordinary)
    other.given_days([*ordinary, *storm])
    found = other.rows("fct_executions", "distinct invocation_key", where="is_infra_suspect")
    assert found == [("storm",)]
    model.run(metric)
    assert changed(model, other, metric) == STORM_COUNTS[metric]
