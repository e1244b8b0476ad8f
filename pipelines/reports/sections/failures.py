"""Failures of the last 24 hours grouped by the fingerprint of their message.

What belongs here: causes. What does not: the failing tests one by one (failing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """One cause: how much it hit in the last 24 hours, and its newest execution as example."""

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
    """Every fingerprint seen in the last 24 hours: new ones first, then by tests that failed with it."""
    result = release.query(
        """
        with recent as (
            select *
            from met_failures_by_fingerprint
            where recent_execution_count > 0
        ),

        suites as (
            select
                executions.fingerprint,
                list(distinct coalesce(executions.suite_key, '(none)')
                    order by coalesce(executions.suite_key, '(none)')) as suite_keys
            from fct_executions as executions
            inner join recent on executions.fingerprint = recent.fingerprint
            where
                executions.execution_type <> 'test_suite'
                and executions.triggered_at > (select max(as_of) from recent) - interval 24 hours
            group by executions.fingerprint
        )

        select
            recent.fingerprint, recent.is_new, recent.first_seen_at, recent.sample_message, recent.error_type,
            recent.recent_test_count, recent.recent_execution_count, recent.execution_count,
            coalesce(suites.suite_keys, []), coalesce(examples.test_name, examples.test_key, '(none)'),
            coalesce(examples.suite_key, '(none)'), recent.sample_execution_key
        from recent
        inner join fct_executions as examples on recent.sample_execution_key = examples.execution_key
        left outer join suites on recent.fingerprint = suites.fingerprint
        order by
            recent.is_new desc, recent.recent_test_count desc, recent.recent_execution_count desc,
            recent.fingerprint
        """
    )
    return rows_as(FailureGroup, result)
