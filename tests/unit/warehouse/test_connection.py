"""A release can be read and nothing else: what is refused, what is passed, and in which zone it answers."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from warehouse.connection import MOST_THREADS, ReleaseConnection, open_build, open_release
from warehouse.errors import StorageError, UsageError

HOSTILE = [
    "copy (select 1) to '{folder}/out.csv'",
    "copy results to '{folder}/warehouse.duckdb'",
    "copy results from '{secret}'",
    "explain analyze copy results to '{folder}/out.csv'",
    "explain analyze select 1",
    "explain (analyze) select 1",
    "/* a */ explain -- b\n analyze select 1",
    "explain copy results to '{folder}/out.csv'",
    "export database '{folder}/export'",
    "import database '{folder}'",
    "attach '{folder}/other.duckdb' as other",
    "attach ':memory:' as other",
    "detach release",
    "use memory",
    "create table stolen as select 1",
    "create temp table stolen as select 1",
    "create macro stolen() as 1",
    "create secret stolen (type s3)",
    "insert into results values (2)",
    "with new_rows as (insert into results values (2) returning a) select * from new_rows",
    "update results set a = 2",
    "delete from results",
    "drop table results",
    "comment on table results is 'mine'",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset temp_directory",
    "set memory_limit = '1TB'",
    "pragma enable_profiling",
    "call pragma_version()",
    "install httpfs",
    "load httpfs",
    "update extensions",
    "checkpoint",
    "prepare stolen as select 1",
    "begin",
    "select 1; copy (select 1) to '{folder}/out.csv'",
    "select * from read_csv('{secret}')",
    "select * from read_text('{secret}')",
    "select * from read_blob('{secret}')",
    "select * from read_json('{secret}')",
    "select * from read_parquet('{secret}')",
    "select * from sniff_csv('{secret}')",
    "select * from parquet_metadata('{secret}')",
    "select * from glob('{folder}/*')",
    "select * from '{secret}'",
    "select * from query('copy results to ''{folder}/out.csv''')",
    "select * from read_duckdb('{folder}/another.duckdb')",
    "select * from enable_logging(storage = 'file', storage_config = {{'path': '{folder}/log'}})",
    "select * from python_variable",
    "select getenv('HOME')",
    "selec 1",
    "",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.csv").write_text("word\nhidden\n")
    for name in ("warehouse.duckdb", "another.duckdb"):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute("create table results as select 1 as a")
    return tmp_path


@pytest.fixture
def release(folder: Path) -> Iterator[ReleaseConnection]:
    with open_release(folder) as connection:
        yield connection


def state_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("statement", HOSTILE)
def test_hostile_statement_is_refused_and_writes_nothing(
    folder: Path, release: ReleaseConnection, statement: str
) -> None:
    python_variable = pl.DataFrame({"word": ["hidden"]})
    before = state_of(folder)
    with pytest.raises(UsageError, match=r"\.$") as refusal:
        release.query(statement.format(folder=folder, secret=folder / "secret.csv"))
    assert "\n" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)
    assert state_of(folder) == before
    assert release.query("select a from results").rows == [(1,)]
    assert python_variable.height == 1


@pytest.mark.parametrize("way", ["arrow", "polars"])
@pytest.mark.parametrize("statement", ["copy results to '{folder}/out.csv'", "from '{secret}'", "selec 1"])
def test_frames_are_refused_in_the_same_way(
    folder: Path, release: ReleaseConnection, way: str, statement: str
) -> None:
    with pytest.raises(UsageError, match=r"\.$"):
        getattr(release, way)(statement.format(folder=folder, secret=folder / "secret.csv"))


def test_select_with_parameters_gives_rows_and_names(release: ReleaseConnection) -> None:
    result = release.query("select a, a + ? as more from results", [2])
    assert (result.columns, result.rows) == (("a", "more"), [(1, 3)])


def test_set_variable_and_plain_explain_are_passed(release: ReleaseConnection) -> None:
    release.query("set variable floor = 1")
    assert release.query("select a from results where a >= getvariable('floor')").rows == [(1,)]
    assert release.query("-- why\nexplain select a from results").rows


@pytest.mark.parametrize("query", ["from results", "with x as (select a from results) select a from x"])
def test_other_forms_of_select_are_passed(release: ReleaseConnection, query: str) -> None:
    assert release.query(query).rows == [(1,)]


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
