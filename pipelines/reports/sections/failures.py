"""Failures of the night by cause: clusters of alike messages, and tests that fail together.

What belongs here: causes. What does not: the failing tests one by one (failing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FailureCluster:
    """One cause: how much it hit this night, and its newest execution as example."""

    is_new: bool
    first_seen_at: datetime
    message: str
    step: str
    fingerprint_count: int
    test_count: int
    execution_count: int
    all_execution_count: int
    blocked_count: int
    sole_cause_count: int
    suites: Sequence[str]
    example_test: str
    example_suite: str
    example_execution_key: str


@dataclass(frozen=True, slots=True)
class CoFailureGroup:
    """Tests that fail in the same invocations more often than chance has it; `names`: those of the first."""

    cause_kind: str
    names: Sequence[str]
    test_count: int
    common_invocation_count: int
    last_common_at: datetime
    common_message: str | None


@dataclass(frozen=True, slots=True)
class CoFailures:
    """The groups, and how many pairs of tests were looked at and found."""

    groups: Sequence[CoFailureGroup]
    tested_pair_count: int
    found_pair_count: int


def read_failure_clusters(release: ReleaseConnection) -> list[FailureCluster]:
    """Every cluster seen this night: new ones first, then by pipelines that it blocked."""
    result = release.query(
        """
        select
            clusters.is_new, clusters.first_seen_at,
            coalesce(clusters.sample_message, '(no message)'), clusters.failing_step_name,
            clusters.fingerprint_count, clusters.recent_test_count, clusters.recent_execution_count,
            clusters.execution_count, clusters.recent_blocked_pipeline_count,
            clusters.recent_sole_cause_count, clusters.recent_suite_keys,
            coalesce(examples.test_name, examples.test_key, '(none)'),
            coalesce(examples.suite_key, '(none)'), clusters.sample_execution_key
        from met_failure_clusters as clusters
        inner join fct_executions as examples
            on clusters.sample_execution_key = examples.execution_key
        where clusters.recent_execution_count > 0
        order by
            clusters.is_new desc, clusters.recent_blocked_pipeline_count desc,
            clusters.recent_test_count desc, clusters.recent_execution_count desc,
            clusters.project, clusters.cluster_key
        """
    )
    return rows_as(FailureCluster, result)


def read_co_failures(release: ReleaseConnection) -> CoFailures:
    """Groups by the invocations in which they failed together."""
    groups = release.query(
        """
        with named as (
            select
                tests.project, tests.group_key,
                list(coalesce(dim_tests.name, tests.test_key) order by tests.place) as names
            from (
                select project, group_key, unnest(test_keys[1:3]) as test_key, unnest([1, 2, 3]) as place
                from met_co_failure_groups
            ) as tests
            left outer join dim_tests on tests.test_key = dim_tests.test_key
            where tests.test_key is not null
            group by tests.project, tests.group_key
        ),
        messages as (
            select project, fingerprint, min(sample_message) as message
            from met_failure_cluster_members
            group by project, fingerprint
        )
        select
            groups.cause_kind, named.names, groups.test_count, groups.common_invocation_count,
            groups.last_common_at, messages.message
        from met_co_failure_groups as groups
        inner join named on groups.project = named.project and groups.group_key = named.group_key
        left outer join messages
            on
                groups.project = messages.project
                and groups.common_fingerprint = messages.fingerprint
        order by
            groups.common_invocation_count desc, groups.test_count desc, groups.project, groups.group_key
        """
    )
    ((tested, found),) = release.query(
        "select coalesce(sum(tested_pair_count), 0)::bigint, coalesce(sum(found_pair_count), 0)::bigint "
        "from met_co_failure_summary"
    ).rows
    return CoFailures(rows_as(CoFailureGroup, groups), int(str(tested)), int(str(found)))
