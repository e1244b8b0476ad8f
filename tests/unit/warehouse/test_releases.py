"""A release is built aside, published in one step, immutable; whatever is killed, `current` is whole."""

import errno
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.analysis.tables import ANALYSES
from tests.unit.warehouse.model_files import CHECK, FACT, STAGING, write_models
from warehouse import release_info
from warehouse.checksums import RowSum, row_sums
from warehouse.connection import ReleaseConnection, open_release
from warehouse.errors import DataError, StorageError, UsageError
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy, default_parameters
from warehouse.releases import (
    build_release,
    current_release,
    find_release,
    list_releases,
)
from warehouse.requests import BuildRequest, LakeFiles
from warehouse.tables import TESTS

AS_OF = datetime(2026, 8, 22, 19, 50, 58, tzinfo=UTC)


class Killed(BaseException):
    """Stands for a SIGKILL: nothing catches it."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lake = Lake(tmp_path / "lake")
    days = {"first_seen_at": AS_OF, "last_seen_at": AS_OF, "is_archived": False, "tags": [], "item_keys": []}
    rows = [{"test_key": key, "test_name": name, **days} for key, name in (("a", "One"), ("b", "Two"))]
    lake.replace_table(TESTS, pl.concat([TESTS.empty(), pl.DataFrame(rows)], how="diagonal_relaxed"))
    lake.commit({}, source="dump", as_of=AS_OF)
    return tmp_path


@pytest.fixture
def request_(home: Path) -> BuildRequest:
    lake = Lake(home / "lake")
    root = write_models(home, staging=STAGING, marts=FACT)
    return BuildRequest(LakeFiles.of(lake, lake.generation), AS_OF, "1.2.3", BuildPolicy(), sql_root=root)


def test_a_release_says_what_it_is(home: Path, request_: BuildRequest) -> None:
    release = build_release(home, request_)
    manifest = release.manifest
    assert release.release_id == "20260822T195058Z-g1"
    assert (manifest.as_of, manifest.code_version, manifest.lake_generation) == (AS_OF, "1.2.3", 1)
    assert manifest.row_counts["fct_things"] == 2
    assert manifest.row_counts.keys() == manifest.row_checksums.keys()
    assert all((home / path).is_file() for paths in manifest.lake_files.values() for path in paths)
    assert manifest.lake_files["tests"]
    with open_release(release.folder) as connection:
        info = connection.query("select release_id, as_of, lake_generation, source from release_info").rows
        assert connection.query("select count(*) from duckdb_views() where not internal").rows == [(0,)]
    assert info == [("20260822T195058Z-g1", AS_OF, 1, "dump")]


def test_every_table_and_column_of_the_shipped_models_explains_itself(
    home: Path, request_: BuildRequest
) -> None:
    shipped = BuildRequest(request_.lake, AS_OF, "1.2.3", BuildPolicy(), analyses=ANALYSES)
    with open_release(build_release(home, shipped).folder) as connection:
        for kind in ("tables", "columns"):
            silent = f"select * from duckdb_{kind}() where comment is null and not internal"
            assert connection.query(silent).rows == []
        assert connection.query("select key, name from (select test_key as key, name from dim_tests)").rows


def test_current_names_the_release_in_file_and_symlink(home: Path, request_: BuildRequest) -> None:
    assert current_release(home) is None
    release = build_release(home, request_)
    assert current_release(home) == release == find_release(home)
    assert (home / "current").readlink() == Path("releases/20260822T195058Z-g1")
    assert json.loads((home / "current.json").read_text())["release_id"] == release.release_id


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"path": 5}', '{"path": null}', '{"path": "releases/x"}'])
def test_a_broken_current_file_is_named(home: Path, text: str) -> None:
    (home / "current.json").write_text(text)
    with pytest.raises(DataError, match=r"cannot be read .*\.$"):
        current_release(home)


@pytest.mark.parametrize(
    "change",
    [
        {"row_counts": None},
        {"row_counts": []},
        {"row_counts": {}},
        {"row_counts": {"fct_things": "2"}},
        {"row_checksums": []},
        {"release_id": 5},
        {"as_of": "2026-08-22"},
        {"as_of": None},
        {"lake_generation": True},
        {"source": 1},
        {"lake_files": {"tests": "path"}},
        {"gate_verdicts": [1]},
        {"of_a_later_version": 1},
    ],
)
def test_a_manifest_with_wrong_types_is_named(
    home: Path, request_: BuildRequest, change: dict[str, object]
) -> None:
    path = build_release(home, request_).folder / "manifest.json"
    content = json.loads(path.read_text())
    path.chmod(0o644)
    path.write_text(json.dumps(content | change))
    with pytest.raises(DataError, match=r"manifest\.json cannot be read as a manifest .*\.$"):
        current_release(home)


def test_files_of_a_release_cannot_be_written(home: Path, request_: BuildRequest) -> None:
    release = build_release(home, request_)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in release.folder.iterdir()}
    assert files == {"warehouse.duckdb": 0o444, "manifest.json": 0o444}


def test_the_same_night_twice_gives_two_releases_with_the_same_rows(
    home: Path, request_: BuildRequest
) -> None:
    first, second = build_release(home, request_), build_release(home, request_)
    assert second.release_id == "20260822T195058Z-g1-2"
    assert current_release(home) == second
    changed = {
        table
        for table, checksum in first.manifest.row_checksums.items()
        if checksum != second.manifest.row_checksums[table]
    }
    assert changed == {"release_info"}


def test_another_row_gives_another_checksum(home: Path, request_: BuildRequest) -> None:
    first = build_release(home, request_)
    text = FACT.replace("        test_name\n", "        upper(test_name) as test_name\n")
    second = build_release(home, replace(request_, sql_root=write_models(home, marts=text)))
    assert first.manifest.row_checksums["fct_things"] != second.manifest.row_checksums["fct_things"]
    assert first.manifest.row_checksums["ref_outcomes"] == second.manifest.row_checksums["ref_outcomes"]


def test_a_checksum_is_of_columns_and_rows_in_any_order_and_of_one_table_alone() -> None:
    tables = {
        "plain": "select * from (values (1, 'a'), (2, null)) as given (number, word)",
        "turned": "select * from (values (2, null), (1, 'a')) as given (number, word)",
        "renamed": "select number, word as text from plain",
        "wider": "select number::bigint as number, word from plain",
        "twice": "from plain union all from plain",
        "swapped": "select word, number from plain",
        "empty": "from plain limit 0",
        "empty_swapped": "from swapped limit 0",
    }
    with duckdb.connect(":memory:") as connection:
        for name, query in tables.items():
            connection.execute(f"create table {name} as {query}")
        sums = row_sums(connection, list(tables))
        assert sums == {name: row_sums(connection, [name])[name] for name in tables}
    assert {name: each.row_count for name, each in sums.items()} == dict.fromkeys(tables, 2) | {
        "twice": 4,
        "empty": 0,
        "empty_swapped": 0,
    }
    assert sums["plain"] == sums["turned"]
    assert len({each.checksum for each in sums.values()}) == len(tables) - 1


def test_a_draft_waits_for_no_disk_until_it_is_whole(
    home: Path, request_: BuildRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "select current_setting('fsync_mode'), current_setting('enable_optimizer')"
    seen: list[object] = []

    def judge(connection: ReleaseConnection) -> list[dict[str, object]]:
        seen.extend(connection.query(settings).rows)
        return []

    def summed(connection: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, RowSum]:
        seen.extend(connection.execute(settings).fetchall())
        return row_sums(connection, names)

    monkeypatch.setattr(release_info, "row_sums", summed)
    build_release(home, request_, judge=judge)
    assert seen == [("NONE", True), ("STANDARD", True)]


def test_releases_are_listed_in_order(home: Path, request_: BuildRequest) -> None:
    for hours in (2, 1, 1, 0):
        build_release(home, replace(request_, as_of=AS_OF - timedelta(hours=hours)))
    for generation in (10, 2):
        build_release(home, replace(request_, lake=replace(request_.lake, generation=generation)))
    (home / "releases" / "notes").mkdir()
    assert [release.release_id for release in list_releases(home)] == [
        "20260822T175058Z-g1",
        "20260822T185058Z-g1",
        "20260822T185058Z-g1-2",
        "20260822T195058Z-g1",
        "20260822T195058Z-g2",
        "20260822T195058Z-g10",
    ]


def test_a_breached_check_leaves_the_current_release(home: Path, request_: BuildRequest) -> None:
    good = build_release(home, request_)
    strict = CHECK.replace("test_name = ''", "test_name = 'Two'")
    with pytest.raises(DataError, match="chk_names_are_given: 1 rows"):
        build_release(home, replace(request_, sql_root=write_models(home, checks=strict)))
    assert current_release(home) == good
    assert [path.name for path in (home / "releases").glob(".draft-*")]


def test_leftover_drafts_are_removed(home: Path, request_: BuildRequest) -> None:
    leftover = home / "releases" / ".draft-old"
    leftover.mkdir(parents=True)
    (leftover / "warehouse.duckdb").write_text("half")
    build_release(home, request_)
    assert not list((home / "releases").glob(".draft-*"))


@pytest.mark.parametrize("release_id", ["20200101T000000Z-g1", "../lake", ".draft-x"])
def test_an_unknown_release_is_named(home: Path, request_: BuildRequest, release_id: str) -> None:
    build_release(home, request_)
    with pytest.raises(UsageError, match="exr releases"):
        find_release(home, release_id)


def test_a_home_without_a_release_says_what_to_do(home: Path) -> None:
    with pytest.raises(UsageError, match="exr nightly"):
        find_release(home)


def test_a_full_disk_is_a_storage_error(
    home: Path, request_: BuildRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = build_release(home, request_)

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="free space"):
        build_release(home, request_)
    monkeypatch.undo()
    assert current_release(home) == good


STEPS = ["rename", "replace", "symlink", "chmod", "fsync", "unlink", "mkdir"]


def kill_at(number: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on the number-th change of the file system kills; returns what was changed before."""
    done: list[str] = []

    def guarded(name: str, change: Callable[..., object]) -> Callable[..., object]:
        def act(*given: object, **named: object) -> object:
            if len(done) == number:
                raise Killed
            done.append(name)
            return change(*given, **named)

        return act

    for name in STEPS:
        monkeypatch.setattr(os, name, guarded(name, getattr(os, name)))
    return done


def test_killed_at_any_step_the_current_release_is_complete(
    home: Path, request_: BuildRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = build_release(home, request_)
    steps = 0
    while True:
        with monkeypatch.context() as patch:
            done = kill_at(steps, patch)
            try:
                build_release(home, request_)
            except Killed:
                pass
            else:
                break
        steps += 1
        found = current_release(home)
        assert found is not None
        assert found == good or done.count("replace") >= 1
        assert (home / "current" / "manifest.json").is_file()
        with open_release(found.folder) as connection:
            assert connection.query("select count(*) from fct_things").rows == [(2,)]
        good = found
    assert steps > 10
    assert not list((home / "releases").glob(".draft-*"))


def test_as_of_in_another_zone_names_the_same_release(home: Path, request_: BuildRequest) -> None:
    local = AS_OF.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    assert build_release(home, replace(request_, as_of=local)).release_id == "20260822T195058Z-g1"


def test_the_policy_is_named_by_its_hash() -> None:
    plain, other = BuildPolicy(), BuildPolicy(parameters=replace(default_parameters(), history_days=61))
    assert plain.params_hash == BuildPolicy().params_hash != other.params_hash
    late = datetime(2026, 8, 22, 23, tzinfo=UTC)
    assert BuildPolicy(time_zone="Europe/Berlin").variables(late)["as_of_date"] == date(2026, 8, 23)
