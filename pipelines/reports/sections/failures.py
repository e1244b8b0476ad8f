"""Failures of the night grouped by the fingerprint of their message.

What belongs here: causes. What does not: the failing tests one by one (failing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """One cause: how much it hit this night, and its newest execution as example."""

    fingerprint: str
    is_new: bool
    first_seen_at: datetime
    message: str
    error_type: str | None
    test_count: int
    execution_count: int
    all_execution_count: int
    suites: Sequence[str]
    example_test: str
    example_suite: str
    example_execution_key: str


def read_failure_groups(release: ReleaseConnection) -> list[FailureGroup]:
    """Every fingerprint seen this night: new ones first, then by tests that failed with it."""
    result = release.query(
        """
        select
            failures.fingerprint, failures.is_new, failures.first_seen_at, failures.sample_message,
            failures.error_type, failures.recent_test_count, failures.recent_execution_count,
            failures.execution_count, failures.recent_suite_keys,
            coalesce(examples.test_name, examples.test_key, '(none)'),
            coalesce(examples.suite_key, '(none)'), failures.sample_execution_key
        from met_failures_by_fingerprint as failures
        inner join fct_executions as examples
            on failures.sample_execution_key = examples.execution_key
        where failures.recent_execution_count > 0
        order by
            failures.is_new desc, failures.recent_test_count desc, failures.recent_execution_count desc,
            failures.fingerprint
        """
    )
    return rows_as(FailureGroup, result)
