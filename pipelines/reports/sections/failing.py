"""The tests that failed this night, since when, and the execution that shows it.

What belongs here: failing tests × variants. What does not: their common causes (failures.py).
"""

from dataclasses import dataclass
from datetime import date

from pipelines.reports.sections.night import rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FailingTest:
    """One test × variant; `since` is the first night of its failing streak within the window."""

    test: str
    variant: str
    suite: str
    outcome: str
    is_in_storm: bool
    is_newly_failing: bool
    is_first_run: bool
    since: date
    streak_nights: int
    failing_count: int
    decided_count: int
    message: str | None
    fingerprint: str | None
    execution_key: str


@dataclass(frozen=True, slots=True)
class FailingTests:
    """The first rows of all; `total` counts them all."""

    total: int
    rows: list[FailingTest]


def read_failing_tests(release: ReleaseConnection, row_limit: int = 200) -> FailingTests:
    """Newly failing first, then the shortest streak, then by name; what an infra storm took comes last."""
    total = release.query("select count(*) from met_failing_tests_nightly").rows[0][0]
    result = release.query(
        """
        select
            coalesce(evidence.test_name, failing.test_key) as test,
            coalesce(dim_variants.name, failing.variant_key), failing.suite_key, failing.outcome,
            failing.is_infra_suspect, failing.is_newly_failing, failing.is_first_run,
            failing.failing_since_date,
            failing.streak_night_count, failing.failing_count, failing.decided_count,
            evidence.error_message, evidence.fingerprint, failing.evidence_execution_key
        from met_failing_tests_nightly as failing
        inner join fct_executions as evidence
            on failing.evidence_execution_key = evidence.execution_key
        left outer join dim_variants on failing.variant_key = dim_variants.variant_key
        order by
            failing.is_infra_suspect, failing.streak_night_count, failing.is_first_run, test,
            failing.test_key, failing.variant_key
        limit $row_limit
        """,
        {"row_limit": row_limit},
    )
    return FailingTests(int(str(total)), rows_as(FailingTest, result))
