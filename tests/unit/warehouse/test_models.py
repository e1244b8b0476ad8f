"""Headers, layers, order and declarations: an error is one sentence that names file, problem and remedy."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.unit.warehouse.model_files import CHECK, FACT, METRIC, STAGING, build_of, write_models
from warehouse.errors import DataError
from warehouse.lake_scans import attach_lake_table
from warehouse.models import LAYERS, load_models
from warehouse.schema import TIMESTAMP, Column, Table

THINGS = Table(
    name="things",
    grain=("thing_key",),
    meaning="One row per thing.",
    partition="triggered_date",
    columns=(
        Column("thing_key", pl.String, "Key."),
        Column("seen_at", TIMESTAMP, "When.", nullable=True),
        Column("tags", pl.List(pl.String), "Tags."),
        Column("triggered_date", pl.Date, "The partition."),
    ),
)


def test_the_shipped_models_are_in_order() -> None:
    models = load_models()
    seen: set[str] = set()
    for model in models:
        assert not set(model.inputs) & {other.name for other in models} - seen
        seen.add(model.name)
    assert [model.folder for model in models][-1] == "checks"
    assert {model.folder for model in models} == set(LAYERS)


HEADER_ERRORS = [
    ("-- grain:   one row per test_key\n", "", "lacks grain"),
    ("-- owner:   us\n", "", "lacks owner"),
    ("-- units:   none\n", "-- units:\n", "lacks units"),
    ("-- model:   fct_things", "-- model:   fct_thing", "must be the file's name"),
    ("one row per test_key", "each test_key", "must read `one row per column, column`"),
    ("-- owner:   us\n", "-- owner:   us\n-- owner:   them\n", "names owner twice"),
    ("-- owner:   us\n", "-- owner:   us\n-- colour:  red\n", "header key colour is not known"),
    ("-- owner:   us\n", "-- owner:   us\n-- and more\n", "neither `-- key: text` nor an indented"),
    ("-- owner:   us\n", "-- owner:   us\n-- materialized: often\n", "materialized is 'often'"),
    (
        "-- owner:   us\n",
        "-- owner:   us\n-- columns: test_key means a test\n",
        "must read `column = meaning`",
    ),
    ("-- owner:   us\n", "-- owner:   us\n-- severity: blocking\n", "checks alone say `-- severity"),
    (
        "-- inputs:  stg_things",
        "-- inputs:  stg_things, stg_others",
        "inputs name stg_others but the query",
    ),
    (
        "from stg_things",
        "from stg_things inner join dim_x on true",
        "reads dim_x but the header's inputs do not",
    ),
    ("from stg_things", "from", "the query cannot be read"),
]


@pytest.mark.parametrize(("good", "bad", "sentence"), HEADER_ERRORS)
def test_a_wrong_header_is_named(tmp_path: Path, good: str, bad: str, sentence: str) -> None:
    assert good in FACT
    root = write_models(tmp_path, staging=STAGING, marts=FACT.replace(good, bad))
    with pytest.raises(DataError, match=sentence) as error:
        load_models(root)
    assert str(error.value).startswith("sql/marts/fct_things.sql")


def test_a_name_outside_its_layer_is_named(tmp_path: Path) -> None:
    root = write_models(tmp_path, intermediate=STAGING)
    with pytest.raises(DataError, match=r"stg_things\.sql: a model in intermediate/ is named int_"):
        load_models(root)


def test_a_layer_breach_is_named(tmp_path: Path) -> None:
    metric = METRIC.replace("fct_things", "stg_things")
    root = write_models(tmp_path, staging=STAGING, metrics=metric)
    with pytest.raises(DataError, match=r"metrics/ may read .* but reads stg_things; add what is missing"):
        load_models(root)


def test_an_unknown_input_is_named(tmp_path: Path) -> None:
    root = write_models(tmp_path, marts=FACT)
    with pytest.raises(DataError, match="reads stg_things, which is neither a model nor a lake table"):
        load_models(root)


def test_a_check_needs_a_severity(tmp_path: Path) -> None:
    check = CHECK.replace("-- severity: blocking\n", "")
    root = write_models(tmp_path, staging=STAGING, marts=FACT, checks=check)
    with pytest.raises(DataError, match="checks alone say"):
        load_models(root)


def test_a_cycle_is_named_model_by_model(tmp_path: Path) -> None:
    first = METRIC.replace("met_things", "met_first").replace("fct_things", "met_second")
    second = METRIC.replace("met_things", "met_second").replace("fct_things", "met_first")
    root = write_models(tmp_path, metrics=first)
    write_models(tmp_path, metrics=second)
    with pytest.raises(DataError, match=r"circle \((met_\w+) → (met_\w+) → \1\); break it"):
        load_models(root)


def test_comments_come_from_the_lake_the_header_and_the_inputs(tmp_path: Path) -> None:
    root = write_models(tmp_path, staging=STAGING, marts=FACT, metrics=METRIC)
    with build_of(root, [("a", "One"), ("b", "Two")]) as connection:
        comments = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where table_name in ('fct_things', 'met_things') order by all"
        ).fetchall()
        tables = connection.execute(
            "select comment from duckdb_tables() where table_name = 'fct_things'"
        ).fetchall()
    assert comments == [
        ("fct_things", "test_key", "The test case's _id as text."),
        ("fct_things", "test_name", "Title of the case, redacted."),
        ("met_things", "test_key", "The test case's _id as text."),
        ("met_things", "thing_count", "Things, counted"),
    ]
    assert tables == [("One row per test_key. Units: none. Rules: all things. Owner: us.",)]


def test_a_column_without_meaning_is_named(tmp_path: Path) -> None:
    fact = FACT.replace("test_name\n", "test_name,\n        1 as weight\n")
    root = write_models(tmp_path, staging=STAGING, marts=fact)
    with pytest.raises(DataError, match=r"fct_things\.sql: column weight has no meaning; add `weight = …`"):
        build_of(root, [("a", "One")])


def test_a_meaning_without_column_is_named(tmp_path: Path) -> None:
    fact = FACT.replace("-- owner:   us\n", "-- owner:   us\n-- columns: weight = How heavy\n")
    root = write_models(tmp_path, staging=STAGING, marts=fact)
    with pytest.raises(DataError, match="speaks of column weight, which the query does not give"):
        build_of(root, [("a", "One")])


@pytest.mark.parametrize("rows", [[("a", "One"), ("a", "Two")], [(None, "One")]])
def test_a_grain_breach_names_model_and_key(tmp_path: Path, rows: list[tuple[str | None, str]]) -> None:
    root = write_models(tmp_path, staging=STAGING, marts=FACT)
    with pytest.raises(
        DataError, match=r"fct_things must have one row per test_key, but \d stand at test_key = "
    ):
        build_of(root, rows)


def test_a_query_that_fails_is_named(tmp_path: Path) -> None:
    fact = FACT.replace("        test_name\n", "        test_name::integer as test_name\n")
    root = write_models(tmp_path, staging=STAGING, marts=fact)
    with pytest.raises(DataError, match=r"sql/marts/fct_things\.sql: the query failed \(Conversion Error"):
        build_of(root, [("a", "One")])


def test_a_check_is_counted_sampled_and_stops_the_build(tmp_path: Path) -> None:
    root = write_models(tmp_path, staging=STAGING, marts=FACT, checks=CHECK)
    with pytest.raises(DataError, match=r"blocking checks were breached .chk_names_are_given: 2 rows"):
        build_of(root, [("b", ""), ("a", ""), ("c", "Three")])


def test_a_warning_does_not_stop_the_build(tmp_path: Path) -> None:
    check = CHECK.replace("blocking", "warning")
    root = write_models(tmp_path, staging=STAGING, marts=FACT, checks=check)
    with build_of(root, [("b", ""), ("a", ""), ("c", "Three")]) as connection:
        results = connection.execute("from data_quality_results").fetchall()
        kept = connection.execute("select test_key from chk_names_are_given order by all").fetchall()
    assert results == [("chk_names_are_given", "warning", 2, '{"test_key":"a"}')]
    assert kept == [("a",), ("b",)]


def test_a_lake_table_is_read_with_its_partition(tmp_path: Path) -> None:
    folder = tmp_path / "a [b]*" / "triggered_date=2026-03-31"
    folder.mkdir(parents=True)
    frame = THINGS.empty().drop("triggered_date")
    rows = pl.DataFrame([("a", None, ["x"])], schema=frame.schema, orient="row")
    rows.write_parquet(folder / "part-0.parquet")
    with duckdb.connect() as connection:
        attach_lake_table(connection, THINGS, [folder / "part-0.parquet"])
        found = connection.execute("select thing_key, tags, triggered_date::text from lake_things").fetchall()
    assert found == [("a", ["x"], "2026-03-31")]


def test_a_lake_table_without_files_is_empty_and_typed(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        attach_lake_table(connection, THINGS, [])
        types = connection.execute("select column_name, column_type from (describe lake_things)").fetchall()
        assert connection.execute("from lake_things").fetchall() == []
    assert types == [
        ("thing_key", "VARCHAR"),
        ("seen_at", "TIMESTAMP WITH TIME ZONE"),
        ("tags", "VARCHAR[]"),
        ("triggered_date", "DATE"),
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (pl.lit(1).alias("weight"), "weight is declared no such column, the files hold INTEGER"),
        (pl.lit(1).alias("thing_key"), "thing_key is declared VARCHAR, the files hold INTEGER"),
    ],
)
def test_a_lake_table_that_differs_from_its_declaration_is_named(
    tmp_path: Path, change: pl.Expr, sentence: str
) -> None:
    folder = tmp_path / "triggered_date=2026-03-31"
    folder.mkdir()
    THINGS.empty().drop("triggered_date").with_columns(change).write_parquet(folder / "part-0.parquet")
    with duckdb.connect() as connection, pytest.raises(DataError, match=sentence):
        attach_lake_table(connection, THINGS, [folder / "part-0.parquet"])


@pytest.mark.parametrize(
    ("inputs", "meaning"),
    [
        ("lake_suites, lake_tests", "draft, active or archived."),
        ("lake_tests, lake_suites", "draft, active, deprecated or archived."),
    ],
)
def test_the_first_input_that_has_a_column_gives_its_meaning(
    tmp_path: Path, inputs: str, meaning: str
) -> None:
    query = (
        "select test_key, lake_tests.status from lake_tests inner join lake_suites on test_key = suite_key\n"
    )
    header = CHECK.replace("fct_things", inputs, 1)
    root = write_models(tmp_path, checks=header[: header.index("select")] + query)
    with build_of(root, []) as connection:
        comments = connection.execute(
            "select comment from duckdb_columns() where table_name = 'chk_names_are_given' "
            "and column_name = 'status'"
        ).fetchall()
    assert comments == [(meaning,)]
