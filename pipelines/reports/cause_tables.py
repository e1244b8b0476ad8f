"""The tables of causes: clusters of alike failures, and tests that fail together.

What belongs here: what failures have in common. What does not: failing tests one by one (tables.py).
"""

from typing import Final

from pipelines.reports import formats
from pipelines.reports.cells import NAME_LENGTH, WHOLE_LENGTH, all_rows, evidence, number
from pipelines.reports.nightly import Nightly
from pipelines.reports.sections.failures import CoFailureGroup, FailureCluster
from pipelines.reports.tables import nothing
from pipelines.reports.text import shorten_end, shorten_middle, visible
from pipelines.reports.views import Cell, Column, Table

MESSAGE_LENGTH: Final = 180
_KINDS: Final = {"shared_flake": "flake together", "shared_break": "broke together"}


def clusters_table(facts: Nightly) -> Table:
    """Failures of the night by cluster."""
    return Table(
        key="causes",
        caption="Causes: clusters of executions with like messages at one step; new ones first",
        columns=(
            Column("State", "verdict", 1.0),
            Column("Message and example", "message", 4.8),
            Column("Tests", "number", 0.9),
            Column("Executions", "number", 1.5),
            Column("Pipelines failed", "number", 1.4),
            Column("Suites", "text", 2.2),
            Column("First seen", "date", 1.5),
            Column("Evidence", "evidence", 2.8),
        ),
        rows=tuple(_cluster_row(cluster) for cluster in facts.failures),
        first_rows=10,
        print_rows=12,
        note=all_rows("from met_failure_clusters where recent_execution_count > 0"),
        empty=nothing(facts, "Nothing failed this night."),
    )


def _cluster_row(cluster: FailureCluster) -> tuple[Cell, ...]:
    suites = [visible(suite) for suite in cluster.suites]
    message = visible(cluster.message)
    example = (
        f"{shorten_middle(visible(cluster.example_test), NAME_LENGTH)} in {visible(cluster.example_suite)}"
    )
    step = f"at step {shorten_middle(visible(cluster.step), NAME_LENGTH)}, " if cluster.step else ""
    merged = f" · {cluster.fingerprint_count} wordings" if cluster.fingerprint_count > 1 else ""
    return (
        Cell(
            "● NEW" if cluster.is_new else "known",
            sort=float(not cluster.is_new),
            tone="bad" if cluster.is_new else "muted",
        ),
        Cell(
            shorten_end(message, MESSAGE_LENGTH),
            title=shorten_end(message, WHOLE_LENGTH),
            detail=f"{step}e.g. {shorten_end(example, NAME_LENGTH * 2)}{merged}",
        ),
        number(cluster.test_count),
        Cell(
            formats.count(cluster.execution_count),
            sort=cluster.execution_count,
            detail=f"{formats.count(cluster.all_execution_count)} ever",
        ),
        Cell(
            formats.count(cluster.blocked_count),
            sort=cluster.blocked_count,
            detail=f"{formats.count(cluster.sole_cause_count)} by it alone",
        ),
        Cell(
            formats.plural(len(suites), "suite"),
            sort=len(suites),
            detail=shorten_end(", ".join(shorten_middle(suite, 40) for suite in suites), 130),
        ),
        Cell(f"{cluster.first_seen_at:%Y-%m-%d}", sort=cluster.first_seen_at.timestamp()),
        evidence(cluster.example_execution_key),
    )


def co_failures_table(facts: Nightly) -> Table:
    """Groups of tests that fail together."""
    found = facts.co_failures
    tested = formats.plural(found.tested_pair_count, "pair")
    return Table(
        key="co-failures",
        caption="Tests that fail together more often than chance has it: likely one cause",
        columns=(
            Column("Kind", "text", 1.4),
            Column("Tests", "name", 5.0),
            Column("Tests in all", "number", 1.0),
            Column("Invocations", "number", 1.2),
            Column("Last time", "date", 1.3),
            Column("Message in common", "message", 3.6),
        ),
        rows=tuple(_group_row(group) for group in found.groups),
        first_rows=5,
        print_rows=10,
        note=all_rows("from met_co_failure_groups"),
        empty=nothing(
            facts,
            f"Of {tested} of tests that each failed three times none fails together more often than chance "
            "has it."
            if found.tested_pair_count
            else "No two tests failed three times each in the window: nothing to compare.",
        ),
    )


def _group_row(group: CoFailureGroup) -> tuple[Cell, ...]:
    names = ", ".join(shorten_middle(visible(test), 40) for test in group.names)
    more = group.test_count - len(group.names)
    message = visible(group.common_message or "")
    return (
        Cell(_KINDS[group.cause_kind]),
        Cell(names, detail=f"and {formats.plural(more, 'other')}" if more > 0 else ""),
        number(group.test_count),
        number(group.common_invocation_count),
        Cell(f"{group.last_common_at:%Y-%m-%d}", sort=group.last_common_at.timestamp()),
        Cell(shorten_end(message, 120) or formats.NOTHING, title=shorten_end(message, WHOLE_LENGTH)),
    )
