"""Whoever reads a home sees one release, whole, and can change nothing: beside nights, and with `exr sql`.

What belongs here: readers as processes, while releases are published; statements at the command line that
reach for more than rows. What does not: the lock of one connection (tests/unit/warehouse/test_connection.py),
publishing that is killed (tests/unit/warehouse/test_releases.py).
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.analysis.tables import ANALYSES
from pipelines.cli.main import app
from tests.integration.nights import AS_OF as AS_OF_DUMP
from tests.integration.nights import new_home
from tests.integration.one_reader import look
from tests.integration.synthetic import Documents, write_dump
from tests.unit.gates.homes import AS_OF, executions, few_models, home_of, released
from tests.unit.warehouse.refused_statements import READS, REFUSED, SECRET, WRITES, filled, plant, state_of
from warehouse.lake import Lake
from warehouse.manifest import Manifest
from warehouse.policy import BuildPolicy
from warehouse.releases import Release, build_release, find_release
from warehouse.requests import BuildRequest, LakeFiles, Limits

CHECKOUT: Final = Path(__file__).parents[2]
LATER: Final = AS_OF_DUMP + timedelta(hours=20)
PUBLICATIONS: Final = 10
MAIN: Final = "from pipelines.cli.main import main; main()"
ROUNDS_EACH: Final = 3
"""How often the reader has looked at a home before the next release begins."""

Facts = dict[str, object]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped models that the reader looks at, so that ten releases follow each other quickly."""
    names = ("fct_executions", "fct_attempts", "dim_tests", "met_nights")
    return few_models(tmp_path_factory.mktemp("sql"), names)


def published(root: Path, number: int, models: Path) -> Release:
    """The release of that number: its as-of, its generation and the rows of its tables all tell it."""
    lake = Lake(home_of(root, executions("p" * (10 + number))).lake)
    as_of = AS_OF + timedelta(hours=number)
    files = LakeFiles.of(lake, lake.generation)
    request = BuildRequest(files, as_of, "1.2.3", BuildPolicy(), sql_root=models, analyses=ANALYSES)
    return build_release(root, request, Limits(threads=1))


def facts_of(number: int) -> Facts:
    """What a reader must find in it."""
    as_of = AS_OF + timedelta(hours=number)
    return {
        "release_id": f"{as_of:%Y%m%dT%H%M%SZ}-g{number}",
        "generation": number,
        "as_of": f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
        "executions": 10 + number,
        "attempts": 10 + number,
        "tests": 10 + number,
    }


ALL_FACTS: Final = [facts_of(number) for number in range(1, PUBLICATIONS + 1)]


@dataclass(frozen=True, slots=True)
class Watched:
    """Ten publications, what a reader beside them saw, and the files of each release at first and at last."""

    looks: list[dict[str, Any]]
    files_at_first: list[dict[str, bytes]]
    files_at_last: list[dict[str, bytes]]

    def by(self, way: str) -> list[dict[str, Any]]:
        return [look for look in self.looks if look["way"] == way]


def rounds_of(written: Path) -> int:
    """How many rounds of three looks the reader has written down."""
    return written.read_bytes().count(b"\n") // 3


def wait_for_rounds(written: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    begin = rounds_of(written)
    while rounds_of(written) < begin + count:
        assert time.monotonic() < deadline, "the reader does not read"
        time.sleep(0.01)


@contextmanager
def reader(home: Path, written: Path) -> Iterator[None]:
    """Reads until the block ends, and must have met no error."""
    command = [sys.executable, "-m", "tests.integration.one_reader", str(home), str(written)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        begun = process.stdout.readline()
        try:
            if begun:
                yield
        finally:
            _, said = process.communicate(timeout=60)
    assert (begun, process.returncode, said) == ("begin\n", 0, "")


@pytest.fixture(scope="module")
def watched(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("watched")
    releases = [published(folder / "home", 1, models)]
    files = [state_of(releases[0].folder)]
    with reader(folder / "home", folder / "looks"):
        for number in range(2, PUBLICATIONS + 1):
            releases.append(published(folder / "home", number, models))
            files.append(state_of(releases[-1].folder))
            wait_for_rounds(folder / "looks", ROUNDS_EACH)
    looks = [json.loads(line) for line in (folder / "looks").read_text().splitlines()]
    return Watched(looks, files, [state_of(release.folder) for release in releases])


@pytest.mark.parametrize("way", ["current.json", "symlink"])
def test_a_reader_beside_ten_publications_sees_no_mixture(watched: Watched, way: str) -> None:
    looks = watched.by(way)
    assert [look for look in looks if look["tables"] != look["manifest"]] == []
    numbers = [ALL_FACTS.index(look["tables"]) for look in looks]
    assert numbers == sorted(numbers)
    assert {*numbers} == {*range(PUBLICATIONS)}


def test_a_release_that_stays_open_keeps_its_rows(watched: Watched) -> None:
    looks = watched.by("held")
    assert [look["tables"] for look in looks if look["tables"] != facts_of(1)] == []
    assert len(looks) >= ROUNDS_EACH * (PUBLICATIONS - 1)


def test_no_file_of_a_release_changes_when_others_are_published(watched: Watched) -> None:
    assert [len(files) for files in watched.files_at_first] == [2] * PUBLICATIONS
    assert watched.files_at_last == watched.files_at_first


KILLS: Final = 20
RECOVERY_S: Final = 30.0
OF_A_NIGHT_ALONE: Final = ("release_info", "fct_kpi_history")
"""Tables that name the generation: a killed night may have made one more."""


def started(home: Path, *words: object) -> "subprocess.Popen[bytes]":
    """`exr nightly` in a process of its own."""
    command = [sys.executable, "-c", MAIN, "nightly", "--home", str(home), *map(str, words)]
    nothing = subprocess.DEVNULL
    settings = {**os.environ, "EXR_PROCESSES": "1"}
    return subprocess.Popen(command, cwd=CHECKOUT, env=settings, stdout=nothing, stderr=nothing)


def seconds_of_night(home: Path, *words: object) -> float:
    begin = time.monotonic()
    with started(home, *words) as night:
        assert night.wait(600) == 0
    return time.monotonic() - begin


def rows_of(home: Path) -> Facts:
    """Checksums of the current release, which must be whole however it is found."""
    release = find_release(home)
    link = (home / "current").resolve()
    looks = [look("", release.folder, release.manifest), look("", link, Manifest.read(link))]
    assert [one for one in looks if one["tables"] != one["manifest"]] == []
    return {
        name: text for name, text in release.manifest.row_checksums.items() if name not in OF_A_NIGHT_ALONE
    }


@pytest.mark.faults
def test_whole_nights_that_are_killed_leave_a_whole_release(whole_set: Documents, tmp_path: Path) -> None:
    """From reading to the report; kills lie in the part of a night that follows the imports."""
    dump, base = write_dump(tmp_path / "dump", whole_set), new_home(tmp_path / "base").root
    words, more = ("--source", dump, "--as-of", AS_OF_DUMP), ("--source", dump, "--as-of", LATER)
    seconds_of_night(base, *words)
    undisturbed = shutil.copytree(base, tmp_path / "undisturbed", symlinks=True)
    duration_s = seconds_of_night(undisturbed, *more)
    before, after = rows_of(base), rows_of(undisturbed)
    chance, at_work, found_new = random.Random(3), 0, 0
    for number in range(KILLS):
        home = shutil.copytree(base, tmp_path / f"killed_{number}", symlinks=True)
        with started(home, *more) as night:
            time.sleep(duration_s * (0.25 + 0.75 * (number + chance.random()) / KILLS))
            at_work += night.poll() is None
            night.kill()
        found = rows_of(home)
        assert found in (before, after)
        found_new += found == after
        duration_s = seconds_of_night(home, *more)  # this machine may have other work, and then less of it
        assert duration_s < RECOVERY_S
        assert rows_of(home) == after
        assert [*(home / "releases").glob(".draft-*")] == []
        shutil.rmtree(home)
    assert at_work >= KILLS // 3
    assert 0 < found_new < KILLS


@dataclass(frozen=True, slots=True)
class Place:
    """A home with a release, and beside it a folder with secrets."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    def about(self, statement: str) -> str:
        release = (self.home / "current").resolve()
        elsewhere = self.root / "elsewhere"
        return filled(
            statement, release=release, elsewhere=elsewhere, table="fct_executions", column="outcome"
        )

    def arguments(self, statement: str) -> list[str]:
        return ["sql", "--home", str(self.home), "--format", "csv", "--", self.about(statement)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("place")
    released(home_of(root / "home", executions("p")))
    plant(root / "elsewhere")
    return root


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A copy that may be spoilt."""
    monkeypatch.chdir(tmp_path)
    return Place(shutil.copytree(made, tmp_path / "place", symlinks=True))


def assert_refused(code: int, stdout: str, stderr: str) -> None:
    assert (code, stdout) == (2, "")
    assert stderr.startswith("Error: ")
    assert stderr.endswith(".\n")
    assert stderr.count("\n") == 1
    assert SECRET not in stderr


def of_all(statements: Sequence[str]) -> list[object]:
    """Every fourth in `make test`, all in `make faults`; tests/unit/warehouse/ tries each always."""
    rest = pytest.mark.faults
    return [
        one if number % 4 == 0 else pytest.param(one, marks=rest) for number, one in enumerate(statements)
    ]


@pytest.mark.parametrize("statement", of_all(REFUSED))
def test_exr_sql_refuses_in_one_sentence_and_changes_nothing(place: Place, statement: str) -> None:
    python_variable = pl.DataFrame({SECRET: [SECRET]})
    before = state_of(place.root)
    result = CliRunner().invoke(app, place.arguments(statement))
    assert state_of(place.root) == before
    assert_refused(result.exit_code, result.stdout, result.stderr)
    assert python_variable.height == 1


@pytest.mark.parametrize(
    "statement",
    [WRITES[1], READS[2], "select getenv('EXR_SECRET')", "from read_text('/proc/self/environ')"],
)
def test_a_process_of_its_own_refuses_alike(place: Place, statement: str) -> None:
    before = state_of(place.root)
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *place.arguments(statement)],
        cwd=CHECKOUT,
        env={**os.environ, "EXR_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert state_of(place.root) == before
    assert_refused(done.returncode, done.stdout, done.stderr)


HARMLESS: Final = (
    "select count(*) from {table}",
    "from duckdb_settings()",
    "from duckdb_databases()",
    "from duckdb_temporary_files()",
    "from duckdb_logs",
    "from pragma_version()",
    "from pragma_database_size()",
    "from checkpoint('release')",
    "select write_log('word')",
    "show all tables",
    "summarize {table}",
    "explain select * from {table}",
    "set variable memory_limit = '1TB'",
    "with copy as (select 1 as copy) select copy from copy",
    "select 'with x as (copy t to ''f'') from x' as text",
)


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_exr_sql_passes_changes_nothing(place: Place, statement: str) -> None:
    before = state_of(place.root)
    result = CliRunner().invoke(app, place.arguments(statement))
    assert (result.exit_code, result.stderr) == (0, "")
    assert SECRET not in result.stdout
    assert state_of(place.root) == before
