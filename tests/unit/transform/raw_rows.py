"""Builders of raw rows with harmless defaults, and the transform of a few of them.

What belongs here: what the tests of transform share. What does not: expectations.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from pipelines.extract.raw_tables import RAW_EXECUTIONS, RAW_QUEUE_ENTRIES, RAW_STATE_CHANGES, RAW_STEPS
from pipelines.transform.day import LakeRows, RawRows, TransformPolicy, transform
from warehouse.schema import Table

Row = dict[str, Any]
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
POLICY = TransformPolicy(timezone="Europe/Berlin", error_types=("SetupError",))


def at(seconds: float) -> datetime:
    """An instant, counted from the start of the tests' day."""
    return START + timedelta(seconds=seconds)


def _row(table: Table, defaults: Row, changes: Row) -> Row:
    unknown = set(changes) - set(table.names)
    assert not unknown, f"{table.name} has no {unknown}"
    return dict.fromkeys(table.names) | defaults | changes


def raw_execution(**changes: Any) -> Row:
    defaults = {
        "execution_key": "e1",
        "execution_type": "test_case",
        "test_case_id": "t1",
        "status": "passed",
        "triggered_at": START,
        "document_date": START.date(),
    }
    return _row(RAW_EXECUTIONS, defaults, changes)


def raw_step(**changes: Any) -> Row:
    defaults = {
        "execution_ref": "e1",
        "step_source": "embedded",
        "source_key": "e1",
        "list_position": 0,
        "status": "passed",
        "document_date": START.date(),
    }
    return _row(RAW_STEPS, defaults, changes)


def raw_steps(*statuses: str, **changes: Any) -> list[Row]:
    """One step per status word, in their order."""
    return [
        raw_step(list_position=position, status=status, step_id=f"s{position}", **changes)
        for position, status in enumerate(statuses)
    ]


def raw_state_change(**changes: Any) -> Row:
    defaults = {"source_key": "h1", "execution_ref": "e1", "changed_at": START, "document_date": START.date()}
    return _row(RAW_STATE_CHANGES, defaults, changes)


def raw_history(*changes: tuple[float, str], execution_ref: str = "e1") -> list[Row]:
    """One change of state per (seconds, status reached), each leaving the status before it."""
    before = [None, *(word for _, word in changes)]
    return [
        raw_state_change(
            source_key=f"{execution_ref}-h{number:02}",
            execution_ref=execution_ref,
            changed_at=at(seconds),
            from_status=before[number],
            to_status=word,
        )
        for number, (seconds, word) in enumerate(changes)
    ]


def raw_queue_entry(**changes: Any) -> Row:
    defaults = {"source_key": "q1", "execution_ref": "e1", "document_date": START.date()}
    return _row(RAW_QUEUE_ENTRIES, defaults, changes)


def raw_rows(
    executions: Sequence[Row] = (),
    steps: Sequence[Row] = (),
    state_changes: Sequence[Row] = (),
    queue_entries: Sequence[Row] = (),
) -> RawRows:
    return RawRows(
        pl.DataFrame(list(executions), schema=RAW_EXECUTIONS.schema),
        pl.DataFrame(list(steps), schema=RAW_STEPS.schema),
        pl.DataFrame(list(state_changes), schema=RAW_STATE_CHANGES.schema),
        pl.DataFrame(list(queue_entries), schema=RAW_QUEUE_ENTRIES.schema),
    )


def transformed(
    executions: Sequence[Row],
    steps: Sequence[Row] = (),
    state_changes: Sequence[Row] = (),
    queue_entries: Sequence[Row] = (),
    policy: TransformPolicy = POLICY,
) -> LakeRows:
    return transform(raw_rows(executions, steps, state_changes, queue_entries), policy)


def values(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a frame as tuples of the named columns."""
    return frame.select(columns).rows()
