"""Durations and waits: which field is believed, in which order."""

import pytest

from tests.unit.transform.raw_rows import (
    Row,
    at,
    raw_execution,
    raw_history,
    raw_queue_entry,
    raw_step,
    transformed,
    values,
)

TIMES = {"started_at": at(1), "completed_at": at(3)}


@pytest.mark.parametrize(
    ("changes", "step_durations", "expected"),
    [
        ({"total_duration_ms": 0, "statistics_duration_ms": 5}, [], (0, "total")),
        ({"total_duration_ms": -1, "statistics_duration_ms": 5}, [], (5, "statistics")),
        ({"statistics_duration_ms": 0, **TIMES}, [], (2000, "timestamps")),
        ({"statistics_duration_ms": 0, "statistics_completed_steps": 2, **TIMES}, [], (0, "statistics")),
        ({"statistics_duration_ms": -5, "statistics_completed_steps": 2, **TIMES}, [], (2000, "timestamps")),
        ({"started_at": at(9), "completed_at": at(3)}, [4, None, 6], (10, "steps")),
        ({"completed_at": at(3)}, [0], (0, "steps")),
        ({"completed_at": at(3)}, [None], (3000, "triggered")),
        ({"completed_at": at(-3)}, [], (None, None)),
        ({}, [], (None, None)),
    ],
)
def test_duration(
    changes: Row, step_durations: list[int | None], expected: tuple[int | None, str | None]
) -> None:
    steps = [raw_step(list_position=place, duration_ms=ms) for place, ms in enumerate(step_durations)]
    lake = transformed([raw_execution(**changes)], steps)
    assert values(lake.executions, "duration_ms", "duration_source") == [expected]


QUEUED = [(1.0, "queued"), (2.5, "running")]
ENTRY = raw_queue_entry(queued_at=at(0), processing_started_at=at(4))
BROKEN_ENTRY = raw_queue_entry(source_key="q0", queued_at=at(-1), processing_started_at=at(-2))


@pytest.mark.parametrize(
    ("changes", "entries", "started_at", "expected"),
    [
        (QUEUED, [ENTRY], at(3), (1500, "state_history")),
        (QUEUED[::-1], [ENTRY], at(3), (1500, "state_history")),
        ([(1.0, "running")], [ENTRY], at(3), (4000, "queue")),
        ([(3.0, "queued"), (2.0, "running")], [ENTRY], at(3), (4000, "queue")),
        ([], [BROKEN_ENTRY, ENTRY], at(3), (4000, "queue")),
        ([], [BROKEN_ENTRY], at(3), (3000, "timestamps")),
        ([], [], at(-3), (None, None)),
        ([], [], None, (None, None)),
    ],
)
def test_queue_wait(
    changes: list[tuple[float, str]], entries: list[Row], started_at: object, expected: tuple[object, object]
) -> None:
    lake = transformed([raw_execution(started_at=started_at)], [], raw_history(*changes), entries)
    assert values(lake.executions, "queue_ms", "queue_source") == [expected]


def test_of_several_queue_entries_the_first_queued_counts() -> None:
    again = raw_queue_entry(source_key="q0", queued_at=at(2), processing_started_at=at(3))
    lake = transformed([raw_execution()], [], [], [again, ENTRY])
    assert values(lake.executions, "queue_ms") == [(4000,)]
