"""Tests of levels against SciPy's, and which findings of a family are kept (statistics.md 5.4)."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2_contingency, fisher_exact

from pipelines.analysis.patterns import best_chances, chances_of_all, level_chances, levels_tests
from pipelines.analysis.patterns_table import patterns
from warehouse.policy import default_parameters

Ints = np.ndarray[Any, np.dtype[np.int64]]


def whole(*values: int) -> Ints:
    return np.array(values, np.int64)


levels = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=7)


@given(levels)
def test_levels_against_scipy(drawn: list[tuple[int, int]]) -> None:
    """Levels of (failed, passed) runs: those without a run are no levels."""
    there = [level for level in drawn if sum(level)]
    failed, total = (whole(*values) for values in zip(*((f, f + p) for f, p in drawn), strict=True))
    found = levels_tests(failed[None, :], total[None, :])
    if len(there) < 2 or failed.sum() in (0, total.sum()):
        assert np.isnan(found.p[0])
        return
    expected = chi2_contingency(np.array(there).T, correction=False)
    rest = [(int(failed.sum() - f), int((total - failed).sum() - p)) for f, p in there]
    ps = [
        fisher_exact([own, others], alternative="greater").pvalue
        for own, others in zip(there, rest, strict=True)
    ]
    assert found.is_chi_square[0] == (expected.expected_freq.min() >= 5)
    if found.is_chi_square[0]:
        assert found.p[0] == pytest.approx(expected.pvalue, rel=1e-6)
    else:
        assert found.p[0] == pytest.approx(min(1.0, min(ps) * len(there)), rel=1e-6)
    worst = [level for level in range(len(drawn)) if total[level]].index(found.worst[0])
    assert ps[worst] == pytest.approx(min(ps), rel=1e-6)


@given(*[st.integers(0, 20)] * 4)
def test_no_level_has_a_smaller_chance_than_its_best(a: int, b: int, c: int, d: int) -> None:
    assume(a + b and c + d)
    own, all_failed, everything = whole(a + b), whole(a + c), whole(a + b + c + d)
    best = best_chances(own, all_failed, everything)[0]
    assert level_chances(whole(a), own, all_failed, everything)[0] >= best - 1e-12


@given(st.integers(0, 40), st.integers(0, 40))
def test_retries_against_scipy(hits: int, misses: int) -> None:
    assume(hits + misses)
    expected = binomtest(hits, hits + misses, 0.5, alternative="greater").pvalue
    assert chances_of_all(whole(hits), whole(hits + misses))[0] == pytest.approx(expected, rel=1e-9)


SCHEMA: dict[str, Any] = {
    **dict.fromkeys(
        ("project", "pattern", "test_key", "variant_key", "factor_name", "factor_key"), pl.String
    ),
    **dict.fromkeys(("run_count", "failed_count", "failed_invocation_count", "failed_date_count"), pl.Int64),
    "observed_days": pl.Int64,
}


def level(
    factor: str, failed: int, runs: int, pattern: str = "host", test: str = "t", **more: Any
) -> dict[str, Any]:
    """Runs of a test under one level, each failure in an invocation and on a day of its own."""
    return {
        "project": "p",
        "pattern": pattern,
        "test_key": test,
        "variant_key": "v",
        "factor_name": "factor",
        "factor_key": factor,
        "run_count": runs,
        "failed_count": failed,
        "failed_invocation_count": failed,
        "failed_date_count": failed,
        "observed_days": 30,
        **more,
    }


def made(*rows: dict[str, Any]) -> pl.DataFrame:
    return patterns(pl.DataFrame(list(rows), schema=SCHEMA, orient="row"), default_parameters())


def found(*rows: dict[str, Any]) -> list[str]:
    """The factors that are found."""
    return made(*rows).filter(pl.col("finding_number") > 0)["factor_key"].to_list()


def test_no_rows_give_none() -> None:
    assert made().is_empty()


def test_the_level_that_is_worse_is_found_and_its_family_told() -> None:
    rows = made(level("a", 10, 20), level("b", 0, 20), level("c", 1, 20), level("b", 2, 30, test="quiet"))
    counts = ("finding_number", "factor_key", "other_run_count", "other_failed_count", "tested_count")
    assert rows.select(*counts, "hypothesis_count").rows() == [
        (0, None, None, None, 1, 3),
        (1, "a", 40, 1, 1, 3),
    ]
    assert rows["q"][1] == pytest.approx(3 * fisher_exact([[10, 10], [1, 39]], alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ["a"]),
        ({"failed_invocation_count": 2}, []),  # one bad invocation, or two
        ({"failed_date_count": 1}, ["a"]),  # dates are for what follows the calendar
    ],
)
def test_a_bad_invocation_is_no_pattern(changed: dict[str, Any], expected: list[str]) -> None:
    assert found(level("a", 10, 20, **changed), level("b", 0, 20)) == expected


@pytest.mark.parametrize(("dates", "expected"), [(2, []), (3, ["6"])])
def test_a_bad_day_is_no_weekday(dates: int, expected: list[str]) -> None:
    rows = [level(str(day), 0, 20, "weekday") for day in range(1, 6)]
    assert found(*rows, level("6", 9, 20, "weekday", failed_date_count=dates)) == expected


def test_two_failures_are_too_few() -> None:
    assert found(level("a", 2, 2), level("b", 0, 500)) == []
    assert found(level("a", 3, 3), level("b", 0, 500)) == ["a"]


def test_levels_that_could_never_be_found_are_in_no_family() -> None:
    """15 of 37 runs failed: were all three of b among them, it were 6 % by chance, of four of c 2 %."""
    rows = made(level("a", 10, 30), level("b", 2, 3), level("c", 3, 4))
    assert rows["hypothesis_count"].to_list()[:1] == [2]


def test_what_is_only_compared_with_is_not_named() -> None:
    assert found(level("other", 10, 20, "resource_load"), level("high", 0, 20, "resource_load")) == []
    assert found(level("other", 0, 20, "resource_load"), level("high", 10, 20, "resource_load")) == ["high"]


@pytest.mark.parametrize(("others", "expected"), [(2, ["60000"]), (3, [])])
def test_four_in_five_failures_are_timeouts_or_none(others: int, expected: list[str]) -> None:
    assert found(level("60000", 8, 8, "timeout"), level("other", others, 200, "timeout")) == expected


@pytest.mark.parametrize(("passed", "retried", "expected"), [(5, 5, ["retry"]), (4, 4, []), (19, 20, [])])
def test_all_retries_end_alike_and_not_by_chance(passed: int, retried: int, expected: list[str]) -> None:
    rows = made(level("retry", passed, retried, "retry_always_passes"))
    kept = rows.filter(pl.col("finding_number") > 0)
    assert kept["factor_key"].to_list() == expected
    assert kept["other_run_count"].null_count() == len(expected)


def test_families_are_a_project_and_pattern_each() -> None:
    rows = made(
        level("a", 10, 20),
        level("b", 0, 20),
        level("a", 10, 20, project="q"),
        level("b", 0, 20, project="q"),
        level("1", 9, 20, "weekday"),
        level("2", 0, 20, "weekday"),
    )
    families = rows.filter(finding_number=0).select("project", "pattern", "hypothesis_count").rows()
    assert families == [("p", "host", 2), ("p", "weekday", 1), ("q", "host", 2)]


def test_chance_alone_is_found_in_one_family_of_twenty_or_fewer() -> None:
    """Pitfall 11: 100 families of 40 tests on four workers, each with 10 % failures anywhere."""
    numbers = np.random.default_rng(11)
    rows = [
        level(f"worker-{worker}", int(numbers.binomial(40, 0.1)), 40, test=f"t{test}", project=f"p{family}")
        for family in range(100)
        for test in range(40)
        for worker in range(4)
    ]
    wrong = made(*rows).filter(pl.col("finding_number") > 0)["project"].n_unique()
    assert wrong <= 9  # 5 of 100, and two standard errors


def test_the_order_of_rows_changes_nothing() -> None:
    numbers = np.random.default_rng(3)
    rows = [
        level(str(key), int(numbers.binomial(20, 0.2 + 0.5 * (key == 1))), 20, pattern, test=f"t{test}")
        for pattern in ("host", "weekday", "time_of_day")
        for test in range(10)
        for key in range(4)
    ]
    assert len(found(*rows)) > 3
    assert made(*rows).equals(made(*rows[::-1]))
