"""Formulas in SQL: the worked cases, and the same as SciPy on ten thousand random tables."""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.special import betaln
from scipy.stats import binom, false_discovery_control, hypergeom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pipelines.transform.rollups import bucket_of
from tests.unit.analysis.cases import case, near, near_p
from warehouse.connection import open_build
from warehouse.models import SQL_ROOT
from warehouse.words import create_macros

ROWS = 10_000


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_build(None, threads=2, memory_limit_mb=512) as connection:
        create_macros(connection, SQL_ROOT)
        yield connection


def one(sql: duckdb.DuckDBPyConnection, expression: str) -> Any:
    """The value of an expression, or the tuple of several."""
    (row,) = sql.execute(f"select {expression}").fetchall()
    return row[0] if len(row) == 1 else row


def column(sql: duckdb.DuckDBPyConnection, rows: pl.DataFrame, expression: str) -> np.ndarray[Any, Any]:
    """The expression over each row, in order."""
    sql.register("rows", rows.with_row_index("place").to_arrow())
    found = sql.execute(f"select {expression} from rows order by place").fetchall()
    return np.array([value for (value,) in found], float)


@pytest.fixture(scope="module")
def tables() -> pl.DataFrame:
    """Two samples each, small and large, some empty of failures, some all failures."""
    random = np.random.default_rng(20_261_124)
    sizes = [random.integers(1, most, ROWS // 4) for most in (8, 40, 300, 3_000) for _ in range(2)]
    n1, n2 = np.concatenate(sizes[::2]), np.concatenate(sizes[1::2])
    rates = random.choice([0.0, 0.01, 0.1, 0.5, 0.9, 1.0], (2, ROWS))
    return pl.DataFrame(
        {
            "k1": random.binomial(n1, rates[0]),
            "n1": n1,
            "k2": random.binomial(n2, rates[1]),
            "n2": n2,
            "phi0": random.choice([0.001, 0.01, 0.2, 0.7], ROWS),
        }
    )


def test_cases_of_intervals(sql: duckdb.DuckDBPyConnection) -> None:
    inputs, expected = case("P1")
    for k, n in inputs["k_n"]:
        assert one(sql, f"wilson_low({k}, {n}), wilson_high({k}, {n})") == near(
            tuple(expected["wilson"][f"{k}/{n}"])
        )


def test_cases_of_two_proportions(sql: duckdb.DuckDBPyConnection) -> None:
    inputs, expected = case("P2")
    for k1, n1, k2, n2 in inputs["pairs_k1_n1_k2_n2"]:
        pair = f"({k1}, {n1}, {k2}, {n2})"
        found = one(sql, f"newcombe_low{pair}, newcombe_high{pair}")
        assert found == near(tuple(expected["newcombe_diff_ci"][f"{k1}/{n1}-{k2}/{n2}"]))
    for words, table in inputs["fisher_tables_fail_pass"].items():
        found = one(sql, f"fisher_worse{tuple(table)}")
        assert found == near_p(expected["fisher"][words]["p_one_sided_regression"])


def test_cases_of_flakiness(sql: duckdb.DuckDBPyConnection) -> None:
    inputs, expected = case("P3")
    assert one(sql, "binomial_tail(3, 15, 0.01)") == near_p(expected["binom_p_H0_phi_le_1pct"])
    p_values = pl.DataFrame({"p": inputs["bh_p_values"]})
    assert q_values(sql, p_values.with_columns(family=pl.lit("a"))) == near(expected["bh_1995"]["q"])


def test_cases_of_change_points(sql: duckdb.DuckDBPyConnection) -> None:
    _, expected = case("P4")
    for words, value in expected["single_step_log_bf"].items():
        passes, failures = words.split()[0], words.split()[3]
        assert one(sql, f"log_bayes_factor(0, {passes}, {failures}, {failures})") == near(value)


def test_the_histogram_of_two_days(sql: duckdb.DuckDBPyConnection) -> None:
    """The days are merged by adding up their counts."""
    inputs, expected = case("P6")
    days = pl.DataFrame({"ms": [*inputs["day1"], *inputs["day2"]], "day": [1] * 120 + [2] * 30})
    sql.register("days", days.to_arrow())
    found = sql.execute(
        """
        with daily as (select day, log_bucket(ms) as bucket, count(*) as n from days group by all),
        merged as (select bucket, sum(n) as n from daily group by bucket),
        lists as (
            select list(bucket order by bucket) as buckets, list(n order by bucket) as counts from merged
        )
        select log_bucket_quantile(buckets, counts, 0.95), log_bucket_quantile(buckets, counts, 0.5)
        from lists
        """
    ).fetchall()
    assert found == [near((expected["ddsketch_p95_both_days"], expected["ddsketch_p50_both_days"]))]
    assert one(sql, "log_bucket(45.04)") == expected["ddsketch_bucket_p95_both_days"]


def test_the_bucket_is_that_of_the_rollups(sql: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(6)
    durations = np.concatenate([np.arange(ROWS // 2), random.integers(1, 86_400_000, ROWS // 2)])
    rows = pl.DataFrame({"ms": durations})
    assert (
        column(sql, rows, "log_bucket(ms)").tolist() == rows.select(bucket_of(pl.col("ms")))["ms"].to_list()
    )


def test_a_histogram_of_nothing_has_no_quantile(sql: duckdb.DuckDBPyConnection) -> None:
    nothing = (
        "log_bucket(null)",
        *(f"log_bucket_quantile({lists}, 0.5)" for lists in ("[], []", "[3], [0]")),
    )
    assert one(sql, f"{', '.join(nothing)}, log_bucket_quantile(null, null, 0.5)") == (None,) * 4


def test_newcombe_as_statsmodels(sql: duckdb.DuckDBPyConnection, tables: pl.DataFrame) -> None:
    counts = (tables[name].to_numpy() for name in ("k1", "n1", "k2", "n2"))
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff", correction=False)
    for name, values in zip(("low", "high"), expected, strict=True):
        found = column(sql, tables, f"newcombe_{name}(k1, n1, k2, n2)")
        assert found == pytest.approx(values, abs=1e-9)


def test_wilson_as_statsmodels(sql: duckdb.DuckDBPyConnection, tables: pl.DataFrame) -> None:
    expected = proportion_confint(tables["k1"].to_numpy(), tables["n1"].to_numpy(), method="wilson")
    for name, values in zip(("low", "high"), expected, strict=True):
        assert column(sql, tables, f"wilson_{name}(k1, n1)") == pytest.approx(values, abs=1e-9)


def test_fisher_as_scipy(sql: duckdb.DuckDBPyConnection, tables: pl.DataFrame) -> None:
    k1, n1, k2, n2 = (tables[name].to_numpy() for name in ("k1", "n1", "k2", "n2"))
    found = column(sql, tables, "fisher_worse(k1, n1 - k1, k2, n2 - k2)")
    assert found == pytest.approx(hypergeom.sf(k1 - 1, n1 + n2, k1 + k2, n1), rel=1e-9, abs=1e-300)


def test_fisher_of_many_executions_as_scipy(sql: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(7)
    n1, n2 = random.integers(1_000, 20_000, 200), random.integers(1_000, 80_000, 200)
    k1, k2 = random.binomial(n1, random.choice([0.01, 0.05], 200)), random.binomial(n2, 0.02)
    rows = pl.DataFrame({"k1": k1, "n1": n1, "k2": k2, "n2": n2})
    found = column(sql, rows, "fisher_worse(k1, n1 - k1, k2, n2 - k2)")
    assert found == pytest.approx(hypergeom.sf(k1 - 1, n1 + n2, k1 + k2, n1), rel=1e-9, abs=1e-300)


def test_binomial_tails_as_scipy(sql: duckdb.DuckDBPyConnection, tables: pl.DataFrame) -> None:
    k, n, phi0 = (tables[name].to_numpy() for name in ("k1", "n1", "phi0"))
    found = column(sql, tables, "binomial_tail(k1, n1, phi0)")
    assert found == pytest.approx(binom.sf(k - 1, n, phi0), rel=1e-9, abs=1e-200)


def test_bayes_factors_as_scipy(sql: duckdb.DuckDBPyConnection, tables: pl.DataFrame) -> None:
    k1, n1, k2, n2 = (tables[name].to_numpy() for name in ("k1", "n1", "k2", "n2"))

    def weight(k: Any, n: Any) -> Any:
        return betaln(k + 0.05, n - k + 0.5) - betaln(0.05, 0.5)

    expected = weight(k1, n1) + weight(k2, n2) - weight(k1 + k2, n1 + n2)
    assert column(sql, tables, "log_bayes_factor(k1, n1, k2, n2)") == pytest.approx(expected, abs=1e-9)


def test_false_discovery_control_as_scipy_within_each_family(sql: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(5)
    p_values = np.round(random.random(ROWS) ** 3, 4)
    families = random.choice(["a", "b", "c"], ROWS)
    expected = np.empty(ROWS)
    for family in "abc":
        expected[families == family] = false_discovery_control(p_values[families == family])
    found = q_values(sql, pl.DataFrame({"p": p_values, "family": families}))
    assert found == pytest.approx(expected.tolist(), abs=1e-9)


def test_a_missing_p_value_counts_nowhere(sql: duckdb.DuckDBPyConnection) -> None:
    rows = pl.DataFrame({"p": [0.04, None, 0.01], "family": ["a", "a", "a"]})
    assert q_values(sql, rows) == [pytest.approx(0.04), None, pytest.approx(0.02)]


def test_nothing_has_no_interval_and_no_surprise(sql: duckdb.DuckDBPyConnection) -> None:
    nothing = "newcombe_low(0, 0, 1, 2), newcombe_high(1, 2, 0, 0), wilson_low(0, 0), wilson_high(0, 0)"
    assert one(sql, nothing) == (None,) * 4
    assert one(sql, "wilson_low(null, 5), wilson_high(null, 5)") == (None, None)
    assert one(sql, "fisher_worse(0, 0, 3, 3), fisher_worse(3, 0, 0, 0), binomial_tail(0, 0, 0.01)") == (
        1,
        1,
        1,
    )
    assert one(sql, "log_bayes_factor(0, 0, 0, 0)") == near(0)


@pytest.mark.parametrize("macro", ["fisher_worse", "newcombe_low", "newcombe_high", "log_bayes_factor"])
def test_an_unknown_count_has_no_result(sql: duckdb.DuckDBPyConnection, macro: str) -> None:
    unknown = ("(null, 5, 1, 9)", "(1, null, 1, 9)", "(1, 5, null, 9)", "(1, 5, 1, null)")
    assert one(sql, ", ".join(macro + counts for counts in unknown)) == (None,) * 4


def test_an_unknown_tail_is_no_surprise(sql: duckdb.DuckDBPyConnection) -> None:
    unknown = "binomial_tail(null, 5, 0.01), binomial_tail(2, null, 0.01), binomial_tail(2, 5, null)"
    assert one(sql, unknown) == (None,) * 3
    assert one(sql, "binomial_tail(2, 5, 0.0), binomial_tail(2, 5, 1.0), binomial_tail(6, 5, 0.5)") == (
        0,
        1,
        0,
    )


def test_narrow_integers_do_not_overflow(sql: duckdb.DuckDBPyConnection) -> None:
    counts = "(200::utinyint, 250::utinyint, 190::utinyint, 255::utinyint)"
    for macro in ("fisher_worse", "log_bayes_factor", "newcombe_low"):
        assert one(sql, macro + counts) == pytest.approx(one(sql, f"{macro}(200, 250, 190, 255)"))
    assert one(sql, "log_choose(250::utinyint, 5::utinyint)") == near(one(sql, "log_choose(250, 5)"))


def test_a_column_may_have_the_name_of_a_lambda(sql: duckdb.DuckDBPyConnection) -> None:
    sql.register("rows", pl.DataFrame({"hits": [3], "shared": [7], "failed": [5], "sample": [95]}).to_arrow())
    found = sql.execute("select fisher_worse(hits, shared, failed, sample) from rows").fetchall()
    assert found == [(near_p(0.02416310422),)]


def q_values(sql: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> list[float | None]:
    sql.register("rows", rows.with_row_index("place").to_arrow())
    found = sql.execute(
        "with scaled as (select *, bh_scaled(p, family) as scaled from rows) "
        "select bh_q(scaled, p, family) from scaled order by place"
    ).fetchall()
    return [value for (value,) in found]
