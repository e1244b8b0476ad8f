"""The tests that failed this night, since when, and the execution that shows it.

What belongs here: failing tests × variants. What does not: their common causes (failures.py).
"""

from dataclasses import dataclass
from datetime import date

from pipelines.reports.sections.night import Night, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FailingTest:
    """One test × variant; `since` is the first night of its failing streak within the window."""

    test: str
    variant: str
    suite: str
    outcome: str
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


def read_failing_tests(release: ReleaseConnection, night: Night, row_limit: int = 200) -> FailingTests:
    """Newly failing first, then the shortest streak, then by name."""
    total = release.query(
        "select count(*) from met_test_history where bucket_date = $night and failing_count > 0",
        {"night": night.date},
    ).rows[0][0]
    result = release.query(
        """
        with failing as (
            select test_key, variant_key, failing_count, decided_count
            from met_test_history
            where bucket_date = $night and failing_count > 0
        ),

        histories as (
            select
                history.test_key,
                history.variant_key,
                max(history.bucket_date) filter (where history.failing_count = 0) as last_good_date,
                count(*) as night_count
            from met_test_history as history
            semi join failing
                on history.test_key = failing.test_key and history.variant_key = failing.variant_key
            where history.decided_count > 0 and history.bucket_date <= $night
            group by history.test_key, history.variant_key
        ),

        streaks as (
            select
                history.test_key,
                history.variant_key,
                any_value(histories.night_count) as night_count,
                min(history.bucket_date) as since_date,
                count(*) as streak_nights
            from met_test_history as history
            inner join histories
                on
                    history.test_key = histories.test_key
                    and history.variant_key = histories.variant_key
            where
                history.failing_count > 0
                and history.bucket_date <= $night
                and history.bucket_date > coalesce(histories.last_good_date, date '0001-01-01')
            group by history.test_key, history.variant_key
        ),

        evidence as (
            select
                executions.test_key,
                executions.variant_key,
                executions.test_name,
                executions.suite_key,
                executions.outcome,
                executions.error_message,
                executions.fingerprint,
                executions.execution_key
            from fct_executions as executions
            semi join failing
                on
                    executions.test_key = failing.test_key
                    and executions.variant_key = failing.variant_key
            where
                executions.bucket_date = $night
                and executions.execution_type <> 'test_suite'
                and executions.outcome in ('failed', 'error', 'timed_out')
            qualify row_number() over (
                partition by executions.test_key, executions.variant_key
                order by executions.triggered_at desc, executions.execution_key desc
            ) = 1
        )

        select
            coalesce(evidence.test_name, failing.test_key),
            coalesce(dim_variants.name, failing.variant_key), coalesce(evidence.suite_key, '(none)'),
            evidence.outcome, streaks.streak_nights = 1, streaks.night_count = 1, streaks.since_date,
            streaks.streak_nights, failing.failing_count, failing.decided_count, evidence.error_message,
            evidence.fingerprint, evidence.execution_key
        from failing
        inner join streaks
            on failing.test_key = streaks.test_key and failing.variant_key = streaks.variant_key
        inner join evidence
            on failing.test_key = evidence.test_key and failing.variant_key = evidence.variant_key
        left outer join dim_variants on failing.variant_key = dim_variants.variant_key
        order by
            streaks.streak_nights, streaks.night_count = 1, coalesce(evidence.test_name, failing.test_key),
            failing.test_key, failing.variant_key
        limit $row_limit
        """,
        {"night": night.date, "row_limit": row_limit},
    )
    return FailingTests(int(str(total)), rows_as(FailingTest, result))
