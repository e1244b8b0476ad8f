"""What Dagster is told: every table, model and check is there, with what it reads; loading needs nothing.

What belongs here: specs of assets, checks, jobs, schedules, sensors. What does not: running them
(tests/integration/test_dagster.py).
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

import dagster as dg
import pytest

from assets.definitions import build_defs
from pipelines.home import Home
from tests.unit.gates.homes import executions, home_of
from warehouse.models import LAKE_PREFIX, load_models
from warehouse.tables import DAY_TABLES, HISTORY_TABLES, WHOLE_TABLES

Spec = tuple[str, str | None, list[str]]

FIRST_DAY: Final = "2000-01-01"
MODELS: Final = load_models()
BUILT: Final = [model for model in MODELS if model.severity is None]
KEPT: Final = sorted(model.name for model in BUILT if model.folder in ("marts", "analysis", "metrics"))

LAKE: Final[dict[str, Spec]] = {
    "lake/executions": ("lake", FIRST_DAY, []),
    "lake/attempts": ("lake", FIRST_DAY, []),
    "lake/steps": ("lake", FIRST_DAY, []),
    "lake/state_changes": ("lake", FIRST_DAY, []),
    "lake/test_days": ("lake", FIRST_DAY, []),
    "lake/test_positions": ("lake", FIRST_DAY, []),
    "lake/step_days": ("lake", FIRST_DAY, []),
    **{f"lake/{table.name}": ("lake", None, []) for table in (*WHOLE_TABLES, *HISTORY_TABLES)},
}
AFTER_MODELS: Final[dict[str, Spec]] = {
    "gate_verdicts": ("release", None, KEPT),
    "release": ("release", None, ["gate_verdicts"]),
    "nightly_report": ("release", None, ["release"]),
}


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_defs({"home": tmp_path_factory.mktemp("definitions") / "home"})


def specs(defs: dg.Definitions) -> dict[str, Spec]:
    found = {}
    for spec in defs.resolve_all_asset_specs():
        days = spec.partitions_def
        first = days.start.date().isoformat() if isinstance(days, dg.DailyPartitionsDefinition) else None
        deps = sorted(dep.asset_key.to_user_string() for dep in spec.deps)
        found[spec.key.to_user_string()] = (spec.group_name or "", first, deps)
    return found


def expected_model(inputs: tuple[str, ...], folder: str) -> Spec:
    names = {model.name for model in BUILT}
    lake = [f"lake/{name.removeprefix(LAKE_PREFIX)}" for name in inputs if name.startswith(LAKE_PREFIX)]
    return folder, None, sorted([*lake, *(name for name in inputs if name in names)])


def test_the_assets_are_these(defs: dg.Definitions) -> None:
    models = {model.name: expected_model(model.inputs, model.folder) for model in BUILT}
    assert specs(defs) == LAKE | models | AFTER_MODELS


def test_every_table_with_days_is_partitioned() -> None:
    assert [key for key, (_, first, _) in LAKE.items() if first] == [
        f"lake/{table.name}" for table in DAY_TABLES
    ]


def test_every_asset_explains_itself_and_reads_what_is_there(defs: dg.Definitions) -> None:
    found = specs(defs)
    assert not [key for key, (_, _, deps) in found.items() if not set(deps) <= found.keys()]
    assert not [spec.key for spec in defs.resolve_all_asset_specs() if not spec.description]


def test_the_header_of_a_model_is_its_description(defs: dg.Definitions) -> None:
    spec = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}["fct_executions"]
    assert spec.description is not None
    assert spec.description.startswith("One row per execution_key.")
    assert list(spec.owners) == ["team:quality-insights"]


def test_every_check_stands_at_what_it_reads(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    found = {
        key.name: (key.asset_key.to_user_string(), graph.get(key).blocking) for key in graph.asset_check_keys
    }
    assert found == {
        "chk_child_rows_have_an_execution": ("stg_attempts", True),
        "chk_counts_add_up": ("met_pass_rate_daily", True),
        "chk_declared_totals_match": ("stg_declared_totals", False),
        "chk_every_execution_has_an_outcome": ("fct_executions", True),
        "chk_execution_keys_unique": ("stg_executions", True),
        "chk_projects_are_fresh": ("fct_executions", False),
        "chk_source_days_are_complete": ("stg_source_days", False),
        "chk_tests_run_more_than_once": ("ana_test_spans", False),
        "chk_words_are_known": ("fct_executions", False),
    }
    assert found.keys() == {model.name for model in MODELS if model.severity}


def test_days_of_a_range_are_one_run(defs: dg.Definitions) -> None:
    lake = defs.resolve_asset_graph().get(dg.AssetKey(["lake", "executions"]))
    assert lake.backfill_policy == dg.BackfillPolicy.single_run()


def test_days_begin_with_what_the_lake_holds(tmp_path: Path) -> None:
    home = home_of(tmp_path / "home", executions("ppp"))
    first = {entry[1] for key, entry in specs(build_defs({"home": home.root})).items() if key in LAKE}
    assert first == {"2026-03-31", None}


def test_a_lake_that_cannot_be_read_is_the_nights_to_tell(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.lake.mkdir(parents=True)
    (home.lake / "generation.json").write_text("{")
    assert specs(build_defs({"home": home.root}))["lake/executions"] == ("lake", FIRST_DAY, [])


def test_the_night_is_scheduled_in_the_projects_zone_and_off(tmp_path: Path) -> None:
    defs = build_defs({"home": tmp_path, "timezone": "Europe/Berlin"})
    schedule = defs.resolve_schedule_def("nightly_at_two")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "Europe/Berlin")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert defs.resolve_sensor_def("tell_failed_run").default_status == dg.DefaultSensorStatus.RUNNING


def test_a_scheduled_night_has_no_partition(tmp_path: Path) -> None:
    defs = build_defs({"home": tmp_path})
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        context = dg.build_schedule_context(instance=instance)
        tick = defs.resolve_schedule_def("nightly_at_two").evaluate_tick(context)
    assert [request.partition_key for request in tick.run_requests or ()] == [None]


def test_the_job_is_everything_in_one_process(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("nightly")
    chosen = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert chosen == specs(defs).keys() - {f"lake/{table.name}" for table in HISTORY_TABLES}
    assert job.executor_def.name == "in_process"


LOADER: Final = """
import socket
def refuse(*given):
    raise AssertionError(f"the network was asked for {given}")
socket.socket.connect = socket.getaddrinfo = refuse
from assets import definitions
found = definitions.defs()
found.get_repository_def().load_all_definitions()
print(len(list(found.resolve_all_asset_specs())))
"""


def test_definitions_load_without_network_and_environment(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADER], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert int(loaded.stdout) == len(LAKE) + len(BUILT) + len(AFTER_MODELS)
    assert not [*tmp_path.iterdir()], "loading leaves nothing behind"
