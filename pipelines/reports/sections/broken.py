"""The tests that are broken, and those that regressed: since when, between which builds, by what evidence.

What belongs here: tested claims about single tests that fail more than they did. What does not: this night's
failures whatever their cause (failing.py) and flakes (flaky.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.reports.sections.night import Row
from warehouse.connection import QueryResult, ReleaseConnection


@dataclass(frozen=True, slots=True)
class Cut:
    """Between when a change came in, with 99 %, and at which builds or commits; null times: no cut found."""

    from_at: datetime | None
    until_at: datetime | None
    builds: Sequence[str]
    commits: Sequence[str]


@dataclass(frozen=True, slots=True)
class BrokenTest:
    """One test × variant labelled broken; counts are of its current segment."""

    test: str
    variant: str
    probability: float
    failed_count: int
    run_count: int
    execution_key: str | None
    cut: Cut


@dataclass(frozen=True, slots=True)
class RegressedTest:
    """One test × variant whose regression is open; failed of runs in sample and basis."""

    test: str
    variant: str
    is_new: bool
    is_extreme: bool
    opened_at: datetime
    sample_failed_count: int
    sample_run_count: int
    basis_failed_count: int
    basis_run_count: int
    basis_kind: str
    drop: float | None
    """Null where it has not run in the sample."""
    drop_low: float | None
    drop_high: float | None
    p_value: float | None
    q_value: float | None
    execution_key: str | None
    cut: Cut


@dataclass(frozen=True, slots=True)
class Broken:
    """The first rows of both lists; totals count them all."""

    broken_total: int
    broken: Sequence[BrokenTest]
    regressed_total: int
    regressed: Sequence[RegressedTest]
    opened_count: int
    closed_count: int
    accepted_count: int
    compared_count: int
    insufficient_count: int


def read_broken(release: ReleaseConnection, row_limit: int = 200) -> Broken:
    """Broken: the latest break first. Regressed: new ones first, then the largest drop by its lower end."""
    totals = release.query(
        """
        select
            (select count(*) from met_flakiness where label = 'broken'),
            count(*) filter (where state = 'regressed'),
            count(*) filter (where transition = 'opened'),
            count(*) filter (where transition = 'closed'),
            count(*) filter (where state = 'accepted'),
            count(*),
            count(*) filter (where state = 'insufficient')
        from met_regressions
        where flake_mode = 'flakes_as_pass'
        """
    )
    broken_total, regressed_total, opened, closed, accepted, compared, insufficient = totals.rows[0]
    return Broken(
        broken_total=int(str(broken_total)),
        broken=_broken(release, row_limit),
        regressed_total=int(str(regressed_total)),
        regressed=_regressed(release, row_limit),
        opened_count=int(str(opened)),
        closed_count=int(str(closed)),
        accepted_count=int(str(accepted)),
        compared_count=int(str(compared)),
        insufficient_count=int(str(insufficient)),
    )


def _broken(release: ReleaseConnection, row_limit: int) -> list[BrokenTest]:
    result = release.query(
        """
        select
            coalesce(dim_tests.name, flakiness.test_key) as test,
            coalesce(dim_variants.name, flakiness.variant_key),
            flakiness.broken_probability, coalesce(segment.failed_count, 0),
            coalesce(segment.run_count, 0), flakiness.evidence_execution_keys[1],
            segment.cut_low_at, segment.cut_high_at,
            coalesce(segment.suspect_build_versions, []), coalesce(segment.suspect_commit_ids, [])
        from met_flakiness as flakiness
        left outer join met_segments as segment
            on
                flakiness.test_key = segment.test_key
                and flakiness.variant_key = segment.variant_key
                and segment.is_current
        left outer join dim_tests on flakiness.test_key = dim_tests.test_key
        left outer join dim_variants on flakiness.variant_key = dim_variants.variant_key
        where flakiness.label = 'broken'
        order by segment.cut_high_at desc nulls last, test, flakiness.test_key, flakiness.variant_key
        limit $row_limit
        """,
        {"row_limit": row_limit},
    )
    return _with_cuts(BrokenTest, result)


def _regressed(release: ReleaseConnection, row_limit: int) -> list[RegressedTest]:
    result = release.query(
        """
        select
            coalesce(dim_tests.name, regression.test_key) as test,
            coalesce(dim_variants.name, regression.variant_key),
            regression.opened_at = regression.as_of as is_new, regression.is_extreme,
            regression.opened_at, regression.sample_failed_count, regression.sample_run_count,
            regression.basis_failed_count, regression.basis_run_count, regression.basis_kind,
            regression.pass_rate_drop, regression.pass_rate_drop_low, regression.pass_rate_drop_high,
            regression.p_value, regression.q_value, regression.evidence_execution_keys[1],
            regression.window_from_at, regression.window_until_at, regression.suspect_build_versions,
            regression.suspect_commit_ids
        from met_regressions as regression
        left outer join dim_tests on regression.test_key = dim_tests.test_key
        left outer join dim_variants on regression.variant_key = dim_variants.variant_key
        where regression.flake_mode = 'flakes_as_pass' and regression.state = 'regressed'
        order by
            is_new desc, regression.pass_rate_drop_low desc nulls last, test, regression.test_key,
            regression.variant_key
        limit $row_limit
        """,
        {"row_limit": row_limit},
    )
    return _with_cuts(RegressedTest, result)


def _with_cuts(row: Callable[..., Row], result: QueryResult) -> list[Row]:
    """Records whose last field is the cut, of the last four columns."""
    cut: Callable[..., Cut] = Cut
    return [row(*values[:-4], cut(*values[-4:])) for values in result.rows]
