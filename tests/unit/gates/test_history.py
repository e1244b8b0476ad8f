"""The history of figures: every night adds its own once, the same night again changes no row of any table."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from pipelines import night
from pipelines.home import Home
from tests.unit.gates.homes import AS_OF, executions, few_models, home_of, released
from warehouse.connection import open_release
from warehouse.history import HISTORIES, keep_history
from warehouse.lake import Lake
from warehouse.models import load_models
from warehouse.releases import Release, find_release
from warehouse.requests import BuildRequest
from warehouse.schema import Table
from warehouse.tables import KPI_HISTORY, LABEL_HISTORY, REGRESSION_HISTORY

LATER = AS_OF + timedelta(hours=2)


@pytest.fixture(scope="module", autouse=True)
def _few_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Histories, what gates read and the checks: nights of all models are in tests/integration."""
    checks = [model.name for model in load_models() if model.folder == "checks"]
    histories = [name for _, name in HISTORIES]
    folder = few_models(
        tmp_path_factory.mktemp("sql"), ["met_nights", "met_kpis_nightly", *histories, *checks]
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(night, "BuildRequest", partial(BuildRequest, sql_root=folder))
        yield


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the release of its first night, to be copied."""
    home = home_of(tmp_path_factory.mktemp("one_night"), executions("p" * 90 + "f" * 10))
    released(home)
    return home


@pytest.fixture
def home(one_night: Home, tmp_path: Path) -> Home:
    """After its first night."""
    return Home(shutil.copytree(one_night.root, tmp_path / "home", symlinks=True))


@pytest.fixture
def new_home(tmp_path: Path) -> Home:
    """Before its first night."""
    return home_of(tmp_path / "home", executions("p" * 90 + "f" * 10))


def first_of(home: Home) -> Release:
    """The release of the first night, while it is the current one."""
    return find_release(home.root)


def nights(release: Release) -> list[tuple[object, ...]]:
    """As-of, generation and number of figures of each night in the history."""
    query = "select as_of, lake_generation, count(*) from fct_kpi_history group by all order by all"
    with open_release(release.folder) as connection:
        return connection.query(query).rows


def files(home: Home, table: Table = KPI_HISTORY) -> list[str]:
    return sorted(path.name for path in (home.lake / table.name).iterdir())


def checksums(release: Release) -> dict[str, str]:
    """Of every table but the one that says which release it is."""
    return {name: text for name, text in release.manifest.row_checksums.items() if name != "release_info"}


def test_two_nights_with_nothing_new_hold_equal_rows(home: Home) -> None:
    first, second, third = first_of(home), released(home), released(home)
    assert len({release.release_id for release in (first, second, third)}) == 3
    assert checksums(first) == checksums(second) == checksums(third)
    assert first.manifest.row_counts["fct_kpi_history"] == 24
    assert files(home) == ["20260331T120000.000000Z-g1.parquet"]


def test_labels_and_regressions_are_kept_of_the_nights_that_changed_one(home: Home) -> None:
    """The one test of the home is labelled on the first night; nothing regressed."""
    released(home, as_of=LATER)
    assert files(home, LABEL_HISTORY) == ["20260331T120000.000000Z-g1.parquet"]
    assert not (home.lake / REGRESSION_HISTORY.name).exists()


def test_the_history_is_no_part_of_a_generation(new_home: Home) -> None:
    before = Lake(new_home.lake).generation
    released(new_home)
    lake = Lake(new_home.lake)
    lake.rollback()
    assert lake.commit({}, source="dump", as_of=AS_OF) == before
    assert len(files(new_home)) == 1


def test_each_night_adds_its_own_figures(home: Home) -> None:
    later = released(home, as_of=LATER)
    assert nights(later) == [(AS_OF, 1, 24), (LATER, 1, 24)]
    assert checksums(released(home, as_of=LATER)) == checksums(later)


def test_an_earlier_as_of_sees_no_later_night(home: Home) -> None:
    first = first_of(home)
    released(home, as_of=LATER)
    assert checksums(released(home)) == checksums(first)


def test_a_night_that_was_published_keeps_its_figures(home: Home) -> None:
    """Nobody's later rule changes what a night was told; the night itself is computed anew."""
    lake = Lake(home.lake)
    path = home.lake / KPI_HISTORY.name / files(home)[0]
    kept = path.read_bytes()
    keep_history(home.lake, released(home))
    assert path.read_bytes() == kept
    assert path.stat().st_mode & 0o777 == 0o444
    assert lake.generation.number == 1


def test_a_night_killed_before_it_kept_its_history_is_made_good(
    new_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(night, "keep_history", lambda *_: 0)
        released(new_home)
    assert not (new_home.lake / KPI_HISTORY.name).exists()
    assert nights(released(new_home, as_of=LATER)) == [(AS_OF, 1, 24), (LATER, 1, 24)]


def test_a_lost_history_comes_back_from_the_current_release(home: Home) -> None:
    before = released(home, as_of=LATER)
    shutil.rmtree(home.lake / KPI_HISTORY.name)
    assert checksums(released(home, as_of=LATER)) == checksums(before)


def test_figures_outlive_their_executions(home: Home, tmp_path: Path) -> None:
    gone = home_of(tmp_path / "gone", executions("p", hours_ago=0.5))
    shutil.copytree(home.lake / KPI_HISTORY.name, gone.lake / KPI_HISTORY.name)
    with open_release(released(gone, as_of=LATER).folder) as connection:
        rows = connection.query(
            "select as_of, value, numerator, denominator from fct_kpi_history "
            "where scope_type = 'all' and kpi = 'final_pass_rate' order by as_of"
        ).rows
    assert rows == [(AS_OF, 0.9, 90, 100), (LATER, 1.0, 1, 1)]


def test_a_half_written_night_does_not_stop_the_next(new_home: Home) -> None:
    """Killed before the rename, its file is read-only: it makes room, nothing is written into it."""
    home = new_home
    former = home.lake / KPI_HISTORY.name / "20260331T120000.000000Z-g1.tmp"
    former.parent.mkdir()
    former.write_text("half")
    former.chmod(0o444)
    (home.root / "witness").hardlink_to(former)  # root may write into read-only files
    released(home)
    assert (home.root / "witness").read_text() == "half"
    assert files(home) == ["20260331T120000.000000Z-g1.parquet"]


def break_current(home: Home, _: Release) -> None:
    (home.root / "current.json").write_text("{")


def lose_release(_: Home, release: Release) -> None:
    shutil.rmtree(release.folder)


def garble_manifest(_: Home, release: Release) -> None:
    (release.folder / "manifest.json").unlink()
    (release.folder / "manifest.json").write_text("[]")


def truncate_database(_: Home, release: Release) -> None:
    release.database.chmod(0o644)
    os.truncate(release.database, 5_000)


@pytest.mark.parametrize("damage", [break_current, lose_release, garble_manifest, truncate_database])
def test_a_broken_current_release_is_replaced(
    home: Home, caplog: pytest.LogCaptureFixture, damage: Callable[[Home, Release], None]
) -> None:
    damage(home, first_of(home))
    later = released(home, as_of=LATER)
    assert find_release(home.root) == later
    assert nights(later) == [(AS_OF, 1, 24), (LATER, 1, 24)]
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("A new release takes the place of the current one, which cannot")
    assert caplog.messages[0].endswith(".")
    assert "\n" not in caplog.messages[0]


def test_a_sound_current_release_is_replaced_without_a_word(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    released(home, as_of=LATER)
    assert caplog.messages == []
