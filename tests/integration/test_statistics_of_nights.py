"""The statistics of a history: the same whatever way it came in, and blind for what comes later.

What belongs here: whole releases of synthetic histories compared. What does not: what is found in them
(tests/sql, tests/unit/reports/test_claims.py).
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.extract.dump import open_dump
from pipelines.home import Home
from pipelines.night import build
from pipelines.settings import Settings
from synthetic import documents, lake_files
from synthetic.examples import small_world
from synthetic.histories import History, generate
from tests.integration.nights import IDENTITY, ONE_PROCESS, new_home, night
from warehouse.manifest import Manifest

DAYS = 20

Sums = dict[str, str]


@pytest.fixture(scope="module")
def made() -> History:
    return generate(small_world(days=DAYS))


@pytest.fixture(scope="module")
def at_once(made: History, tmp_path_factory: pytest.TempPathFactory) -> Sums:
    home = new_home(tmp_path_factory.mktemp("at_once"))
    ingest(home, made)
    return statistics(released(home, made.as_of))


def ingest(home: Home, made: History, until: datetime | None = None) -> None:
    """One night of a dump that holds the runs up to an instant; it takes the place of an earlier dump."""
    until = until or made.as_of
    known = replace(made, runs=made.runs.filter(pl.col("triggered_at") <= until))
    dump = documents.write_dump(home.root.parent / f"{until:%m%d}", known)
    source = open_dump(dump, documents.DATABASE, IDENTITY, ONE_PROCESS.batch_documents)
    night(home, source, as_of=until)


def released(home: Home, as_of: datetime, threads: int = 1) -> Manifest:
    with home.locked():
        settings = Settings(processes=1, threads=threads)
        return build(home, settings, as_of=as_of, code_version="1.2.3").manifest


def statistics(manifest: Manifest) -> Sums:
    """Checksums of all facts, analyses and metrics."""
    sums = manifest.row_checksums
    return {name: text for name, text in sums.items() if name.startswith(("ana_", "fct_", "met_"))}


def end_of(made: History, day: int) -> datetime:
    return datetime.combine(made.world.start + timedelta(days=day), time(23, 59), UTC)


def test_they_say_something_and_more_threads_say_the_same(made: History, tmp_path: Path) -> None:
    home = Home(tmp_path)
    lake_files.write_home(home.root, made)
    alone, together = (released(home, made.as_of, threads) for threads in (1, 4))
    told = {"met_flakiness", "met_segments", "met_regressions", "met_label_history", "met_infra_storms"}
    told |= {"met_pass_rate_trend", "met_pass_rate_control", "met_pass_rate_segments", "met_mix_effect"}
    assert not [name for name in told if not alone.row_counts[name]]
    assert statistics(alone) == statistics(together)


def test_days_that_come_in_one_after_the_other_give_the_same(
    made: History, at_once: Sums, tmp_path: Path
) -> None:
    home = new_home(tmp_path / "home")
    for day in (6, 7, 13, DAYS - 1):
        ingest(home, made, end_of(made, day))
    found = statistics(released(home, made.as_of))
    of_generation = {"fct_kpi_history", "met_label_history", "met_regression_history"}
    assert {name for name in found if found[name] != at_once[name]} <= of_generation
    assert found.keys() == at_once.keys()


def test_an_as_of_in_the_past_does_not_see_what_came_later(made: History, tmp_path: Path) -> None:
    """Every run after day 12 fails in one of two histories, and passes in the other."""
    as_of = end_of(made, 12)
    is_later = pl.col("triggered_at") > as_of
    found = []
    for letters in ("F", "P"):
        later = pl.when(is_later).then(pl.lit(letters)).otherwise(pl.col("attempts")).alias("attempts")
        is_run = (pl.col("is_skipped") & ~is_later).alias("is_skipped")
        home = Home(tmp_path / letters)
        lake_files.write_home(home.root, replace(made, runs=made.runs.with_columns(later, is_run)))
        found.append(statistics(released(home, as_of)))
    assert found[0] == found[1]
