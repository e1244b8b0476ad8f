"""What a declaration asks of a frame: columns, types, no nulls where forbidden, one row per grain, order."""

from datetime import date

import polars as pl
import pytest

from warehouse.errors import DataError
from warehouse.schema import TIMESTAMP, Column, Table
from warehouse.tables import LAKE_TABLES

RUNS = Table(
    name="runs",
    grain=("run_key",),
    meaning="One row per run.",
    partition="run_date",
    order=("test_key",),
    columns=(
        Column("run_key", pl.String, "Key."),
        Column("test_key", pl.String, "Test.", nullable=True),
        Column("duration_ms", pl.Int64, "How long.", unit="ms", nullable=True),
        Column("run_date", pl.Date, "Day."),
    ),
)
FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)


def frame(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RUNS.schema, orient="row")


def test_the_order_is_total_partition_then_order_then_grain() -> None:
    assert RUNS.sort_by == ("run_date", "test_key", "run_key")


def test_rows_come_out_sorted_with_nulls_last() -> None:
    given = frame(
        ("r4", "t1", 4, SECOND), ("r3", None, 3, FIRST), ("r2", "t2", 2, FIRST), ("r1", "t2", 1, FIRST)
    )
    assert RUNS.conform(given)["run_key"].to_list() == ["r1", "r2", "r3", "r4"]


def test_columns_come_out_as_declared() -> None:
    given = frame(("r1", "t1", 1, FIRST)).select(
        pl.lit("x").alias("stranger"), "run_date", pl.col("duration_ms").cast(pl.Int32), "test_key", "run_key"
    )
    assert RUNS.conform(given).schema == RUNS.schema


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match=r"runs: columns missing: test_key, run_date\."):
        RUNS.conform(frame().drop("test_key", "run_date"))


def test_a_null_in_a_required_column_is_named() -> None:
    with pytest.raises(DataError, match=r"runs: null in run_key, run_date, declared as never null\."):
        RUNS.conform(frame((None, "t1", 1, None)))


def test_two_rows_of_one_grain_are_refused() -> None:
    with pytest.raises(DataError, match=r"runs: more than one row per run_key\."):
        RUNS.conform(frame(("r1", "t1", 1, FIRST), ("r1", "t1", 2, SECOND)))


def test_an_empty_frame_conforms() -> None:
    assert RUNS.conform(RUNS.empty()).equals(RUNS.empty())


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_a_declared_table_names_its_own_columns(table: Table) -> None:
    assert set(table.sort_by) <= set(table.names)
    assert len(set(table.names)) == len(table.names)
    assert table.empty().schema == table.schema


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_grain_and_partition_are_never_null(table: Table) -> None:
    nullable = {column.name for column in table.columns if column.nullable}
    assert not nullable & {*table.grain, *([table.partition] if table.partition else [])}


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_times_are_utc_and_end_in_at(table: Table) -> None:
    times = {column.name for column in table.columns if isinstance(column.dtype, pl.Datetime)}
    assert times == {column.name for column in table.columns if column.dtype == TIMESTAMP}
    assert all(name.endswith("_at") for name in times)
