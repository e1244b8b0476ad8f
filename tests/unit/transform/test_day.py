"""The whole transform: empty input, conformity, and the same rows for any order, split or repetition."""

import random
from dataclasses import fields

import hypothesis
import polars as pl
import pytest
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.transform.day import LakeRows, RawRows, transform
from tests.unit.transform.raw_rows import (
    POLICY,
    Row,
    at,
    raw_execution,
    raw_queue_entry,
    raw_rows,
    raw_state_change,
    raw_step,
)
from warehouse.errors import DataError
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS

KEYS = ("e1", "e2", "e3", "x1", "x2")
times = st.integers(0, 4).map(at)
maybe_time = st.none() | times
maybe_number = st.none() | st.integers(-1, 3)
words = st.sampled_from(["passed", "FAILED", "timeout", "running", "retrying", "aborted", "queued", "odd"])
messages = st.sampled_from([None, "no 1", "no 2", "SetupError: x"])
dated = {"document_date": st.just(at(0).date())}

executions = st.fixed_dictionaries(
    {
        "execution_key": st.sampled_from(KEYS[:3]),
        "execution_id": st.sampled_from([None, "x1", "x2", "e1"]),
        "status": words,
        "updated_at": maybe_time,
        "triggered_at": times,
        "started_at": maybe_time,
        "completed_at": maybe_time,
        "total_duration_ms": maybe_number,
        "error_message": messages,
        "tags": st.none() | st.lists(st.sampled_from(["a", "b"]), max_size=3),
    }
).map(lambda row: raw_execution(**row))
steps = st.fixed_dictionaries(
    {
        "execution_ref": st.sampled_from(KEYS),
        "step_source": st.sampled_from(["embedded", "step_collection", "results", "suite_results"]),
        "source_key": st.sampled_from(["d1", "d2"]),
        "source_at": maybe_time,
        "list_position": st.integers(0, 2),
        "step_order": maybe_number,
        "step_id": st.sampled_from([None, "s1", "s2"]),
        "status": st.sampled_from(["passed", "failed", "skipped", "warning", "pending"]),
        "retry_count": maybe_number,
        "error_message": messages,
    }
).map(lambda row: raw_step(**row))
state_changes = st.fixed_dictionaries(
    {
        "source_key": st.sampled_from(["h1", "h2", "h3", "h4"]),
        "execution_ref": st.sampled_from(KEYS),
        "from_status": st.none() | words,
        "to_status": words,
        "changed_at": maybe_time,
    }
).map(lambda row: raw_state_change(**row))
queue_entries = st.fixed_dictionaries(
    {
        "source_key": st.sampled_from(["q1", "q2"]),
        "execution_ref": st.sampled_from(KEYS),
        "queued_at": maybe_time,
        "processing_started_at": maybe_time,
        "retry_count": maybe_number,
    }
).map(lambda row: raw_queue_entry(**row))
documents = st.tuples(
    st.lists(executions, max_size=6),
    st.lists(steps, max_size=12),
    st.lists(state_changes, max_size=10),
    st.lists(queue_entries, max_size=4),
)


def frames(rows: RawRows | LakeRows) -> list[pl.DataFrame]:
    return [getattr(rows, field.name) for field in fields(rows)]


def shuffled(rows: RawRows, seed: int) -> RawRows:
    """The same rows in another order, in two chunks, a few of them twice."""
    picked = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in frames(rows)]
    cuts = [random.Random(seed).randint(0, frame.height) for frame in picked]
    return RawRows(
        *(pl.concat([f[cut:], f[: cut + 1]], rechunk=False) for f, cut in zip(picked, cuts, strict=True))
    )


def test_nothing_in_nothing_out() -> None:
    lake = transform(raw_rows(), POLICY)
    assert [frame.schema for frame in frames(lake)] == [
        table.schema for table in (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES)
    ]
    assert [frame.height for frame in frames(lake)] == [0, 0, 0, 0]


def test_satellites_of_no_execution_are_left_out() -> None:
    lake = transform(raw_rows([], [raw_step()], [raw_state_change(to_status="running")]), POLICY)
    assert [frame.height for frame in frames(lake)] == [0, 0, 0, 0]


def test_an_execution_without_any_time_breaks_the_contract() -> None:
    with pytest.raises(DataError, match="triggered_at"):
        transform(raw_rows([raw_execution(triggered_at=None)]), POLICY)


@hypothesis.settings(max_examples=25)
@hypothesis.given(documents, st.integers(0, 2**16))
def test_order_split_and_repetition_change_nothing(
    given: tuple[list[Row], list[Row], list[Row], list[Row]], seed: int
) -> None:
    rows = raw_rows(*given)
    lake = transform(rows, POLICY)
    again = transform(shuffled(rows, seed), POLICY)
    for expected, found in zip(frames(lake), frames(again), strict=True):
        assert_frame_equal(expected, found)


@hypothesis.settings(max_examples=25)
@hypothesis.given(documents)
def test_every_execution_has_its_attempts_and_counts_add_up(
    given: tuple[list[Row], list[Row], list[Row], list[Row]],
) -> None:
    lake = transform(raw_rows(*given), POLICY)
    assert sorted(lake.executions["execution_key"]) == sorted({row["execution_key"] for row in given[0]})
    assert lake.attempts.height == lake.executions["attempt_count"].sum()
    assert lake.steps.height == lake.executions["step_count"].sum()
    last = lake.attempts.sort("attempt_number").unique("execution_key", keep="last", maintain_order=True)
    both = last.join(lake.executions, on="execution_key", suffix="_of_execution")
    assert both["outcome"].eq_missing(both["outcome_of_execution"]).all()
    assert lake.executions.filter("is_flaky")["outcome"].is_in(["passed"]).all()
