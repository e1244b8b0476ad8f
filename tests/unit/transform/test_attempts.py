"""Attempts: from the state history, from retry counts, or one; how they end, when they ran."""

import pytest

from tests.unit.transform.raw_rows import (
    at,
    raw_execution,
    raw_history,
    raw_queue_entry,
    raw_state_change,
    raw_step,
    raw_steps,
    transformed,
    values,
)

FACTS = ("outcome", "first_outcome", "is_flaky", "attempt_count", "attempt_source")
TRIES = ("attempt_number", "outcome", "started_at", "duration_ms")


def test_pass_after_failed_attempt_is_flaky() -> None:
    history = raw_history(
        (0, "queued"), (1, "running"), (3, "failed"), (4, "retrying"), (5, "running"), (9, "passed")
    )
    lake = transformed([raw_execution(started_at=at(1), total_duration_ms=8000)], [], history)
    assert values(lake.executions, *FACTS) == [("passed", "failed", True, 2, "state_history")]
    assert values(lake.attempts, *TRIES) == [(1, "failed", at(1), 2000), (2, "passed", at(5), 4000)]


def test_a_timed_out_attempt_and_one_without_record() -> None:
    history = [
        *raw_history((1, "running"), (2, "timeout"), (3, "retrying"), (4, "queued")),
        raw_state_change(source_key="h7", changed_at=at(5), to_status="retrying"),
    ]
    lake = transformed([raw_execution(status="failed")], [], history)
    assert values(lake.executions, *FACTS) == [("failed", "timed_out", False, 3, "state_history")]
    assert values(lake.attempts, *TRIES) == [
        (1, "timed_out", at(1), 1000),
        (2, "failed", None, None),
        (3, "failed", None, None),
    ]


def test_the_retrying_row_alone_tells_how_the_attempt_before_it_ended() -> None:
    history = [raw_state_change(changed_at=at(5), from_status="TIMEOUT", to_status=" Retrying ")]
    lake = transformed([raw_execution()], [], history)
    assert values(lake.attempts, "attempt_number", "outcome") == [(1, "timed_out"), (2, "passed")]


def test_aborted_after_a_failed_attempt_is_failed_else_aborted() -> None:
    gave_up = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "aborted"))
    stopped = raw_history((1, "running"), (2, "aborted"))
    aborted = raw_execution(status="aborted")
    assert values(transformed([aborted], [], gave_up).executions, *FACTS[:3]) == [("failed", "failed", False)]
    lake = transformed([aborted], [], gave_up)
    assert values(lake.attempts, *TRIES) == [(1, "failed", at(1), 1000), (2, "failed", None, None)]
    assert values(transformed([aborted], [], stopped).executions, *FACTS[:2]) == [("aborted", "aborted")]
    assert values(transformed([aborted]).executions, *FACTS[:2]) == [("aborted", "aborted")]


def test_a_retry_that_gave_up_is_a_failure_even_where_all_steps_were_skipped() -> None:
    gave_up = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "aborted"))
    lake = transformed([raw_execution(status="aborted")], raw_steps("skipped"), gave_up)
    assert values(lake.executions, "outcome") == [("failed",)]


def test_a_skipped_first_attempt_is_no_first_outcome() -> None:
    history = raw_history((1, "cancelled"), (2, "retrying"), (3, "running"), (4, "passed"))
    assert values(transformed([raw_execution()], [], history).executions, *FACTS) == [
        ("passed", "passed", False, 2, "state_history")
    ]


def test_an_attempt_in_flight_has_neither_outcome_nor_duration() -> None:
    history = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "running"))
    execution = raw_execution(status="running", completed_at=at(2), total_duration_ms=9)
    lake = transformed([execution], [], history)
    assert values(lake.attempts, *TRIES) == [(1, "failed", at(1), 1000), (2, None, at(4), None)]


@pytest.mark.parametrize(
    ("step_retries", "queue_retries", "expected"),
    [
        ([0, 2], [1], (3, "step_retries")),
        ([], [1], (2, "queue_retries")),
        ([1], [], (2, "step_retries")),
        ([0], [0], (1, "single")),
        ([-3], [], (1, "single")),
        ([2**31 - 1], [], (101, "step_retries")),
        ([], [2**62], (101, "queue_retries")),
    ],
)
def test_retry_counts_of_steps_and_queue(
    step_retries: list[int], queue_retries: list[int], expected: tuple[int, str]
) -> None:
    steps = [raw_step(list_position=place, retry_count=count) for place, count in enumerate(step_retries)]
    entries = [
        raw_queue_entry(source_key=f"q{place}", retry_count=n) for place, n in enumerate(queue_retries)
    ]
    lake = transformed([raw_execution()], steps, [], entries)
    assert values(lake.executions, "attempt_count", "attempt_source") == [expected]
    assert lake.attempts.height == expected[0]


def test_attempts_of_a_retry_count_failed_at_unknown_times() -> None:
    execution = raw_execution(started_at=at(1), total_duration_ms=700)
    lake = transformed([execution], [raw_step(retry_count=1)])
    assert values(lake.executions, *FACTS) == [("passed", "failed", True, 2, "step_retries")]
    assert values(lake.attempts, *TRIES) == [(1, "failed", None, None), (2, "passed", at(1), 700)]


def test_the_state_history_is_believed_before_retry_counts() -> None:
    history = raw_history((1, "running"), (2, "failed"), (3, "retrying"), (4, "running"), (5, "passed"))
    lake = transformed([raw_execution()], [raw_step(retry_count=7)], history)
    assert values(lake.executions, "attempt_count", "attempt_source") == [(2, "state_history")]


def test_a_single_attempt_started_when_it_was_last_seen_running() -> None:
    execution = raw_execution(started_at=at(1), total_duration_ms=700)
    assert values(transformed([execution]).attempts, *TRIES) == [(1, "passed", at(1), 700)]
    history = raw_history((2, "running"), (3, "running"), (4, "passed"))
    assert values(transformed([execution], [], history).attempts, *TRIES) == [(1, "passed", at(3), 700)]


def test_state_changes_are_folded_joined_and_single() -> None:
    executions = [raw_execution(execution_id="x")]
    rows = [
        raw_state_change(source_key="h2", execution_ref="x", from_status="later", to_status="RUNNING"),
        raw_state_change(source_key="h1", from_status="Queued ", to_status="running"),
        raw_state_change(source_key="h3", to_status=None),
        raw_state_change(source_key="h4", to_status="passed", changed_at=None),
        raw_state_change(source_key="h5", to_status="passed", execution_ref="nobody"),
    ]
    lake = transformed(executions, [], rows)
    columns = ("execution_key", "changed_at", "from_status", "to_status", "triggered_date")
    assert values(lake.state_changes, *columns) == [("e1", at(0), "queued", "running", at(0).date())]


def test_changes_of_one_millisecond_follow_each_other_by_their_keys() -> None:
    rows = [
        raw_state_change(source_key="h1", to_status="running"),
        raw_state_change(source_key="h2", to_status="failed"),
        raw_state_change(source_key="h3", to_status="retrying"),
        raw_state_change(source_key="h4", to_status="passed"),
    ]
    lake = transformed([raw_execution()], [], rows[::-1])
    assert values(lake.attempts, *TRIES) == [(1, "failed", at(0), 0), (2, "passed", None, None)]
