"""Use of resources: which numbers are believed, and which part of the document they come from."""

from typing import Any

import pytest

from tests.unit.transform.raw_rows import Row, raw_execution, transformed, values

COLUMNS = ("cpu_usage_percent", "memory_usage_mb", "disk_io_mb", "network_io_mb", "resource_source")
NOTHING = (None, None, None, None, None)


def found(**changes: Any) -> tuple[Any, ...]:
    [row] = values(transformed([raw_execution(**changes)]).executions, *COLUMNS)
    return row


def test_without_numbers_nothing_is_said() -> None:
    assert found() == NOTHING


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"cpu_usage_percent": 12.5, "disk_io_mb": 0.0, "statistics_memory_usage_mb": 7.0},
            (12.5, None, 0.0, None, "execution"),
        ),
        (
            {"statistics_cpu_usage_percent": 3.25, "statistics_network_io_mb": 8.5},
            (3.25, None, None, 8.5, "statistics"),
        ),
        ({"memory_usage_mb": 100_000.5}, (None, 100_000.5, None, None, "execution")),
    ],
)
def test_all_numbers_come_from_one_place_the_execution_first(changes: Row, expected: tuple[Any, ...]) -> None:
    assert found(**changes) == expected


@pytest.mark.parametrize(
    "name", ["cpu_usage_percent", "memory_usage_mb", "disk_io_mb", "network_io_mb", "statistics_disk_io_mb"]
)
def test_a_negative_number_is_no_measurement(name: str) -> None:
    assert found(**{name: -0.5}) == NOTHING


def test_a_share_above_all_is_no_measurement() -> None:
    assert found(cpu_usage_percent=100.5) == NOTHING
    assert found(cpu_usage_percent=100.0) == (100.0, None, None, None, "execution")
    assert found(cpu_usage_percent=100.5, disk_io_mb=1.5) == (None, None, 1.5, None, "execution")
    assert found(disk_io_mb=1.5e9) == NOTHING


def test_what_cannot_be_gives_way_to_the_statistics() -> None:
    assert found(cpu_usage_percent=-1.0, statistics_cpu_usage_percent=40.0) == (
        *(40.0, None, None, None),
        "statistics",
    )
