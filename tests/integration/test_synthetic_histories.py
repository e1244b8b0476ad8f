"""A synthetic history as documents and as lake files: both ways give the same rows, and a home to build from.

What belongs here: that the two ways agree, and that the product finds in them what was put in. What does not:
what the runs are (tests/unit/synthetic).
"""

from pathlib import Path

import polars as pl
import pytest

from pipelines.extract.dump import open_dump
from pipelines.home import Home
from pipelines.night import build
from pipelines.settings import IdentityPaths, Settings
from synthetic import documents, lake_files
from synthetic.behaviours import Added, Behaviour, Between, Flaky, Removed, Renamed, Stable
from synthetic.events import OldReruns, Storms
from synthetic.examples import small_world
from synthetic.histories import History, generate
from synthetic.names import Names
from synthetic.world import World
from tests.integration.nights import (
    IDENTITY,
    ONE_PROCESS,
    Database,
    Tables,
    assert_same,
    differences,
    new_home,
    night,
    tables,
)
from warehouse.connection import open_release
from warehouse.lake import Lake
from warehouse.releases import Release

FILLED = (
    *("executions", "attempts", "steps", "state_changes", "test_days", "test_positions", "step_days"),
    *("tests", "suites", "applied_settings"),
)


def lake_of_documents(folder: Path, made: History, settings: Settings = ONE_PROCESS) -> Tables:
    dump = documents.write_dump(folder / "dump", made)
    home = new_home(folder / "documents")
    source = open_dump(dump, documents.DATABASE, IDENTITY, settings.batch_documents)
    night(home, source, settings, as_of=made.as_of)
    return tables(home)


def lake_of_files(folder: Path, made: History, *, has_steps: bool = True) -> Tables:
    lake_files.write_home(folder / "files", made, has_steps=has_steps)
    return tables(Home(folder / "files"))


def without_source_days(lake: Tables) -> Tables:
    """All tables but what was compared with the source day by day: lake files have no source."""
    return {name: rows for name, rows in lake.items() if name != "source_days"}


def built(root: Path, made: History, aliases: Path | None = None) -> Release:
    home = Home(root)
    with home.locked():
        settings = Settings(processes=1, threads=1, aliases=aliases)
        return build(home, settings, as_of=made.as_of, code_version="1.2.3")


@pytest.fixture(scope="module")
def made() -> History:
    return generate(small_world())


@pytest.fixture(scope="module")
def by_files(made: History, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return lake_of_files(tmp_path_factory.mktemp("synthetic"), made)


def test_both_ways_give_the_same_rows_of_every_table(made: History, by_files: Tables, tmp_path: Path) -> None:
    by_documents = without_source_days(lake_of_documents(tmp_path, made))
    assert_same(by_documents, without_source_days(by_files))
    assert {name for name, rows in by_documents.items() if rows.height} == set(FILLED)


def test_the_lake_holds_each_run_with_its_attempts(made: History, by_files: Tables) -> None:
    letter = pl.col("outcome").replace_strict({"passed": "P", "failed": "F", "skipped": ""})
    attempts = by_files["attempts"].sort("execution_key", "attempt_number")
    tried = attempts.group_by("execution_key").agg(letter.str.join("").alias("tried"))
    keys = Names(made).execution_keys(made.runs).alias("execution_key")
    known = made.runs.with_columns(keys).join(tried, on="execution_key")
    assert known.height == made.runs.height == by_files["executions"].height
    assert known["tried"].equals(known["attempts"])


def test_a_run_of_the_pipeline_is_an_invocation_of_each_suite(made: History, by_files: Tables) -> None:
    executions = by_files["executions"]
    suites = made.truth.select("test", "suite").unique()
    expected = made.runs.join(suites, on="test").select("invocation", "suite").n_unique()
    assert executions["invocation_key"].n_unique() == expected
    assert executions["commit_id"].n_unique() == made.invocations["commit"].n_unique()
    assert set(executions["branch"]) == set(made.invocations["branch"])


def test_the_test_before_on_the_same_host_is_found_again(made: History, by_files: Tables) -> None:
    """By pipeline, since a process may span suites, which have invocations of their own."""
    host = ("pipeline_id", "execution_agent")
    ordered = by_files["executions"].sort(*host, "started_at")
    found = ordered.select("execution_key", before=pl.col("test_key").shift().over(host))
    names = Names(made)
    keys = names.execution_keys(made.runs).alias("execution_key")
    renamed = made.truth.filter(kind="renamed")["test"].unique().implode()
    behind = pl.col("predecessor").is_not_null() & pl.col("predecessor").is_in(renamed).not_()
    known = made.runs.with_columns(keys).filter(behind).join(found, on="execution_key", maintain_order="left")
    assert known.height > 1_500
    assert known["before"].to_list() == names.tests[known["predecessor"] * 2]["test_key"].to_list()


def test_executions_say_what_they_used_where_the_world_has_it(by_files: Tables, tmp_path: Path) -> None:
    executions = by_files["executions"]
    assert executions["cpu_usage_percent"].is_between(0, 100).all()
    assert executions["cpu_usage_percent"].n_unique() > 100
    assert set(executions["resource_source"]) == {"execution"}
    bare = lake_of_files(tmp_path, generate(World(seed=2, days=1, mix={Stable(): 3})))["executions"]
    assert set(bare["resource_source"]) == set(bare["cpu_usage_percent"]) == {None}


def test_without_steps_an_execution_says_that_it_has_none(
    made: History, by_files: Tables, tmp_path: Path
) -> None:
    bare = lake_of_files(tmp_path, made, has_steps=False)
    of_steps = ("failing_step_name", "step_count", "step_source", "declared_step_count")
    assert bare["steps"].is_empty()
    assert bare["executions"].drop(of_steps).equals(by_files["executions"].drop(of_steps))
    assert set(bare["executions"]["step_source"]) == {"none"}


def test_without_rollups_all_else_is_there(made: History, by_files: Tables, tmp_path: Path) -> None:
    lake_files.write_home(tmp_path, made, has_steps=True, has_rollups=False)
    rest = tables(Home(tmp_path))
    rollups = ("test_days", "test_positions", "step_days")
    assert [name for name in by_files if by_files[name].height > rest[name].height == 0] == [*rollups]
    assert_same(*({name: lake[name] for name in lake if name not in rollups} for lake in (by_files, rest)))


def test_a_home_that_holds_a_history_is_left_alone(tmp_path: Path) -> None:
    made = generate(World(seed=2, days=1, mix={Stable(): 1}))
    generation = lake_files.write_home(tmp_path, made)
    with pytest.raises(ValueError, match="already"):
        lake_files.write_home(tmp_path, made)
    assert Lake(tmp_path / "lake").generation == generation


def test_several_projects_need_the_setting_that_names_their_path(tmp_path: Path) -> None:
    made = generate(World(seed=3, days=4, mix={Flaky(): 6}, suites=4, projects=2))
    paths = IdentityPaths(project=("execution_context.custom_properties.project",))
    one = lake_of_documents(tmp_path, made, Settings(processes=1, identity=paths))
    other = lake_of_files(tmp_path, made)
    apart = ("source_days", "applied_settings")  # which names all paths
    assert not [line for line in differences(one, other) if not line.startswith(apart)]
    assert set(one["executions"]["project"]) == {"project-00", "project-01"}


def test_a_database_holds_what_a_dump_holds(database: Database, tmp_path: Path) -> None:
    made = generate(World(seed=4, days=4, mix={Flaky(phi=0.4): 3, Renamed(change_day=2): 1}))
    documents.fill(database.client[database.name], made)
    home = new_home(tmp_path / "home")
    night(home, database.source(), as_of=made.as_of)
    assert_same(tables(home), lake_of_documents(tmp_path, made))


def test_a_home_of_lake_files_is_released_and_its_storms_are_found(tmp_path: Path) -> None:
    made = generate(World(seed=5, days=30, mix={Stable(): 40, Flaky(phi=0.2): 5}, storms=Storms(rate=0.2)))
    lake_files.write_home(tmp_path, made)
    is_calm_before = pl.col("is_storm").shift().not_()  # a storm right behind another has no baseline
    found_storms = made.invocations.filter(pl.col("is_storm") & is_calm_before)["started_at"].dt.date()
    release = built(tmp_path, made)
    with open_release(release.folder) as connection:
        rows = connection.polars("select triggered_date, is_infra_suspect, is_flaky from fct_executions")
    assert set(rows.filter("is_infra_suspect")["triggered_date"]) == set(found_storms) != set()
    assert rows.height == made.runs.height
    assert rows["is_flaky"].sum() == made.runs["attempts"].str.contains("FP", literal=True).sum()
    checks = {name: n for name, n in release.manifest.row_counts.items() if name.startswith("chk_")}
    assert set(checks.values()) == {0}


def test_proposed_renames_are_those_there_were_and_one_test_each_when_accepted(tmp_path: Path) -> None:
    mix: dict[Behaviour, int] = {
        Renamed(change_day=Between(8, 22)): 12,
        Stable(): 20,
        Added(change_day=Between(8, 22)): 6,
        Removed(change_day=Between(8, 22)): 6,
    }
    reruns = OldReruns(rate=0.2)
    made = generate(World(seed=6, days=30, mix=mix, suites=2, variants=2, old_reruns=reruns))
    lake_files.write_home(tmp_path, made)
    keys = Names(made).tests.filter(pl.col("is_used"), pl.col("test_name").str.contains("renamed"))
    former, now = (keys.filter(is_former=was)["test_key"].to_list() for was in (True, False))
    with open_release(built(tmp_path, made).folder) as connection:
        proposed = connection.query("select former_key, test_key, entry from met_alias_proposals").rows
        assert connection.query("select count(*) from dim_tests").rows == [(32 + 2 * 12,)]
    assert {row[:2] for row in proposed} == set(zip(former, now, strict=True))
    aliases = tmp_path / "aliases.toml"
    aliases.write_text("\n".join(str(row[2]) for row in proposed), encoding="utf-8")
    with open_release(built(tmp_path, made, aliases).folder) as connection:
        assert connection.query("select count(*) from dim_tests").rows == [(32 + 12,)]
        assert connection.query("from met_alias_proposals").rows == []
        rows = connection.polars("select test_key, count(*) as n from fct_executions group by all")
        origins = connection.query("select distinct origin, stated_by from ref_test_aliases").rows
    assert origins == [("proposed", "met_alias_proposals")]
    of_names = Names(made).tests_of(made.runs)["test"]
    expected = made.runs.group_by(of_names.alias("place")).len()["len"]
    assert sorted(rows["n"]) == sorted(expected)
