"""Steps: one place per execution, one list per place, order from 1, outcome, duration, attempt."""

from typing import Any

import pytest

from pipelines.transform.fingerprints import fingerprint
from tests.unit.transform.raw_rows import (
    Row,
    at,
    raw_execution,
    raw_history,
    raw_step,
    raw_steps,
    transformed,
    values,
)

EMBEDDED = raw_step(step_id="embedded")
COLLECTED = raw_step(step_id="collected", step_source="step_collection", source_key="c1")
RESULT = raw_step(step_id="result", step_source="results", source_key="r1", source_at=at(9))
SUITE = raw_step(step_id="suite", step_source="suite_results", source_key="r2", source_at=at(99))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([SUITE, RESULT, COLLECTED, EMBEDDED], [("embedded", "embedded")]),
        ([SUITE, RESULT, COLLECTED], [("collected", "step_collection")]),
        ([SUITE, RESULT], [("result", "results")]),
        ([SUITE], [("suite", "suite_results")]),
        ([], []),
    ],
)
def test_steps_come_from_exactly_one_place(rows: list[Row], expected: list[tuple[str, str]]) -> None:
    lake = transformed([raw_execution()], rows)
    joined = lake.steps.join(lake.executions.select("execution_key", "step_source"), on="execution_key")
    assert values(joined, "step_key", "step_source") == expected
    facts = (1, expected[0][1]) if expected else (0, "none")
    assert values(lake.executions, "step_count", "step_source") == [facts]


@pytest.mark.parametrize("place", ["results", "suite_results"])
def test_the_newest_results_document_counts_whole(place: str) -> None:
    old = raw_steps("failed", "failed", "failed", step_source=place, source_key="r9", source_at=at(1))
    new = raw_steps("passed", "passed", step_source=place, source_key="r1", source_at=at(2))
    unknown = raw_steps("blocked", step_source=place, source_key="r7")
    lake = transformed([raw_execution()], [*old, *new, *unknown])
    assert values(lake.steps, "step_number", "outcome") == [(1, "passed"), (2, "passed")]


def test_of_results_made_at_one_time_the_larger_key_counts() -> None:
    first = raw_steps("failed", step_source="results", source_key="r1", source_at=at(1))
    second = raw_steps("passed", step_source="results", source_key="r2", source_at=at(1))
    assert values(transformed([raw_execution()], [*second, *first]).steps, "outcome") == [("passed",)]


def test_steps_embedded_in_an_older_copy_do_not_count() -> None:
    copies = [
        raw_execution(status="failed", updated_at=at(1), copy=2),
        raw_execution(updated_at=at(2), copy=1),
    ]
    older = raw_steps("passed", "failed", source_at=at(1), copy=2)
    newer = raw_steps("passed", source_at=at(2), copy=1)
    assert values(transformed(copies, [*older, *newer]).steps, "outcome") == [("passed",)]
    assert values(transformed(copies, older).executions, "step_count", "step_source") == [(0, "none")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_copies_changed_at_one_time_one_counts_with_its_own_steps(order: tuple[int, int]) -> None:
    copies = [
        raw_execution(status="passed", updated_at=at(1)),
        raw_execution(status="failed", updated_at=at(1)),
    ]
    lists = [raw_steps("passed", "passed"), raw_steps("failed", "failed", "failed")]
    given = [copies[place] | {"copy": number} for number, place in enumerate(order)]
    rows = [
        step | {"copy": number, "source_at": at(1)}
        for number, place in enumerate(order)
        for step in lists[place]
    ]
    lake = transformed(given, rows)
    assert values(lake.executions, "status", "step_count") == [("passed", 2)]
    assert values(lake.steps, "outcome") == [("passed",), ("passed",)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_copies_that_differ_in_their_steps_alone_one_counts_whatever_the_order(
    order: tuple[int, int],
) -> None:
    lists = [raw_steps("failed", "failed", "failed"), raw_steps("passed")]
    given = [raw_execution(copy=number) for number in order]
    rows = [step | {"copy": number} for number, place in enumerate(order) for step in lists[place]]
    assert values(transformed(given, rows).steps, "outcome") == [("passed",)]


def test_a_copy_that_was_read_twice_counts_once() -> None:
    given = [raw_execution(copy=1), raw_execution(copy=2)]
    rows = [*raw_steps("passed", "failed", copy=1), *raw_steps("passed", "failed", copy=2)]
    assert values(transformed(given, rows).steps, "outcome") == [("passed",), ("failed",)]


@pytest.mark.parametrize(
    ("named", "expected"),
    [("a_steps", ["a"]), ("b_steps", ["b"]), ("other", ["result"]), (None, ["result"])],
)
def test_step_documents_count_from_the_collection_that_the_execution_names(
    named: str | None, expected: list[str]
) -> None:
    rows = [
        *(COLLECTED | {"step_id": word, "collection": f"{word}_steps", "source_key": word} for word in "ab"),
        RESULT,
    ]
    lake = transformed([raw_execution(step_results_collection=named)], rows)
    assert lake.steps["step_key"].to_list() == expected


def test_step_documents_kept_from_an_earlier_night_count_whatever_is_named() -> None:
    rows = [COLLECTED | {"source_key": "~kept"}, RESULT]
    lake = transformed([raw_execution(step_results_collection="gone")], rows)
    assert lake.steps["step_key"].to_list() == ["collected"]


def test_a_list_that_was_read_twice_counts_once() -> None:
    lake = transformed([raw_execution()], [EMBEDDED, EMBEDDED])
    assert values(lake.steps, "step_number", "step_key") == [(1, "embedded")]


def collected(key: str, seconds: float | None, **changes: Any) -> Row:
    made = None if seconds is None else at(seconds)
    return raw_step(step_source="step_collection", source_key=key, source_at=made, **changes)


def test_of_repeated_step_documents_the_newest_counts() -> None:
    rows = [
        collected("c1", 1, step_id="a", step_order=0, status="failed"),
        collected("c3", 3, step_id="a", step_order=0, status="passed"),
        collected("c2", 3, step_id="a", step_order=0, status="blocked"),
        collected("c4", 1, step_id="a", step_order=1, status="warning"),
        collected("c5", None, step_order=2, status="passed"),
        collected("c6", None, step_order=2, status="passed"),
    ]
    found = values(transformed([raw_execution()], rows).steps, "step_number", "outcome", "is_warning")
    assert found == [(1, "passed", False), (2, "passed", True), (3, "passed", False), (4, "passed", False)]


@pytest.mark.parametrize("orders", [(0, 1, 2), (1, 2, 3), (10, 20, 30), (None, None, None), (1, None, 2)])
def test_numbers_start_at_one_however_the_source_counts(orders: tuple[int | None, ...]) -> None:
    rows = [
        raw_step(list_position=position, step_order=order, step_name=f"step {position}")
        for position, order in enumerate(orders)
    ]
    found = values(transformed([raw_execution()], rows[::-1]).steps, "step_number", "step_name")
    assert found == [(1, "step 0"), (2, "step 1"), (3, "step 2")]


def test_step_order_wins_over_the_position_in_the_list() -> None:
    rows = [raw_step(step_order=2, step_name="b"), raw_step(list_position=1, step_order=1, step_name="a")]
    found = values(transformed([raw_execution()], rows).steps, "step_number", "step_name")
    assert found == [(1, "a"), (2, "b")]


def test_references_by_id_count_only_where_unique_and_after_keys() -> None:
    executions = [
        raw_execution(execution_key="e1", execution_id="x"),
        raw_execution(execution_key="e2", execution_id="double"),
        raw_execution(execution_key="e3", execution_id="double"),
        raw_execution(execution_key="e4", execution_id="e1"),
    ]
    references = {"x": "by id", "e1": "by key", "double": "ambiguous", "nobody": "orphan", "e4": "own"}
    rows = [
        collected(f"c{number}", None, execution_ref=reference, step_order=number, step_name=name)
        for number, (reference, name) in enumerate(references.items())
    ]
    found = values(transformed(executions, rows).steps, "execution_key", "step_name")
    assert found == [("e1", "by id"), ("e1", "by key"), ("e4", "own")]


@pytest.mark.parametrize(
    ("status", "error_type", "outcome", "is_warning"),
    [
        ("PASSED", None, "passed", False),
        (" Failed", None, "failed", False),
        ("failed", "SetupError", "error", False),
        ("timeout", "SetupError", "timed_out", False),
        ("warning", "SetupError", "passed", True),
        ("blocked", None, "skipped", False),
        ("pending", None, None, False),
        ("running", None, None, False),
        ("maybe", None, "unknown", False),
        (None, None, "unknown", False),
    ],
)
def test_step_outcome(
    status: str | None, error_type: str | None, outcome: str | None, is_warning: bool
) -> None:
    steps = transformed([raw_execution()], [raw_step(status=status, error_type=error_type)]).steps
    assert values(steps, "outcome", "is_warning") == [(outcome, is_warning)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"duration_ms": 7, "started_at": at(0), "completed_at": at(2)}, 7),
        ({"duration_ms": 0}, 0),
        ({"duration_ms": -1, "started_at": at(0), "completed_at": at(2)}, 2000),
        ({"started_at": at(2), "completed_at": at(0)}, None),
        ({"started_at": at(2)}, None),
    ],
)
def test_step_duration(changes: Row, expected: int | None) -> None:
    assert values(transformed([raw_execution()], [raw_step(**changes)]).steps, "duration_ms") == [(expected,)]


def test_steps_belong_to_the_last_attempt() -> None:
    history = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "running"), (5, "passed"))
    lake = transformed([raw_execution()], raw_steps("passed"), history)
    assert values(lake.steps, "attempt_number", "step_number") == [(2, 1)]


def test_a_step_keeps_its_error_and_gets_both_fingerprints() -> None:
    trace = 'File "/app/shop.py", line 3, in pay\n'
    step = raw_step(
        status="skipped", error_type="A", error_message="no 1", stack_trace=trace, retry_count=2**40
    )
    steps = transformed([raw_execution()], [step]).steps
    columns = ("error_message", "fingerprint", "stack_trace", "retry_count")
    assert values(steps, *columns) == [("no 1", fingerprint("A: no 2").key, trace, 2**31 - 1)]
    assert steps["trace_fingerprint"].null_count() == 0
