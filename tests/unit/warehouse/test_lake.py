"""The lake's rules, one test each: given rows and writes, expected rows, files and generations."""

import errno
import json
import os
import resource
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.errors import DataError, HomeBusyError, StorageError, UsageError
from warehouse.generations import Generation, read_generation
from warehouse.lake import Lake
from warehouse.schema import TIMESTAMP, Column, Table
from warehouse.tables import DAY_TABLES, EXECUTIONS, LAKE_TABLES

RUNS = Table(
    name="runs",
    grain=("run_key",),
    meaning="One row per run.",
    partition="run_date",
    columns=(
        Column("run_key", pl.String, "Key."),
        Column("outcome", pl.String, "How it ended.", nullable=True),
        Column("tags", pl.List(pl.String), "Tags."),
        Column("ended_at", TIMESTAMP, "When it ended.", nullable=True),
        Column("run_date", pl.Date, "Day."),
    ),
)
NAMES = Table(
    name="names",
    grain=("name",),
    meaning="One row per name.",
    columns=(Column("name", pl.String, "Name."), Column("count", pl.Int64, "How often.", unit="runs")),
)
D1, D2, D3 = (date(2026, 1, day) for day in (1, 2, 3))
NIGHT = datetime(2026, 1, 4, 2, tzinfo=UTC)


def runs(*rows: tuple[str, str | None, date]) -> pl.DataFrame:
    """One row per (run_key, outcome, run_date)."""
    return pl.DataFrame(
        [(key, outcome, [key, "x"], NIGHT, day) for key, outcome, day in rows],
        schema=RUNS.schema,
        orient="row",
    )


def names(**counts: int) -> pl.DataFrame:
    return pl.DataFrame({"name": list(counts), "count": list(counts.values())}, schema=NAMES.schema)


def stored(lake: Lake, days: Collection[date] | None = None) -> list[tuple[str, str, str]]:
    rows = lake.scan(RUNS, days).select("run_key", "outcome", pl.col("run_date").cast(pl.String)).collect()
    return sorted(rows.rows())


def publish(lake: Lake, *, source: str = "a", as_of: datetime = NIGHT) -> Generation:
    return lake.commit({"executions": NIGHT}, source, as_of)


def latest(root: Path, table: Table) -> int:
    return DeltaTable(str(root / table.name)).version()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home with space" / "lake"


def test_day_counts_come_from_the_version_of_the_session(published: Path) -> None:
    lake = Lake(published)
    assert lake.day_counts(RUNS) == {D1: 1, D2: 1}
    lake.replace_days(RUNS, [D1, D3], runs(("r3", "passed", D3), ("r4", "passed", D3)))
    assert lake.day_counts(RUNS) == {D2: 1, D3: 2}
    assert Lake(published / "elsewhere").day_counts(RUNS) == {}


@pytest.fixture
def published(root: Path) -> Path:
    """A lake whose first night stored one run on each of two days, and one name."""
    lake = Lake(root)
    lake.replace_days(RUNS, [D1, D2], runs(("r1", "passed", D1), ("r2", "failed", D2)))
    lake.replace_table(NAMES, names(ada=1))
    publish(lake)
    return root


# --- reading and replacing ----------------------------------------------------------------------------------


def test_a_lake_without_files_is_generation_zero_and_has_no_rows(root: Path) -> None:
    lake = Lake(root)
    assert lake.generation == Generation()
    assert lake.scan(RUNS).collect().equals(RUNS.empty())
    assert lake.files(RUNS) == []
    assert lake.row_counts() == {}
    assert not root.exists()


def test_rows_come_back_as_declared(published: Path) -> None:
    assert Lake(published).scan(RUNS).collect().schema == RUNS.schema
    expected = runs(("r1", "passed", D1), ("r2", "failed", D2))
    assert Lake(published).scan(RUNS).collect().equals(expected)


def test_a_session_reads_its_own_writes(published: Path) -> None:
    lake = Lake(published)
    assert lake.replace_days(RUNS, [D2], runs(("r2", "passed", D2)))
    assert stored(lake) == [("r1", "passed", "2026-01-01"), ("r2", "passed", "2026-01-02")]


def test_an_equal_replace_commits_nothing(published: Path) -> None:
    lake = Lake(published)
    before = latest(published, RUNS), latest(published, NAMES)
    assert not lake.replace_days(RUNS, [D2, D1], runs(("r2", "failed", D2), ("r1", "passed", D1)))
    assert not lake.replace_days(RUNS, [D3], RUNS.empty())
    assert not lake.replace_table(NAMES, names(ada=1))
    assert (latest(published, RUNS), latest(published, NAMES)) == before


def test_a_replace_is_one_commit(published: Path) -> None:
    before = latest(published, RUNS)
    assert Lake(published).replace_days(RUNS, [D1, D3], runs(("r1", "error", D1), ("r3", "passed", D3)))
    assert latest(published, RUNS) == before + 1


@pytest.mark.parametrize("changed", ["passed", None])
def test_one_changed_value_is_a_change(published: Path, changed: str | None) -> None:
    assert Lake(published).replace_days(RUNS, [D2], runs(("r2", changed, D2)))


def test_days_without_rows_become_empty(published: Path) -> None:
    lake = Lake(published)
    assert lake.replace_days(RUNS, [D1, D2], runs(("r2", "failed", D2)))
    assert stored(lake) == [("r2", "failed", "2026-01-02")]
    assert lake.replace_days(RUNS, [D2], RUNS.empty())
    assert lake.scan(RUNS).collect().equals(RUNS.empty())


def test_no_days_change_nothing(published: Path) -> None:
    assert not Lake(published).replace_days(RUNS, [], RUNS.empty())


def test_a_row_that_moved_to_another_day_is_there_once(published: Path) -> None:
    lake = Lake(published)
    assert lake.replace_days(RUNS, [D1, D2], runs(("r1", "passed", D2), ("r2", "failed", D2)))
    assert stored(lake) == [("r1", "passed", "2026-01-02"), ("r2", "failed", "2026-01-02")]


def test_a_row_of_another_day_is_refused(published: Path) -> None:
    with pytest.raises(DataError, match=r"runs: 1 rows are of none of the days to replace\."):
        Lake(published).replace_days(RUNS, [D1], runs(("r1", "passed", D1), ("r2", "failed", D2)))


def test_days_need_a_partition(root: Path) -> None:
    with pytest.raises(ValueError, match="replace_table"):
        Lake(root).replace_days(NAMES, [D1], names(ada=1))


def test_a_whole_table_is_replaced_and_can_become_empty(published: Path) -> None:
    lake = Lake(published)
    assert lake.replace_table(NAMES, names(bob=2, ada=1))
    assert lake.scan(NAMES).collect().rows() == [("ada", 1), ("bob", 2)]
    assert lake.replace_table(NAMES, NAMES.empty())
    assert not lake.replace_table(NAMES, NAMES.empty())
    assert lake.scan(NAMES).collect().equals(NAMES.empty())


def test_a_partitioned_table_can_be_replaced_whole(published: Path) -> None:
    lake = Lake(published)
    assert lake.replace_table(RUNS, runs(("r3", "passed", D3)))
    assert stored(lake) == [("r3", "passed", "2026-01-03")]


def test_a_scan_of_days_lists_their_files_alone(published: Path) -> None:
    for path in (published / "runs").glob("run_date=2026-01-01/*.parquet"):
        path.unlink()
    assert stored(Lake(published), {D2, D3}) == [("r2", "failed", "2026-01-02")]
    assert Lake(published).scan(RUNS, []).collect().equals(RUNS.empty())


def test_a_filter_on_the_day_skips_the_other_files(published: Path) -> None:
    plan = Lake(published).scan(RUNS).filter(pl.col("run_date") == D2).explain()
    assert "run_date=2026-01-02" in plan
    assert "run_date=2026-01-01" not in plan


def test_a_file_holds_one_day_sorted(root: Path) -> None:
    given_rows = runs(*((f"r{number:03}", "passed", D1 if number % 2 else D2) for number in range(200)))
    lake = Lake(root)
    lake.replace_days(RUNS, [D1, D2], given_rows.sample(fraction=1, shuffle=True, seed=1))
    assert [path.split("/")[1] for path in lake.files(RUNS)] == ["run_date=2026-01-01", "run_date=2026-01-02"]
    for path in lake.files(RUNS):
        assert pl.read_parquet(root / path, hive_partitioning=False)["run_key"].is_sorted()


def test_files_are_compressed_with_zstandard_and_read_only(published: Path) -> None:
    paths = [published / path for path in Lake(published).files(RUNS)]
    assert all(path.name.endswith(".zstd.parquet") for path in paths)
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o444}


def test_the_log_keeps_old_versions_and_no_values(published: Path) -> None:
    configuration = DeltaTable(str(published / "runs")).metadata().configuration
    assert configuration["delta.logRetentionDuration"] == "interval 3650 days"
    log = "".join(path.read_text() for path in (published / "runs" / "_delta_log").glob("*.json"))
    assert "failed" not in log


def test_other_columns_than_declared_are_refused(published: Path) -> None:
    other = Table("runs", RUNS.grain, RUNS.meaning, (RUNS.columns[0], Column("new", pl.Int64, "New.")))
    with pytest.raises(
        DataError, match=r"other columns than declared \(ended_at, new, outcome, run_date, tags\)"
    ):
        Lake(published).scan(other)
    with pytest.raises(DataError, match=r"other columns than declared"):
        Lake(published).replace_table(other, pl.DataFrame(schema=other.schema))


def test_a_file_that_differs_from_the_log_is_refused(published: Path) -> None:
    path = published / Lake(published).files(NAMES)[0]
    path.unlink()
    names(ada=1).rename({"count": "number"}).write_parquet(path)
    with pytest.raises(DataError, match=r"other columns than declared \(count, number\)"):
        Lake(published).scan(NAMES)


def test_a_listed_file_that_is_gone_is_named_as_missing(published: Path) -> None:
    (published / Lake(published).files(NAMES)[0]).unlink()
    with pytest.raises(DataError, match="a file is missing; bring the folder back"):
        Lake(published).scan(NAMES).collect()


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_every_lake_table_can_be_stored_empty(root: Path, table: Table) -> None:
    lake = Lake(root)
    replaced = (
        lake.replace_days(table, [D1], table.empty())
        if table in DAY_TABLES
        else lake.replace_table(table, table.empty())
    )
    assert replaced
    assert publish(lake).tables == {table.name: 0}
    assert Lake(root).scan(table).collect().equals(table.empty())
    assert Lake(root).row_counts() == {table.name: 0}


def test_an_execution_comes_back_equal(root: Path) -> None:
    values: dict[object, object] = {
        pl.String: "ä",
        pl.Int64: -1,
        pl.Float64: 0.1,
        pl.Int32: 3,
        pl.Boolean: False,
        pl.Date: D1,
        TIMESTAMP: datetime(2026, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
        pl.List(pl.String): ["b", "a"],
    }
    row = {c.name: None if c.nullable and c.name > "f" else values[c.dtype] for c in EXECUTIONS.columns}
    execution = pl.DataFrame([row], schema=EXECUTIONS.schema)
    lake = Lake(root)
    assert lake.replace_days(EXECUTIONS, [D1], execution)
    publish(lake)
    assert Lake(root).scan(EXECUTIONS).collect().equals(execution)
    assert not Lake(root).replace_days(EXECUTIONS, [D1], execution)


# --- generations --------------------------------------------------------------------------------------------


def test_a_generation_names_versions_watermarks_and_source(published: Path) -> None:
    assert json.loads((published / "generation.json").read_text()) == {
        "as_of": "2026-01-04T02:00:00+00:00",
        "number": 1,
        "source": "a",
        "tables": {"names": 0, "runs": 0},
        "watermarks": {"executions": "2026-01-04T02:00:00+00:00"},
    }


def test_a_generation_survives_its_file() -> None:
    generation = Generation(3, {"runs": 7}, {"steps": NIGHT.replace(microsecond=5)}, "a", NIGHT)
    assert Generation.from_json(generation.to_json()) == generation
    assert Generation.from_json(Generation().to_json()) == Generation()


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Generation(as_of=NIGHT.replace(tzinfo=None))


def test_a_night_without_change_publishes_nothing(published: Path) -> None:
    before = (published / "generation.json").read_bytes()
    lake = Lake(published)
    lake.replace_table(NAMES, names(ada=1))
    generation = publish(lake, as_of=NIGHT + timedelta(days=1))
    assert (generation.number, generation.as_of) == (1, NIGHT)
    assert (published / "generation.json").read_bytes() == before


def test_a_moved_watermark_or_another_source_is_a_change(published: Path) -> None:
    lake = Lake(published)
    assert lake.commit({"executions": NIGHT + timedelta(hours=1)}, "a", NIGHT).number == 2
    assert lake.commit({"executions": NIGHT + timedelta(hours=1)}, "b", NIGHT).number == 3
    assert Lake(published).generation == lake.generation


def test_tables_that_were_not_written_stay_in_the_generation(published: Path) -> None:
    lake = Lake(published)
    lake.replace_table(NAMES, names(ada=2))
    assert publish(lake).tables == {"names": 1, "runs": 0}
    assert lake.row_counts() == {"names": 1, "runs": 2}


def test_a_reader_keeps_its_generation_while_a_writer_commits(published: Path) -> None:
    reader, first = Lake(published), Lake(published).generation
    former_rows, former_files = stored(reader), reader.files(RUNS)
    writer = Lake(published)
    writer.replace_days(RUNS, [D1, D2], runs(("r9", "error", D1)))
    publish(writer)
    assert stored(reader) == former_rows
    assert stored(Lake(published)) == [("r9", "error", "2026-01-01")]
    assert writer.files(RUNS, first) == reader.files(RUNS) == former_files
    assert writer.row_counts(first) == {"names": 1, "runs": 2}
    assert writer.row_counts() == {"names": 1, "runs": 1}


def test_a_generation_published_meanwhile_is_not_overwritten(published: Path) -> None:
    late = Lake(published)
    other = Lake(published)
    other.replace_table(NAMES, names(bob=1))
    publish(other)
    with pytest.raises(HomeBusyError, match="Another night published generation 2"):
        publish(late, source="b")


def test_the_former_generation_stands_when_the_file_cannot_be_replaced(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    lake = Lake(published)
    lake.replace_table(NAMES, names(ada=2))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(StorageError, match=r"generation\.json: No space left .*; free space"):
            publish(lake)
    assert Lake(published).generation.number == 1
    assert Lake(published).scan(NAMES).collect().rows() == [("ada", 1)]
    assert publish(lake).number == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"number": 1, "tables": {"runs": "1"}, "watermarks": {}, "source": null, "as_of": null}',
        '{"number": 1, "tables": {}, "watermarks": {"a": "2026-01-01"}, "source": null, "as_of": null}',
        '{"number": -1, "tables": {}, "watermarks": {}, "source": null, "as_of": null}',
        '{"number": 1, "tables": {}, "watermarks": {}, "source": 7, "as_of": null}',
        '{"number": 1, "tables": 5, "watermarks": {}, "source": null, "as_of": null}',
    ],
)
def test_a_damaged_generation_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "generation.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"cannot be read as a generation .*bring it back from a backup"):
        read_generation(path)


def test_an_unreadable_generation_is_refused(root: Path) -> None:
    (root / "generation.json").mkdir(parents=True)
    with pytest.raises(DataError, match="IsADirectoryError"):
        Lake(root)


# --- killed nights ------------------------------------------------------------------------------------------


def test_rollback_gives_the_former_rows_and_files(published: Path) -> None:
    former = Lake(published)
    former_rows, former_files = stored(former), former.files(RUNS)
    killed = Lake(published)
    killed.replace_days(RUNS, [D1], RUNS.empty())
    killed.replace_days(RUNS, [D2, D3], runs(("r2", "passed", D2), ("r3", "passed", D3)))

    lake = Lake(published)
    lake.rollback()
    assert stored(lake) == former_rows
    assert all((published / path).exists() for path in former_files)
    assert lake.replace_days(RUNS, [D3], runs(("r3", "passed", D3)))
    assert stored(lake) == [*former_rows, ("r3", "passed", "2026-01-03")]


def test_rollback_commits_only_where_something_is_left(published: Path) -> None:
    Lake(published).replace_table(NAMES, names(ada=9))
    for _ in range(3):
        Lake(published).rollback()
    assert latest(published, NAMES) == 2  # the killed write, and one restore
    assert latest(published, RUNS) == 0


def test_a_write_without_rollback_also_starts_from_the_generation(published: Path) -> None:
    Lake(published).replace_days(RUNS, [D3], runs(("r3", "error", D3)))
    lake = Lake(published)
    lake.replace_days(RUNS, [D1], runs(("r1", "failed", D1)))
    publish(lake)
    assert stored(Lake(published)) == [("r1", "failed", "2026-01-01"), ("r2", "failed", "2026-01-02")]


def test_what_a_killed_first_night_left_is_removed(root: Path) -> None:
    Lake(root).replace_days(RUNS, [D1], runs(("r1", "passed", D1)))
    (root / "people").write_text("stays")
    lake = Lake(root)
    lake.rollback()
    assert sorted(path.name for path in root.iterdir()) == ["people"]
    assert lake.replace_days(RUNS, [D2], runs(("r2", "passed", D2)))
    assert stored(lake) == [("r2", "passed", "2026-01-02")]


def test_a_new_table_of_a_killed_later_night_is_removed(published: Path) -> None:
    Lake(published).replace_days(EXECUTIONS, [D1], EXECUTIONS.empty())
    Lake(published).rollback()
    assert not (published / "executions").exists()


def test_rollback_reads_the_generation_anew(published: Path) -> None:
    early, other = Lake(published), Lake(published)
    other.replace_table(NAMES, names(bob=1))
    publish(other)
    early.rollback()
    assert early.scan(NAMES).collect().rows() == [("bob", 1)]


def test_history_is_not_removed_when_the_generation_file_is_lost(published: Path) -> None:
    second = Lake(published)
    second.replace_table(NAMES, names(ada=2))
    publish(second)
    (published / "generation.json").unlink()
    lake = Lake(published)
    with pytest.raises(DataError, match=r"generation\.json is missing, but tables of later nights are there"):
        lake.rollback()
    assert latest(published, RUNS) == 0


def test_a_table_whose_folder_is_gone_is_refused(published: Path) -> None:
    (published / "names").rename(published.parent / "names")
    with pytest.raises(DataError, match="names"):
        Lake(published).scan(NAMES)
    with pytest.raises(DataError, match="names"):
        Lake(published).replace_table(NAMES, names(ada=1))


# --- what the disk refuses ----------------------------------------------------------------------------------


def test_a_file_in_the_place_of_a_folder_is_refused(root: Path) -> None:
    root.mkdir(parents=True)
    (root / "names").write_text("not a folder")
    with pytest.raises(StorageError, match=r"Cannot write .*names: File exists; see that it is a folder"):
        Lake(root).replace_table(NAMES, names(ada=1))
    with pytest.raises(DataError, match="NotADirectoryError"):
        Lake(root / "names")


@contextmanager
def largest_file(byte_count: int) -> Iterator[None]:
    """The nearest to a full disk that needs no privilege."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more_is_a_storage_error_and_nothing_is_published(published: Path) -> None:
    many = pl.DataFrame({"name": [f"{number * 7919 % 99991}" for number in range(50_000)]})
    lake = Lake(published)
    with (
        largest_file(1000),
        pytest.raises(
            StorageError, match=r"Cannot write .*names: File too large; free space on that disk, then"
        ),
    ):
        lake.replace_table(NAMES, many.with_columns(pl.int_range(50_000).alias("count")))
    assert lake.scan(NAMES).collect().rows() == [("ada", 1)]
    assert lake.replace_table(NAMES, names(ada=2))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (DeltaError("Unable to copy data to file: No space left on device (os error 28)"), "free space"),
        (DeltaError("Unable to open file x#1: Permission denied (os error 13)"), "let this user write there"),
        (DeltaError('Error: Os { code: 30, kind: ReadOnlyFilesystem, message: "x" }'), "let this user write"),
        (OSError("Generic LocalFileSystem error\n Permission denied (os error 13)"), "let this user write"),
        (OSError(errno.EIO, "Input/output error"), "healthy disk"),
    ],
)
def test_a_refusal_in_the_library_is_a_storage_error(
    published: Path, monkeypatch: pytest.MonkeyPatch, said: Exception, expected: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise said

    monkeypatch.setattr("warehouse.delta.write_deltalake", refuse)
    with pytest.raises(StorageError, match=rf"Cannot write .*names: .*{expected}.*then run again\."):
        Lake(published).replace_table(NAMES, names(ada=2))


def test_any_other_complaint_is_a_data_error_without_rows(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DeltaError("2 rows failed validation check.\nPreview:\n| a secret |")

    monkeypatch.setattr("warehouse.delta.write_deltalake", refuse)
    with pytest.raises(DataError, match=r"2 rows failed validation check; bring") as caught:
        Lake(published).replace_table(NAMES, names(ada=2))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["a%20b", "a=b", "a[b]", "a\\b", "a^b", "a|b", "a\nb"])
def test_a_path_that_the_library_cannot_open_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="choose a home folder without it"):
        Lake(tmp_path / name)


@pytest.mark.parametrize("name", ["ä b", "a*b", "a?b", "a#b", "a+b&c", "{a}", "a:b"])
def test_other_odd_paths_work(tmp_path: Path, name: str) -> None:
    lake = Lake(tmp_path / name)
    lake.replace_days(RUNS, [D1], runs(("r1", "passed", D1)))
    publish(lake)
    assert stored(Lake(tmp_path / name)) == [("r1", "passed", "2026-01-01")]


# --- vacuum -------------------------------------------------------------------------------------------------


def files_on_disk(root: Path, table: Table) -> set[str]:
    return {str(path.relative_to(root)) for path in (root / table.name).rglob("*.parquet")}


def test_vacuum_keeps_what_a_kept_generation_lists(root: Path) -> None:
    nights = []
    for night in range(4):
        lake = Lake(root)
        lake.replace_days(RUNS, [D1], runs((f"r{night}", "passed", D1)))
        nights.append(publish(lake))
    orphan = root / "runs" / "run_date=2026-01-01" / "part-of-a-killed-write.parquet"
    orphan.write_text("x")

    lake = Lake(root)
    assert lake.vacuum([nights[1]]) == 3  # the files of nights 0 and 2, and the orphan
    assert files_on_disk(root, RUNS) == {*lake.files(RUNS, nights[1]), *lake.files(RUNS)}
    assert stored(Lake(root)) == [("r3", "passed", "2026-01-01")]
    assert lake.vacuum([nights[1]]) == 0
    (root / "generation.json").write_text(nights[1].to_json())
    assert stored(Lake(root)) == [("r1", "passed", "2026-01-01")]


def test_after_a_vacuum_there_is_nothing_to_roll_back(published: Path) -> None:
    Lake(published).vacuum([])
    before = latest(published, RUNS)
    lake = Lake(published)
    lake.rollback()
    assert latest(published, RUNS) == before
    assert not lake.replace_days(RUNS, [D2], runs(("r2", "failed", D2)))


def test_vacuum_keeps_what_the_session_wrote(published: Path) -> None:
    lake = Lake(published)
    lake.replace_table(NAMES, names(ada=2))
    lake.vacuum([])
    assert lake.scan(NAMES).collect().rows() == [("ada", 2)]
    assert Lake(published).scan(NAMES).collect().rows() == [("ada", 1)]


def test_an_old_version_reads_after_checkpoints_and_a_vacuum(published: Path) -> None:
    first = Lake(published).generation
    lake = Lake(published)
    for number in range(2, 6):
        lake.replace_table(NAMES, names(ada=number))
        DeltaTable(str(published / "names")).create_checkpoint()  # of itself, deltalake does at 100 commits
    publish(lake)
    lake.vacuum([first])
    (published / "generation.json").write_text(first.to_json())
    assert Lake(published).scan(NAMES).collect().rows() == [("ada", 1)]


# --- properties ---------------------------------------------------------------------------------------------

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(6)]
ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["passed", "failed", None]), st.sampled_from(DAYS)),
    unique_by=lambda row: row[0],
    max_size=20,
)


@st.composite
def splits(draw: st.DrawFn) -> list[list[date]]:
    """The days in random order, cut into groups."""
    order = draw(st.permutations(DAYS))
    cuts = sorted(draw(st.sets(st.integers(1, len(DAYS) - 1))))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(DAYS)], strict=True)]


def replace_in_groups(lake: Lake, frame: pl.DataFrame, groups: Iterable[list[date]]) -> None:
    for group in groups:
        lake.replace_days(RUNS, group, frame.filter(pl.col("run_date").is_in(group)))


@settings(max_examples=25)
@given(before=ROWS, after=ROWS, groups=splits())
def test_days_in_any_order_and_groups_give_the_same_rows(
    before: list[tuple[int, str | None, date]],
    after: list[tuple[int, str | None, date]],
    groups: list[list[date]],
) -> None:
    former, wanted = (
        runs(*((f"r{key:02}", outcome, day) for key, outcome, day in rows)) for rows in (before, after)
    )
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        lake.replace_days(RUNS, DAYS, former)
        replace_in_groups(lake, wanted, groups)
        assert lake.scan(RUNS).collect().equals(RUNS.conform(wanted))
        assert not lake.replace_days(RUNS, DAYS, wanted)
        assert lake.row_counts() == {"runs": wanted.height}


def test_a_table_written_by_other_means_is_still_compared_by_rows(root: Path) -> None:
    """Two files of one day, in no order: equal rows are still equal."""
    lake = Lake(root)
    lake.replace_days(RUNS, [D1], RUNS.empty())
    for key in ("r2", "r1"):
        write_deltalake(str(root / "runs"), runs((key, "passed", D1)), mode="append")
    (root / "generation.json").write_text(Generation(1, {"runs": 2}).to_json())
    assert not Lake(root).replace_days(RUNS, [D1], runs(("r1", "passed", D1), ("r2", "passed", D1)))
