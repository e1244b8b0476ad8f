"""The tests that flake, ranked by how much they surely do, and what that means for a run of all of them.

What belongs here: flake rates and labels. What does not: outcomes night by night (stability.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import Night, rows_as
from warehouse.connection import ReleaseConnection


@dataclass(frozen=True, slots=True)
class FlakyTest:
    """One test × variant with a proved or suspected flake; the rate is that with the prior over tests."""

    test: str
    variant: str
    label: str
    reason: str
    evidence_grade: str
    flake_count: int
    pass_count: int
    hard_fail_count: int
    rate: float
    low: float
    high: float
    index_upper: float | None
    last_flake_at: datetime | None
    execution_key: str | None
    former_label: str | None
    """Label that it left this night; null where it stayed."""
    has_entered: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """Runs of the window by grade, and how often a run of all tests meets a flake; null: not known."""

    grade_a_run_count: int = 0
    """Could have shown a flake: retried, or at a commit with several runs."""
    grade_b_run_count: int = 0
    """Others whose commit is known."""
    grade_c_run_count: int = 0
    """Whose commit is not known."""
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    rate_with_retry: float | None = None

    @property
    def run_count(self) -> int:
        return self.grade_a_run_count + self.grade_b_run_count + self.grade_c_run_count


@dataclass(frozen=True, slots=True)
class Flaky:
    """The first rows; `total` counts them all, `labels` every test × variant of the window by label."""

    total: int
    rows: Sequence[FlakyTest]
    labels: Mapping[str, int]
    exposure: Exposure


def read_flaky(release: ReleaseConnection, night: Night, row_limit: int = 200) -> Flaky:
    """Flaky, rarely flaky and suspected tests, by the lower end of their rate."""
    labels = release.query("select label, count(*) from met_flakiness group by label order by label").rows
    counted = {str(label): int(str(count)) for label, count in labels}
    exposure = release.query(
        """
        select
            grades.a, grades.b, grades.c, suites.flaky_pipeline_rate, suites.flaky_pipeline_rate_low,
            suites.flaky_pipeline_rate_high, suites.flaky_pipeline_rate_with_retry
        from met_suite_flakiness as suites
        cross join (
            select
                sum(grade_a_count)::bigint as a, sum(grade_b_count)::bigint as b,
                sum(grade_c_count)::bigint as c
            from met_flakiness
        ) as grades
        where suites.scope_type = 'all'
        """
    )
    result = release.query(
        """
        select
            coalesce(dim_tests.name, flakiness.test_key) as test,
            coalesce(dim_variants.name, flakiness.variant_key), flakiness.label, flakiness.reason,
            flakiness.evidence_grade, flakiness.flake_count, flakiness.pass_count,
            flakiness.hard_fail_count, flakiness.posterior_mean, flakiness.posterior_low,
            flakiness.posterior_high, flakiness.index_upper, flakiness.last_flake_at,
            flakiness.evidence_execution_keys[1], entered.former_label,
            entered.test_key is not null as has_entered
        from met_flakiness as flakiness
        left outer join met_label_history as entered
            on
                flakiness.test_key = entered.test_key
                and flakiness.variant_key = entered.variant_key
                and entered.as_of = $as_of
                and entered.lake_generation = $lake_generation
        left outer join dim_tests on flakiness.test_key = dim_tests.test_key
        left outer join dim_variants on flakiness.variant_key = dim_variants.variant_key
        where flakiness.label in ('flaky', 'rarely_flaky', 'suspected')
        order by flakiness.posterior_low desc, test, flakiness.test_key, flakiness.variant_key
        limit $row_limit
        """,
        {"row_limit": row_limit, "as_of": night.as_of, "lake_generation": night.lake_generation},
    )
    return Flaky(
        total=sum(counted.get(label, 0) for label in ("flaky", "rarely_flaky", "suspected")),
        rows=rows_as(FlakyTest, result),
        labels=counted,
        exposure=next(iter(rows_as(Exposure, exposure)), Exposure()),
    )
