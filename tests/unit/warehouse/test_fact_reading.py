"""Whoever reads facts from the lake reaches the files of the release and no other; a wrong file is named."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.reports.report_rows import AS_OF, execution, frame_of
from tests.unit.warehouse.fact_homes import AS_VIEWS, FACT_NAMES, FACT_TABLES, files_of, home_of, released
from warehouse.connection import ReleaseConnection, open_release
from warehouse.errors import DataError, UsageError
from warehouse.fact_reading import OfferedFacts
from warehouse.generations import Generation
from warehouse.lake import Lake
from warehouse.releases import Release, find_release
from warehouse.tables import ATTEMPTS, EXECUTIONS, STEPS, TESTS

REFUSED = [
    "from read_parquet('{other}')",
    "from '{other}'",
    "from read_blob('{other}')",
    "from read_parquet('{lake}/steps/*/*.parquet')",
    "from read_text('{lake}/people')",
    "from read_text('{lake}/generation.json')",
    "from read_text('{home}/current.json')",
    "from read_csv('{beside}')",
    "from read_text('{beside}')",
    "from read_text('/etc/passwd')",
    "from glob('{lake}/*')",
    "from glob('{lake}/steps/*/*')",
    "from read_duckdb('{home}/another.duckdb')",
    "copy (select 1) to '{allowed}'",
    "copy (select 1) to '{allowed}' (format parquet, use_tmp_file false)",
    "copy fct_steps to '{allowed}' (format parquet)",
    "explain analyze copy (select 1) to '{allowed}' (use_tmp_file false)",
    "copy (select 1) to '{home}/new.csv'",
    "with more as (copy (select 1) to '{allowed}' (format csv, use_tmp_file false)) from more",
    "with more as (copy fct_steps to '{database}' (format csv, use_tmp_file false)) from more",
    "with more as (copy (select 1) to '{database}.wal') from more",
    "select (with more as (copy (select 1) to '{allowed}' (format csv, use_tmp_file false)) from more)",
    (
        "from json_execute_serialized_sql(json_serialize_sql('with more as (copy (select 1) to ''{allowed}'' "
        "(format csv, use_tmp_file false)) from more'))"
    ),
    "from query('from json_execute_serialized_sql(json_serialize_sql(''select 1''))')",
    "from duckdb_secrets()",
    "copy fct_steps from '{beside}'",
    "attach '{allowed}' as other",
    "attach '{home}/another.duckdb' as other",
    "create or replace temp view fct_steps as select 1",
    "drop view fct_steps",
    "comment on view fct_steps is 'mine'",
    "set allowed_paths = ['/etc/passwd']",
    "set allowed_directories = ['/etc']",
    "reset allowed_paths",
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose release is read only; tests that damage it take a copy."""
    home = home_of(tmp_path_factory.mktemp("home"))
    released(home, AS_VIEWS)
    (home / "lake" / "people").write_text("a name")
    (home / "beside.csv").write_text("word\na name\n")
    shutil.copyfile(find_release(home).database, home / "another.duckdb")
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "copy", symlinks=True)


@pytest.fixture(scope="module")
def reader(template: Path) -> Iterator[ReleaseConnection]:
    with open_release(find_release(template).folder) as connection:
        yield connection


def state_of(folder: Path) -> dict[Path, tuple[int, int]]:
    files = (path.stat() for path in sorted(folder.rglob("*")) if path.is_file())
    return {Path(str(number)): (stat.st_size, stat.st_mtime_ns) for number, stat in enumerate(files)}


def facts_of(home: Path) -> dict[str, list[tuple[object, ...]]]:
    with open_release(find_release(home).folder) as connection:
        return {name: connection.query(f"from {name} order by all").rows for name in FACT_NAMES}


@pytest.mark.parametrize("statement", REFUSED)
def test_no_other_file_is_read_and_none_is_written(
    template: Path, reader: ReleaseConnection, statement: str
) -> None:
    places = {
        "home": template,
        "lake": template / "lake",
        "other": files_of(template, TESTS)[0],
        "allowed": files_of(template, STEPS)[0],
        "beside": template / "beside.csv",
        "database": find_release(template).database,
    }
    before = state_of(template)
    with pytest.raises(UsageError, match=r"\.$") as refusal:
        reader.query(statement.format(**places))
    assert "a name" not in str(refusal.value)
    assert state_of(template) == before
    assert reader.query("select count(*) > 0 from fct_steps").rows == [(True,)]


def test_what_may_be_read_is_the_files_of_the_facts_and_the_release(
    template: Path, reader: ReleaseConnection
) -> None:
    found = reader.query("select unnest(current_setting('allowed_paths'))").rows
    database = find_release(template).database
    assert {str(row[0]) for row in found if not str(row[0]).startswith(f"{database}")} == {
        str(file) for table in FACT_TABLES for file in files_of(template, table)
    }


def test_a_home_can_be_moved_and_its_release_named_in_other_ways(template: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(template, tmp_path / "a home, it's * new?", symlinks=True)
    assert facts_of(moved) == facts_of(template)
    for place in (moved / "current", find_release(moved).database):
        with open_release(place) as connection:
            assert connection.query("select count(*) > 0 from fct_attempts").rows == [(True,)]


def remove(file: Path) -> None:
    file.unlink()


def append(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")


def overwrite(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(b"x" * file.stat().st_size)


def replace_with_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = [remove, append, overwrite, replace_with_a_folder]


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("number", [0, -1])
def test_a_file_that_is_not_as_it_was_is_named_and_tables_can_be_read(
    home: Path, damage: Callable[[Path], None], number: int, is_open: bool
) -> None:
    file = files_of(home, STEPS)[number]
    if not is_open:
        damage(file)
    with open_release(find_release(home).folder) as connection:
        if is_open:
            damage(file)
        with pytest.raises(DataError, match=r"or run `exr build` for a new release\.$") as refusal:
            connection.query("select max(step_name) from fct_steps")
        assert str(file) in str(refusal.value)
        assert "20260331T120000Z-g1" in str(refusal.value)
        assert "\n" not in str(refusal.value)
        with pytest.raises(DataError):
            connection.polars("from Fct_Steps")
        assert connection.query("select count(*) > 0 from met_kpis_nightly").rows == [(True,)]


def test_a_wrong_query_is_the_users_matter(template: Path, reader: ReleaseConnection) -> None:
    file = files_of(template, STEPS)[0]
    for query in ("select nothing from fct_steps", f"from fct_steps, read_json('{file}')"):
        with pytest.raises(UsageError):
            reader.query(query)


Change = Callable[[dict[str, Any]], object]
WRITTEN = "select 1; copy (select 1) to '{place}'"
MANIFESTS: list[Change] = [
    lambda content: content.update(fact_views=None),
    lambda content: content.pop("fact_views"),
    lambda content: content.update(fact_views=[]),
    lambda content: content["fact_views"].pop("views"),
    lambda content: content["fact_views"]["views"][0].update(name="a b"),
    lambda content: content["fact_views"]["views"][0].update(query=5),
    lambda content: content["fact_views"]["views"][0].update(lake_tables={"lake_tests": "tests"}),
    lambda content: content["fact_views"]["scans"].pop("steps"),
    lambda content: content["fact_views"]["scans"]["steps"]["file_sizes"].pop(),
    lambda content: content["lake_files"]["steps"].pop(),
    lambda content: content["lake_files"]["steps"].append("/etc/passwd"),
    lambda content: content["lake_files"]["steps"].__setitem__(0, "/etc/passwd"),
    lambda content: content["lake_files"]["steps"].__setitem__(0, "lake/../../secret"),
    lambda content: content["fact_views"]["scans"].update(tests=content["fact_views"]["scans"]["steps"]),
    lambda content: content["fact_views"]["scans"]["steps"].update(columns={}),
    lambda content: content["fact_views"]["scans"]["steps"].update(columns=["step_key"]),
    lambda content: content["fact_views"]["scans"]["steps"]["columns"].update({"1 as a": "DATE"}),
    lambda content: content["fact_views"]["scans"]["steps"]["columns"].update(step_key="DATE as b"),
    lambda content: content["fact_views"]["scans"]["steps"].update(partition="step_key"),
    lambda content: content["fact_views"]["scans"]["steps"].update(partition="a: DATE}), (select 1"),
    lambda content: content["fact_views"]["scans"]["steps"].pop("partition"),
    lambda content: content["fact_views"]["views"][0].update(name="met_kpis_nightly"),
    lambda content: content["fact_views"]["views"][0]["lake_tables"].update({"a as (from b), c": "steps"}),
    lambda content: content["fact_views"]["views"][0]["lake_tables"].update(dim_tests="steps"),
    lambda content: content["fact_views"]["views"][0]["column_comments"].update({"a is 'b'; --": "c"}),
    lambda content: content["fact_views"]["macros"].append("create temp macro a() as 1"),
    lambda content: content["fact_views"]["macros"].append(macro(name="a b")),
    lambda content: content["fact_views"]["macros"].append(macro(parameters=["a) as 1; --"])),
    lambda content: content["fact_views"]["macros"].append(macro(definition=1)),
]


def macro(**changes: object) -> dict[str, object]:
    return {"name": "a", "parameters": ["b"], "definition": "b"} | changes


PATHS = [
    "lake/people",
    "lake/steps/people",
    "lake/steps/../people.parquet",
    "lake//steps/a.parquet",
    "./lake/steps/a.parquet",
    "lake/tests/a.parquet",
    "lake/executions/triggered_date=2026-03-30/a.parquet",
    "lake/steps/outcome=passed/a.parquet",
    "lake/steps/triggered_date=2026-03-30/outcome=passed/a.parquet",
    "lake/steps/link/a.parquet",
    "lake/steps/triggered_date=2026-03-30/link.parquet",
    "beside.csv",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_manifest_names_no_file_but_those_of_its_table(home: Path, path: str) -> None:
    day = home / "lake" / "steps" / "triggered_date=2026-03-30"
    (home / "lake" / "steps" / "link").symlink_to(home)
    (day / "link.parquet").symlink_to(home / "beside.csv")
    rewrite_manifest(find_release(home), lambda content: content["lake_files"]["steps"].__setitem__(0, path))
    with pytest.raises(DataError, match="which is no file of the lake table steps; ") as refusal:
        open_release(home / "current")
    assert "a name" not in str(refusal.value)


@pytest.mark.parametrize("change", MANIFESTS)
def test_a_manifest_that_offers_no_facts_or_leads_elsewhere_is_named(home: Path, change: Change) -> None:
    rewrite_manifest(find_release(home), change)
    with pytest.raises(DataError, match=r"\.$") as refusal:
        open_release(home / "current")
    assert "manifest" in str(refusal.value)


def test_a_missing_manifest_is_named(home: Path) -> None:
    (find_release(home).folder / "manifest.json").unlink()
    with pytest.raises(DataError, match="manifest"):
        open_release(home / "current")


@pytest.mark.parametrize(
    "statement",
    [
        "select 1); copy (select 1) to '{place}'; select (1",
        "copy (select 1) to '{place}'",
        "with more as (copy (select 1) to '{place}') from more",
        "with more as (copy (select 1) to '{allowed}' (format csv, use_tmp_file false)) from more",
        (
            "from json_execute_serialized_sql(json_serialize_sql('with more as (copy (select 1) "
            "to ''{allowed}'' (format csv, use_tmp_file false)) from more'))"
        ),
        "from query('select 1')",
        "select 1; select 2",
        "attach '{place}' as other",
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('{beside}')",
    ],
)
def test_a_manifest_can_neither_write_nor_read_elsewhere(home: Path, statement: str) -> None:
    place = home / "written.csv"
    allowed = files_of(home, STEPS)[0]
    text = statement.format(place=place, beside=home / "beside.csv", allowed=allowed)
    before, manifest = allowed.read_bytes(), (find_release(home).folder / "manifest.json").read_text()
    changes: list[Change] = [
        lambda content: content["fact_views"]["views"][0].update(query=text, lake_tables={}),
        lambda content: content["fact_views"]["views"][0].update(query=text),
        lambda content: content["fact_views"]["macros"].append(macro(definition=f"({text})")),
        lambda content: content["fact_views"]["macros"].append(macro(definition=text)),
    ]
    for change in changes:
        rewrite_manifest(find_release(home), lambda content: content.update(json.loads(manifest)))
        rewrite_manifest(find_release(home), change)
        with open_release(home / "current") as connection:
            with pytest.raises(DataError, match="cannot be read from the lake"):
                connection.query("from fct_executions")
            assert connection.query("select count(*) from release_info").rows == [(1,)]
    assert not place.exists()
    assert allowed.read_bytes() == before


@pytest.mark.parametrize(
    "kept",
    [
        "create view kept as from json_execute_serialized_sql('{text}')",
        "create macro kept() as table from json_execute_serialized_sql('{text}')",
        "create macro support.kept() as 1",
    ],
)
def test_a_release_that_keeps_a_view_or_macro_is_refused(home: Path, kept: str) -> None:
    database = find_release(home).database
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        row = connection.execute("select json_serialize_sql('select 1')").fetchone()
        assert row
        connection.execute(kept.format(text=row[0]))
    with pytest.raises(DataError, match="the view or macro kept"):
        open_release(home / "current")


def test_no_fact_is_read_where_the_path_of_the_home_would_change_columns(
    template: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(template, tmp_path / "outcome=passed" / "home", symlinks=True)
    with pytest.raises(UsageError) as of_reader:
        open_release(moved / "current")
    with pytest.raises(UsageError, match="holds '='; choose a home folder without it") as of_writer:
        Lake(moved / "lake")
    assert str(of_reader.value) == str(of_writer.value)


def test_a_release_that_lies_in_no_home_is_named() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema support")
        with pytest.raises(DataError, match="/mnt lies in none; open it where"):
            OfferedFacts.of(connection, Path("/mnt"))


def test_a_lake_may_lie_on_another_disk(home: Path, tmp_path: Path) -> None:
    before = facts_of(home)
    (home / "lake").rename(tmp_path / "disk")
    (home / "lake").symlink_to(tmp_path / "disk")
    assert facts_of(home) == before


def test_a_vacuum_keeps_what_a_kept_manifest_names(home: Path) -> None:
    release, before = find_release(home), facts_of(home)
    lake = Lake(home / "lake")
    day = AS_OF.date() - timedelta(days=1)
    row = execution("later", day)
    lake.replace_days(EXECUTIONS, {day}, frame_of(EXECUTIONS, [row]))
    lake.replace_days(ATTEMPTS, {day}, frame_of(ATTEMPTS, [{**row, "attempt_number": 1}]))
    lake.commit({}, source="dump:tiny", as_of=AS_OF)
    manifest = release.manifest
    lake.vacuum([Generation(manifest.lake_generation, manifest.lake_versions)])
    assert facts_of(home) == before
    assert lake.vacuum([]) == 2
    with pytest.raises(DataError, match="cannot be found"):
        facts_of(home)


def rewrite_manifest(release: Release, change: Change) -> None:
    path = release.folder / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.chmod(0o644)
    path.write_text(json.dumps(content))
