"""Days that are read again: exactly what is of them, and the next night misses nothing for it.

What belongs here: `load` with days. What does not: ordinary nights (test_nights.py), Dagster's partitions
(test_dagster.py).
"""

from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.home import Home
from pipelines.night import Loaded, load
from pipelines.settings import Settings
from tests.integration.nights import (
    AS_OF,
    ONE_PROCESS,
    assert_same,
    changed_days,
    copy_of,
    dump_of,
    new_home,
    night,
    tables,
)
from tests.integration.synthetic import Documents
from warehouse.lake import Lake
from warehouse.tables import SOURCE_DAYS

DAYS: Final = (date(2026, 3, 2), date(2026, 3, 3))
OTHER_DAY: Final = date(2026, 3, 4)


def load_days(
    home: Home,
    folder: Path,
    documents: Documents,
    days: tuple[date, ...] = DAYS,
    settings: Settings = ONE_PROCESS,
) -> Loaded:
    """These days of the documents into the home."""
    with home.locked():
        source = dump_of(folder, documents)
        return load(home, source, settings, as_of=AS_OF, read_at=AS_OF, days=days)


def silently_edited(documents: Documents, *names: str) -> Documents:
    """The executions of these names end otherwise, and no time says so."""
    edited = [
        one | {"status": "timeout"} if one.get("execution_id") in names else one
        for one in documents["execution_traces"]
    ]
    assert edited != documents["execution_traces"]
    return documents | {"execution_traces": edited}


def test_a_day_that_is_read_again_alone_is_changed(
    tmp_path: Path, from_dump: Home, whole_set: Documents
) -> None:
    home, before = copy_of(from_dump, tmp_path / "home"), tables(from_dump)
    edited = silently_edited(whole_set, "exec_ordinary_2_1", "exec_ordinary_3_2", "exec_ordinary_4_1")
    loaded = load_days(home, tmp_path / "dump", edited)
    assert loaded.changed_days == DAYS
    assert changed_days(before, tables(home)) == set(DAYS)
    again = load_days(home, tmp_path / "dump", edited, (OTHER_DAY,))
    assert again.changed_days == (OTHER_DAY,)
    undisturbed = new_home(tmp_path / "undisturbed")
    night(undisturbed, dump_of(tmp_path / "dump", edited))
    assert_same(tables(undisturbed), tables(home))


def test_the_watermarks_stay_and_only_these_days_count_as_compared(
    tmp_path: Path, from_dump: Home, whole_set: Documents
) -> None:
    home = copy_of(from_dump, tmp_path / "home")
    edited = silently_edited(whole_set, "exec_ordinary_2_1", "exec_ordinary_4_1")
    load_days(home, tmp_path / "dump", edited)
    former, now = Lake(from_dump.lake), Lake(home.lake)
    assert now.generation.watermarks == former.generation.watermarks
    sums = [lake.scan(SOURCE_DAYS).collect() for lake in (former, now)]
    assert set(sums[1].join(sums[0], on=sums[0].columns, how="anti")["document_date"]) == {DAYS[0]}


def test_days_of_an_empty_home_hide_nothing_from_its_first_night(
    tmp_path: Path, from_dump: Home, whole_set: Documents
) -> None:
    home = new_home(tmp_path / "home")
    load_days(home, tmp_path / "dump", whole_set)
    found, whole = tables(home), tables(from_dump)
    # The steps of a twin are its own until the other one, of a later day, is known.
    is_of_days = pl.col("triggered_date").is_in(list(DAYS)) & (pl.col("execution_id") != "exec_twin")
    assert found["executions"].filter(is_of_days).equals(whole["executions"].filter(is_of_days))
    keys = whole["executions"].filter(is_of_days).select("execution_key")
    assert found["steps"].join(keys, on="execution_key").equals(whole["steps"].join(keys, on="execution_key"))
    assert Lake(home.lake).generation.watermarks == {}
    night(home, dump_of(tmp_path / "dump", whole_set))
    assert_same(whole, tables(home))


def test_days_read_with_other_settings_are_read_again_by_the_next_night(
    tmp_path: Path, from_dump: Home, whole_set: Documents
) -> None:
    home, before = copy_of(from_dump, tmp_path / "home"), tables(from_dump)
    other = Settings(processes=1, error_outcome_types=("AssertionError",))
    load_days(home, tmp_path / "dump", whole_set, (date(2026, 3, 1), *DAYS), other)
    assert changed_days(before, tables(home))
    night(home, dump_of(tmp_path / "dump", whole_set))
    assert_same(before, tables(home))
