"""Runs in Dagster: the night of the command line, days again, drafts, and what is said when a run fails.

What belongs here: runs in this process over a small dump, and the UI once (faults). What does not: what is
declared (tests/unit/assets).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import dagster as dg
import duckdb
import polars as pl
import pytest

from assets.definitions import build_defs
from assets.sensors import tell_failed_run
from pipelines.home import Home
from pipelines.night import build, code_version
from pipelines.settings import Settings
from tests.integration.nights import AS_OF, IDENTITY, copy_of, dump_of, new_home, night, tables
from tests.integration.synthetic import Documents
from tests.integration.test_days import DAYS, silently_edited
from warehouse.lake import Lake
from warehouse.releases import current_release, list_releases
from warehouse.tables import ATTEMPTS, DAY_TABLES, EXECUTIONS

CHECKOUT: Final = Path(__file__).parents[2]
DAY_KEYS: Final = [dg.AssetKey(["lake", table.name]) for table in DAY_TABLES]


@dataclass(frozen=True, slots=True)
class Site:
    """A home, the dump it is read from, and the Dagster instance that remembers its runs."""

    home: Home
    dump: Path
    instance: dg.DagsterInstance

    @property
    def defs(self) -> dg.Definitions:
        given = {
            "home": self.home.root,
            "source": str(self.dump),
            "source_name": IDENTITY.removeprefix("name:"),
            "processes": 1,
        }
        return build_defs(given, as_of=AS_OF.isoformat())

    def nightly(self) -> dg.ExecuteInProcessResult:
        return self.defs.resolve_job_def("nightly").execute_in_process(
            instance=self.instance, raise_on_error=False
        )

    def materialize(
        self, *keys: dg.AssetKey, tags: dict[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """A selection, as the UI starts it."""
        job = self.defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            instance=self.instance, asset_selection=list(keys), tags=tags, raise_on_error=False
        )

    def release_ids(self) -> list[str]:
        return [release.release_id for release in list_releases(self.home.root)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, whole_set: Documents) -> Iterator[Site]:
    """After one night in Dagster. Look at it; change a copy."""
    folder = tmp_path_factory.mktemp("dagster")
    dump_of(folder / "dump", whole_set)
    with dg.DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        site = Site(new_home(folder / "home"), folder / "dump", instance)
        assert site.nightly().success
        yield site


@pytest.fixture
def site(tmp_path: Path, first: Site) -> Iterator[Site]:
    """Another home with the same lake and releases; its runs are its own."""
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield Site(copy_of(first.home, tmp_path / "home"), first.dump, instance)


def sentence_of(site: Site, result: dg.ExecuteInProcessResult, capfd: pytest.CaptureFixture[str]) -> str:
    """What the sensor says of a failed run."""
    assert not result.success
    context = dg.build_run_status_sensor_context(
        "tell_failed_run",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=site.instance,
        dagster_run=result.dagster_run,
    )
    capfd.readouterr()
    tell_failed_run(context.for_run_failure())
    (line,) = capfd.readouterr().err.splitlines()
    assert f" ERROR - Run {result.run_id} of " in line
    return line


def test_a_night_in_dagster_is_the_night_of_the_command_line(
    tmp_path: Path, first: Site, whole_set: Documents
) -> None:
    settings = Settings(processes=1)
    home = new_home(tmp_path / "home")
    night(home, dump_of(tmp_path / "dump", whole_set), settings)
    with home.locked():
        theirs = build(home, settings, as_of=AS_OF, code_version=code_version()).manifest
    release = current_release(first.home.root)
    assert release is not None
    assert release.manifest.row_checksums == theirs.row_checksums
    assert release.manifest.gate_verdicts == theirs.gate_verdicts != []
    assert release.manifest.lake_generation == theirs.lake_generation == 1
    assert [*(first.home.lake / "kpi_history").glob("*.parquet")]
    assert {path.suffix for path in (release.folder / "reports").iterdir()} >= {".html", ".pdf"}
    assert not [*first.home.releases.glob(".draft-*")]


def test_each_touched_day_is_told_with_its_rows(first: Site) -> None:
    counts = Lake(first.home.lake).day_counts(EXECUTIONS)
    key = dg.AssetKey(["lake", EXECUTIONS.name])
    days = {day.isoformat() for day in counts}
    assert first.instance.get_materialized_partitions(key) == days
    events = first.instance.fetch_materializations(key, limit=100).records
    told = {event.partition_key: event.asset_materialization for event in events if event.partition_key}
    rows = {day: told[day].metadata["dagster/row_count"].value for day in days if told[day]}  # type: ignore[union-attr]
    assert rows == {day.isoformat(): count for day, count in counts.items()}


def test_a_range_of_days_is_read_again_in_one_run(
    tmp_path: Path, first: Site, site: Site, whole_set: Documents
) -> None:
    edited = silently_edited(whole_set, "exec_ordinary_2_1", "exec_ordinary_3_2", "exec_ordinary_4_1")
    dump_of(tmp_path / "dump", edited)
    site = Site(site.home, tmp_path / "dump", site.instance)
    start, end = (day.isoformat() for day in DAYS)
    tags = {"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end}
    assert site.materialize(*DAY_KEYS, tags=tags).success
    former, now = tables(first.home)["executions"], tables(site.home)["executions"]
    assert set(now.join(former, on=now.columns, how="anti", nulls_equal=True)["triggered_date"]) == set(DAYS)
    for key in DAY_KEYS[:3]:
        assert site.instance.get_materialized_partitions(key) == {start, end}
    event = site.instance.get_latest_materialization_event(DAY_KEYS[0])
    assert event is not None
    assert event.asset_materialization is not None
    count = Lake(site.home.lake).day_counts(EXECUTIONS)[date.fromisoformat(end)]
    assert event.asset_materialization.metadata["dagster/row_count"].value == count
    assert site.release_ids() == first.release_ids()


def test_a_metric_alone_is_a_draft(first: Site, site: Site) -> None:
    assert site.materialize(dg.AssetKey("met_pass_rate_daily")).success
    (draft,) = site.home.releases.glob(".draft-*")
    assert site.release_ids() == first.release_ids()
    release = current_release(site.home.root)
    assert release is not None
    assert rows_of(draft) == rows_of(release.folder)
    with duckdb.connect(str(draft / "warehouse.duckdb"), read_only=True) as connection:
        comment = connection.execute(
            "select comment from duckdb_columns() "
            "where table_name = 'met_pass_rate_daily' and column_name = 'bucket_date'"
        ).fetchone()
        checks = connection.execute("select check_name from data_quality_results").fetchall()
        assert not connection.execute("from duckdb_tables() where table_name = 'release_info'").fetchall()
    assert comment
    assert comment[0]
    assert checks == [("chk_counts_add_up",)]


def rows_of(folder: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute("from met_pass_rate_daily order by all").fetchall()


def test_a_breached_check_publishes_nothing_and_is_told(
    first: Site, site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(site.home.lake)
    attempts = lake.scan(ATTEMPTS).collect()
    orphan = attempts.head(1).with_columns(pl.lit("nobody").alias("execution_key"))
    day = orphan["triggered_date"][0]
    of_day = attempts.filter(pl.col("triggered_date") == day)
    lake.replace_days(ATTEMPTS, [day], pl.concat([of_day, orphan]))
    lake.commit(lake.generation.watermarks, lake.generation.source, AS_OF)
    result = site.nightly()
    said = sentence_of(site, result, capfd)
    assert "blocking checks were breached (chk_child_rows_have_an_execution: 1 rows)" in said
    assert "step models" in said
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert "chk_child_rows_have_an_execution" in {one.check_name for one in failed if one.blocking}
    assert site.release_ids() == first.release_ids()
    with site.home.locked():  # free again after a run that failed
        assert [*site.home.releases.glob(".draft-*")]


def test_a_release_of_some_models_is_refused(
    first: Site, site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    some = site.materialize(*(dg.AssetKey(name) for name in ("dim_tests", "gate_verdicts", "release")))
    assert "materialise all of them in the same run" in sentence_of(site, some, capfd)
    alone = site.materialize(dg.AssetKey("release"))
    assert "builds no draft" in sentence_of(site, alone, capfd)
    assert site.release_ids() == first.release_ids()


def test_a_home_in_use_is_told(first: Site, capfd: pytest.CaptureFixture[str]) -> None:
    with first.home.locked():
        said = sentence_of(first, first.materialize(dg.AssetKey("nightly_report")), capfd)
    assert "is in use by process" in said


@pytest.mark.faults
def test_the_ui_opens_on_the_home(tmp_path: Path, first: Site) -> None:
    """As `make dev`; one look at the page and one at what it knows, then the server is ended."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    shutil.copy(CHECKOUT / "dagster.yaml", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster", "dev", "-m", "assets.definitions", "--port", str(port)]
    environment = {**os.environ, "DAGSTER_HOME": str(folder), "EXR_HOME": str(first.home.root)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True) as server:
        try:
            assert b"Dagster" in fetched(f"http://127.0.0.1:{port}/", server)
            query = json.dumps({"query": "{ assetNodes { assetKey { path } groupName isPartitioned } }"})
            answer = json.loads(fetched(f"http://127.0.0.1:{port}/graphql", server, query.encode()))
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)  # it leads a group of its own
                raise
    nodes = {"/".join(node["assetKey"]["path"]): node for node in answer["data"]["assetNodes"]}
    assert nodes["lake/executions"]["isPartitioned"]
    assert nodes["fct_executions"]["groupName"] == "marts"
    assert not [*folder.rglob("*telemetry*")]


def fetched(url: str, server: "subprocess.Popen[bytes]", body: bytes | None = None) -> bytes:
    """The answer, as soon as there is one."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return bytes(answer.read())
        except OSError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.3)
