"""A release can be read and nothing else: what is refused, what is passed, and in which zone it answers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.unit.warehouse.refused_statements import (
    READS,
    REFUSED,
    SECRET,
    WRITES,
    WRITES_INTO_ITSELF,
    filled,
    plant,
    state_of,
)
from warehouse.connection import MOST_THREADS, ReleaseConnection, open_build, open_release
from warehouse.errors import StorageError, UsageError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release, with another folder in it that holds secrets."""
    made = tmp_path_factory.mktemp("made")
    plant(made / "elsewhere")
    with duckdb.connect(str(made / "warehouse.duckdb")) as connection:
        connection.execute("create table results as select 1 as a")
    (made / "manifest.json").write_text("{}")
    return made


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, which may be spoilt."""
    return shutil.copytree(made, tmp_path / "release")


@pytest.fixture
def release(folder: Path) -> Iterator[ReleaseConnection]:
    with open_release(folder) as connection:
        yield connection


@pytest.fixture
def unlocked(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same file, read-only for DuckDB and nothing more."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{folder}/warehouse.duckdb' as release (read_only)")
        connection.execute("use release")
        yield connection


def about(folder: Path, statement: str) -> str:
    return filled(statement, release=folder, elsewhere=folder / "elsewhere", table="results", column="a")


@pytest.fixture(scope="module")
def reader(made: Path) -> Iterator[ReleaseConnection]:
    """Of the release itself, for what is refused: it changes neither the reader nor a file."""
    with open_release(made) as connection:
        yield connection


@pytest.mark.parametrize("statement", REFUSED)
def test_hostile_statement_is_refused_and_writes_nothing(
    made: Path, reader: ReleaseConnection, statement: str
) -> None:
    python_variable = pl.DataFrame({SECRET: [SECRET]})
    before = state_of(made)
    with pytest.raises(UsageError, match=r"\.$") as refusal:
        reader.query(about(made, statement))
    assert "\n" not in str(refusal.value)
    assert state_of(made) == before
    assert reader.query("select a from results").rows == [(1,)]
    assert python_variable.height == 1


@pytest.mark.parametrize("statement", [*WRITES, *WRITES_INTO_ITSELF])
def test_without_the_lock_it_writes(
    folder: Path, unlocked: duckdb.DuckDBPyConnection, statement: str
) -> None:
    before = state_of(folder)
    unlocked.execute(about(folder, statement)).fetchall()
    unlocked.close()
    assert state_of(folder) != before


@pytest.mark.parametrize("statement", READS)
def test_without_the_lock_it_shows_the_secret(
    folder: Path, unlocked: duckdb.DuckDBPyConnection, statement: str
) -> None:
    shown = unlocked.execute(about(folder, statement))
    assert SECRET in str([shown.description, shown.fetchall()])


@pytest.mark.parametrize("way", ["arrow", "polars"])
@pytest.mark.parametrize("statement", [WRITES[1], READS[0], "selec 1"])
def test_frames_are_refused_in_the_same_way(
    folder: Path, release: ReleaseConnection, way: str, statement: str
) -> None:
    with pytest.raises(UsageError, match=r"\.$"):
        getattr(release, way)(about(folder, statement))


def test_select_with_parameters_gives_rows_and_names(release: ReleaseConnection) -> None:
    result = release.query("select a, a + ? as more from results", [2])
    assert (result.columns, result.rows) == (("a", "more"), [(1, 3)])


def test_set_variable_and_plain_explain_are_passed(release: ReleaseConnection) -> None:
    release.query("set variable floor = 1")
    assert release.query("select a from results where a >= getvariable('floor')").rows == [(1,)]
    assert release.query("-- why\nexplain select a from results").rows


PASSED = [
    "from results",
    "from results select a",
    "table results",
    "values (1)",
    "((select 1))",
    "select 1; -- a last word",
    "with x as (select a from results) select a from x",
    "with x as (with y as materialized (from results) from y) from x",
    "with recursive r as (select 1 as a union all select a + 1 from r where a < 3) select min(a) from r",
    "with recursive r(a) using key (a) as (select 1 union select a from r) from r",
    "select 1 union select 1 intersect select 1 except select 2",
    "from (pivot results on a in (1) using count(*))",
    "select * from (select 1 as a) pivot (count(*) for a in (1))",
    "select value from (unpivot results on a)",
    "select count(*) from (describe results)",
    "select count(*) from (summarize results)",
    "select count(*) from (show tables)",
    "select b from results, lateral (select a as b)",
    "select a from results window w as (order by a) qualify row_number() over w = 1",
    "select t.a from results t asof join results u on t.a >= u.a",
    "select a from results positional join (select 1 as b)",
    "select a from results using sample 100 percent (bernoulli)",
    "select [x for x in [0, 1] if x = 1][1]",
    "select list_transform([0], lambda x: x + 1)[1]",
    "select {'type': 1, 'COPY_QUERY_NODE': 2}.type",
    "select map {'a': 1}['a']",
    "select columns('a') from results",
    "select cast('1' as integer) where 'a'::enum('a') = 'a'",
    "from query_table('results')",
    'select 1 as "type""COPY_NODE" where \'{"type":"COPY_QUERY_NODE","cte_map":1}\' like \'%COPY%\'',
    f"select {' + '.join(['0'] * 900)} + 1",
    f"select 1 where 1 in ({', '.join(map(str, range(5_000)))})",
    " union ".join(["select 1"] * 500),
]


@pytest.mark.parametrize("query", PASSED)
def test_other_forms_of_select_are_passed(release: ReleaseConnection, query: str) -> None:
    assert release.query(query).rows == [(1,)]
    assert release.query(f"explain {query}").rows


@pytest.mark.parametrize("query", ["describe results", "summarize results", "show tables", "show all tables"])
def test_what_is_there_can_be_asked(release: ReleaseConnection, query: str) -> None:
    assert release.query(query).rows != []


@pytest.mark.parametrize(
    "statement",
    [
        "set variable x = 5",
        "-- why\nSET VARIABLE x TO (from range(6) select max(range)); -- because",
        "set\u2003variable x=(with c as (select 5) from c)",
        "set variable \"x\" = len('é = 1')",
    ],
)
def test_a_variable_is_set(release: ReleaseConnection, statement: str) -> None:
    release.query(statement)
    assert release.query("select getvariable('x')").rows == [(5,)]


def test_pivot_without_values_says_what_is_missing(release: ReleaseConnection) -> None:
    with pytest.raises(UsageError, match="after IN"):
        release.query("pivot results on a using count(*)")


KEPT = [
    "create view kept as from json_execute_serialized_sql('{text}')",
    "create macro kept() as table from json_execute_serialized_sql('{text}')",
    "create macro json_serialize_sql(text) as '{{\"error\":false,'",
]


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("query", ["from kept", "from kept()", WRITES_INTO_ITSELF[0]])
def test_what_a_file_brings_along_writes_nothing(folder: Path, kept: str, query: str) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        row = connection.execute(
            "select json_serialize_sql(?::varchar)", [about(folder, WRITES_INTO_ITSELF[0])]
        ).fetchone()
        assert row
        connection.execute(kept.format(text=str(row[0]).replace("'", "''")))
    before = state_of(folder)
    with open_release(folder) as release, pytest.raises(UsageError, match=r"\.$"):
        release.query(about(folder, query))
    assert state_of(folder) == before


def test_frames_come_out_in_utc(release: ReleaseConnection) -> None:
    query = "select a, timestamptz '2026-03-29 01:00:00+02' as at from results"
    frame = release.polars(query)
    assert frame.schema["at"] == pl.Datetime("us", "UTC")
    assert frame["at"].dt.hour().to_list() == [23]
    assert release.arrow(query).num_rows == 1


def test_two_readers_of_one_release_do_not_share_settings(folder: Path) -> None:
    with open_release(folder) as first, open_release(folder / "warehouse.duckdb") as second:
        first.query("set variable word = 'mine'")
        assert second.query("select getvariable('word'), current_setting('TimeZone')").rows == [(None, "UTC")]


def test_a_missing_release_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exr releases"):
        open_release(tmp_path)


def test_a_broken_file_is_no_release(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("no database")
    with pytest.raises(UsageError, match="cannot be read"):
        open_release(tmp_path)


def test_build_connection_is_in_utc_and_within_limits(tmp_path: Path) -> None:
    with open_build(tmp_path / "w.duckdb", threads=1, memory_limit_mb=512) as connection:
        settings = connection.execute(
            "select current_setting('TimeZone'), current_setting('threads'), current_setting('memory_limit')"
        ).fetchall()
    assert settings == [("UTC", 1, "512.0 MiB")]


def test_a_build_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        open_build(tmp_path / "missing" / "w.duckdb", threads=1, memory_limit_mb=512)


LIMITS = [
    ("threads", 0),
    ("threads", MOST_THREADS + 1),
    ("threads", 10**20),
    ("memory_limit_mb", 0),
    ("memory_limit_mb", -5),
    ("memory_limit_mb", 10**15),
]


@pytest.mark.parametrize(("name", "value"), LIMITS)
def test_a_limit_that_duckdb_cannot_work_within_is_named(folder: Path, name: str, value: int) -> None:
    limits = {"threads": 1, "memory_limit_mb": 512} | {name: value}
    with pytest.raises(UsageError, match=f"`{name}`") as refusal:
        open_release(folder, threads=limits["threads"], memory_limit_mb=limits["memory_limit_mb"])
    assert "\n" not in str(refusal.value)
    with pytest.raises(UsageError, match=f"`{name}`"):
        open_build(
            folder / "new.duckdb", threads=limits["threads"], memory_limit_mb=limits["memory_limit_mb"]
        )


@pytest.mark.parametrize(
    "statement",
    [
        "set lock_configuration = false",
        "set enable_external_access = true",
        "set disabled_filesystems = ''",
        "set allowed_directories = ['/']",
        "set memory_limit = '1TB'",
        "reset all",
        "from read_text('/etc/hostname')",
        "create table release.main.mine (a int)",
    ],
)
def test_the_lock_holds_by_itself(folder: Path, statement: str) -> None:
    """DuckDB refuses what the check of statements would have let pass by mistake."""
    with open_release(folder) as release, pytest.raises(duckdb.Error):
        release._connection.execute(statement).fetchall()
