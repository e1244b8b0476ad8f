"""A view of facts says all it needs in its own text: models, values of variables, macros, small tables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.unit.reports.report_rows import frame_of
from tests.unit.warehouse.fact_homes import AS_TABLES, AS_VIEWS
from warehouse.connection import open_build, open_release
from warehouse.errors import DataError
from warehouse.fact_binding import FactBinder
from warehouse.lake import Lake
from warehouse.model_headers import Model
from warehouse.models import LAYERS
from warehouse.policy import BuildPolicy
from warehouse.releases import Release, build_release
from warehouse.requests import BuildRequest, LakeFiles, Limits
from warehouse.tables import STATE_CHANGES

AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)
WORDS = ["it's", 'a "quoted", word', "back\\slash", " [x] ", "", "null", "NULL"]

HEADER = """-- model:   {name}
-- grain:   one row per test_key
-- inputs:  {inputs}
-- units:   none
-- materialized: {materialized}
{more}-- owner:   us
"""
MEANINGS = "-- columns: loud_name = Name, loud; letters = Letters of the name\n"


def model_file(name: str, inputs: str, query: str, materialized: str = "table", more: str = "") -> str:
    header = HEADER.format(name=name, inputs=inputs, materialized=materialized, more=more)
    return header + query + "  -- a last word"


MODELS: Mapping[str, Mapping[str, str]] = {
    "staging": {
        "stg_things": model_file(
            "stg_things",
            "lake_state_changes",
            "select execution_key as test_key, to_status as test_name from lake_state_changes",
            "view",
            "-- columns: test_key = Key of a test; test_name = Name of a test\n",
        )
    },
    "intermediate": {
        "int_letters": model_file(
            "int_letters", "stg_things", "select test_key, len(test_name) as letters from stg_things"
        ),
        "int_loud": model_file(
            "int_loud",
            "stg_things",
            "select test_key, shout(test_name) as loud_name from stg_things "
            "where not list_contains(GetVariable('people_words'), test_name)",
            "view",
        ),
    },
    "marts": {
        "dim_tests": model_file("dim_tests", "stg_things", "select test_key, test_name from stg_things"),
        "fct_attempts": model_file(
            "fct_attempts",
            "int_loud, int_letters, dim_tests, stg_things",
            "with final as (select int_loud.test_key, loud_name, letters, test_name from int_loud "
            "inner join int_letters on int_loud.test_key = int_letters.test_key "
            "inner join dim_tests on int_loud.test_key = dim_tests.test_key "
            "where int_loud.test_key in (select test_key from stg_things)) select * from final",
            more=MEANINGS,
        ),
    },
}
MACROS = """create or replace temp macro unused(word) as word;
create or replace temp macro ending() as '!';
create or replace temp macro shout(word) as upper(word) || ending();
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lake = Lake(tmp_path / "lake")
    known = {"triggered_date": AS_OF.date(), "changed_at": AS_OF}
    rows = [{"execution_key": name, "to_status": name, **known} for name in ("One", *WORDS)]
    lake.replace_days(STATE_CHANGES, {AS_OF.date()}, frame_of(STATE_CHANGES, rows))
    lake.commit({}, source="dump", as_of=AS_OF)
    for layer in LAYERS:
        (tmp_path / "sql" / layer).mkdir(parents=True)
        for name, text in MODELS.get(layer, {}).items():
            (tmp_path / "sql" / layer / f"{name}.sql").write_text(text)
    (tmp_path / "sql" / "macros.sql").write_text(MACROS)
    return tmp_path


def released(home: Path, limits: Limits) -> Release:
    lake = Lake(home / "lake")
    request = BuildRequest(
        LakeFiles.of(lake, lake.generation), AS_OF, "1", BuildPolicy(people_words=WORDS), home / "sql"
    )
    return build_release(home, request, limits)


def test_models_variables_and_macros_are_in_the_manifest(home: Path) -> None:
    views = released(home, AS_VIEWS).manifest.fact_views
    assert views is not None
    (view,) = views.views
    assert "getvariable" not in view.query.lower()
    assert view.lake_tables == {"lake_state_changes": "state_changes"}
    assert [(macro.name, macro.parameters) for macro in views.macros] == [("ending", []), ("shout", ["word"])]
    assert view.column_comments["loud_name"] == "Name, loud"


def test_the_view_needs_nothing_of_the_code_that_built_it(home: Path) -> None:
    tables, views = released(home, AS_TABLES), released(home, AS_VIEWS)
    assert tables.manifest.row_checksums["fct_attempts"] == views.manifest.row_checksums["fct_attempts"]
    for file in (home / "sql").rglob("*.sql"):
        file.unlink()
    with open_release(views.folder) as reader:
        assert reader.query("from fct_attempts").rows == [("One", "ONE!", 3, "One")]
        kept = "select table_name from duckdb_tables() where schema_name = 'support'"
        assert reader.query(kept).rows == [("int_letters",)]
    assert "int_letters" not in views.manifest.row_counts


def test_a_view_over_another_table_of_the_lake_is_refused(home: Path) -> None:
    other = "select test_key, test_name from lake_tests"
    file = home / "sql" / "staging" / "stg_things.sql"
    file.write_text(model_file("stg_things", "lake_tests", other, "view"))
    with pytest.raises(DataError, match=r"fct_attempts\.sql: .* lake table tests; put") as refusal:
        released(home, AS_VIEWS)
    assert str(refusal.value).endswith("model of it.")


@pytest.mark.parametrize(
    "value", [WORDS, [], "it's", 0.1 + 0.2, 5, True, None, AS_OF, AS_OF.date(), AS_OF.replace(microsecond=7)]
)
def test_a_value_of_a_variable_is_the_same_in_the_text(value: object) -> None:
    with open_build(None, threads=1, memory_limit_mb=512) as connection:
        connection.execute("set variable given = ?", [value])
        FactBinder(connection, [], {}).create(
            model_of("select 1 as test_key, getvariable( 'given' ) as word")
        )
        found, kind = row_of(connection, "select word, typeof(word) from fct_attempts")
        assert (found, kind) == row_of(
            connection, "select getvariable('given'), typeof(getvariable('given'))"
        )


def test_a_value_that_cannot_be_written_as_text_is_refused() -> None:
    with open_build(None, threads=1, memory_limit_mb=512) as connection:
        connection.execute("set variable given = union_value(word := 1)")
        with pytest.raises(DataError, match=r"fct_attempts\.sql: the value of given"):
            FactBinder(connection, [], {}).create(model_of("select getvariable('given') as word"))


def model_of(query: str) -> Model:
    return Model(
        "fct_attempts", "marts", "sql/marts/fct_attempts.sql", query, ("test_key",), (), "none", "us"
    )


def row_of(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)
