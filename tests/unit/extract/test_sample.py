"""The sample's conversion: given rows of the history, expected documents; then the bundled history itself.

What belongs here: the mapping and the way the folder comes to be. What does not: how a dump is read.
"""

import json
import mmap
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import bson
import polars as pl
import pytest
from bson.codec_options import CodecOptions

from pipelines.extract.sample import COLLECTIONS, write_dump
from warehouse.errors import DataError, SourceError, StorageError

BUNDLED = Path(__file__).parents[3] / "samples" / "lammps"
SLICE = (date(2026, 7, 26), date(2026, 7, 31))  # five days, the two runs without a Z among them
SHA = "0123456789abcdef0123456789abcdef01234567"

Document = dict[str, Any]


def result(test: str, status: str = "passed", **other: object) -> Document:
    row = {"suite": "unit/linux", "run_id": "r1", "generated": "2026-07-04T06:45:47Z", "sha": SHA}
    return row | {
        "branch": "develop",
        "test": test,
        "status": status,
        "time_s": 1.5,
        "message": "",
        "attention": None,
        **other,
    }


def run(counts: dict[str, float], **other: object) -> Document:
    row = {"suite": "unit/linux", "run_id": "r1", "title": "Unit Tests", "generated": "2026-07-04T06:45:47Z"}
    return row | {
        "sha": SHA,
        "branch": "develop",
        "run_url": None,
        "hostname": "ws01",
        "os": None,
        "compiler": None,
        "counts": json.dumps(counts),
        "n_tests": counts["tests"],
        **other,
    }


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.extract import sample
sample._suite = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # three of four collections are written
sample.write_dump(Path(sys.argv[1]), Path(sys.argv[2]))
"""
IN_BYTES = {
    "_id": rb"\x07_id\x00(.{12})\x02execution_id\x00",
    "status": rb"\x02status\x00.{4}([a-z]+)\x00\x04embedded_steps\x00",
    "step status": rb"\x02status\x00.{4}([a-z]+)\x00\x0astarted_at\x00",
    "message of a step": rb"\x02error_message\x00.{4}[^\x00]+\x00\x00\x04warnings\x00",
    "message of a failed document": rb"\x02error_message\x00.{4}[^\x00]+\x00\x00\x0aid\x00",
    "error_type": rb"\x02error_type\x00.{4}(LammpsError)\x00",
    "total_duration_ms": rb"\x10total_duration_ms\x00(.{4})",
}
NONE_DECLARED = {"tests": 0, "passed": 0, "failed": 0, "error": 0, "skipped": 0, "time": 0.0}
TEXTS = ("os", "compiler", "run_url", "attention")


def history(folder: Path, results: list[Document], runs: list[Document] | None = None) -> Path:
    """The two Parquet files with these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("tests", results), ("runs", runs or [run(NONE_DECLARED)])):
        texts = {column: pl.String for column in TEXTS if column in rows[0]}
        pl.DataFrame(rows, schema_overrides=texts).write_parquet(folder / f"lammps_{name}.parquet")
    return folder


def documents(target: Path, collection: str) -> Iterator[Document]:
    options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
    with (target / "intellibrowse" / f"{collection}.bson").open("rb") as file:
        yield from bson.decode_file_iter(file, options)


def traces(tmp_path: Path, *results: Document) -> list[Document]:
    target = write_dump(history(tmp_path / "given", list(results)), tmp_path / "dump")
    return list(documents(target, "execution_traces"))


def contents(target: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (target / "intellibrowse").iterdir()}


def test_a_failed_result_becomes_one_execution_with_one_step(tmp_path: Path) -> None:
    run_at = datetime(2026, 7, 4, 6, 45, 47, tzinfo=UTC)
    [trace] = traces(tmp_path, result("Pair:lj", "failed", message="2 checks failed", attention="slow"))
    [case] = documents(tmp_path / "dump", "test_cases")
    assert trace.pop("_id").generation_time == run_at
    assert trace == {
        "id": None,
        "schema_version": "1.0",
        "execution_id": "unit/linux/r1/Pair:lj",
        "parent_execution_id": None,
        "test_case_id": str(case["_id"]),
        "test_suite_id": None,
        "execution_type": "ci_cd_execution",
        "execution_context": {
            "environment": "unit/linux",
            "browser": None,
            "platform": None,
            "build_version": "0123456789ab",
            "custom_properties": {"suite": "unit/linux"},
        },
        "status": "failed",
        "triggered_by": "ci",
        "triggered_at": run_at,
        "created_at": run_at,
        "updated_at": None,
        "started_at": None,
        "completed_at": None,
        "is_partitioned": False,
        "step_count_threshold": 50,
        "estimated_step_count": 1,
        "embedded_steps": [
            {
                "step_id": "step_0",
                "step_name": "Pair:lj",
                "step_order": 0,
                "step_type": "action",
                "status": "failed",
                "started_at": None,
                "completed_at": None,
                "duration_ms": 1500,
                "error_details": {"error_message": "2 checks failed"},
                "warnings": ["slow"],
            }
        ],
        "step_results_collection": None,
        "total_duration_ms": 1500,
        "tags": [],
        "metadata": {"commit": SHA, "branch": "develop", "pipeline_id": "unit/linux/r1"},
        "error_details": {"error_message": "2 checks failed"},
    }


@pytest.mark.parametrize(
    ("word", "status", "step_status", "error_type", "document_has_details"),
    [
        ("passed", "passed", "passed", None, False),
        ("failed", "failed", "failed", None, True),
        ("error", "failed", "failed", "LammpsError", True),
        ("skipped", "cancelled", "skipped", None, False),
        ("runtest", "passed", "warning", None, False),
    ],
)
def test_each_status_and_its_message_survive(
    tmp_path: Path,
    word: str,
    status: str,
    step_status: str,
    error_type: str | None,
    document_has_details: bool,
) -> None:
    [trace] = traces(tmp_path, result("t", word, message="why"))
    [step] = trace["embedded_steps"]
    assert (trace["status"], step["status"]) == (status, step_status)
    assert step["error_details"].get("error_type") == error_type
    assert step["error_details"]["error_message"] == "why"
    assert trace.get("error_details") == (step["error_details"] if document_has_details else None)


@pytest.mark.parametrize(("word", "details"), [("failed", None), ("error", {"error_type": "LammpsError"})])
def test_without_a_message_nothing_is_made_up(tmp_path: Path, word: str, details: Document | None) -> None:
    [trace] = traces(tmp_path, result("t", word))
    assert trace["embedded_steps"][0]["error_details"] == details
    assert trace.get("error_details") == details


def test_durations_are_rounded_half_to_even(tmp_path: Path) -> None:
    seconds = {"a": 0.0005, "b": 0.0015, "c": 0.0025, "d": 0.0004, "e": 0.0, "f": 240.519}
    found = traces(tmp_path, *(result(test, time_s=value) for test, value in seconds.items()))
    assert [trace["total_duration_ms"] for trace in found] == [0, 2, 2, 0, 0, 240_519]
    assert [trace["embedded_steps"][0]["duration_ms"] for trace in found] == [0, 2, 2, 0, 0, 240_519]


def test_both_forms_of_time_are_utc_and_give_the_order(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        result("t", run_id="r2", generated="2026-07-27T11:38:48"),
        result("t", run_id="r1", generated="2026-07-27T11:38:47Z"),
    )
    assert [(trace["metadata"]["pipeline_id"], trace["triggered_at"]) for trace in found] == [
        ("unit/linux/r1", datetime(2026, 7, 27, 11, 38, 47, tzinfo=UTC)),
        ("unit/linux/r2", datetime(2026, 7, 27, 11, 38, 48, tzinfo=UTC)),
    ]


def test_a_case_is_one_over_suites_and_dates_from_its_first_run(tmp_path: Path) -> None:
    later, first = "2026-07-05T00:00:00Z", "2026-07-04T00:00:00Z"
    found = traces(
        tmp_path, result("t", generated=later), result("t", suite="unit/mac", run_id="r2", generated=first)
    )
    [case] = documents(tmp_path / "dump", "test_cases")
    suites = documents(tmp_path / "dump", "test_suites")
    assert {trace["test_case_id"] for trace in found} == {str(case["_id"])}
    assert (case["title"], case["status"], case["test_type"]) == ("t", "active", "generic")
    assert case["created_at"] == datetime(2026, 7, 4, tzinfo=UTC)
    assert "owner_id" not in case
    assert [(suite["title"], suite["created_at"].day, suite["suite_items"]) for suite in suites] == [
        ("unit/linux", 5, []),
        ("unit/mac", 4, []),
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"passed": 3, "failed": 1, "error": 2, "runtest": 4, "skipped": 5}, (7, 3, 5, "failed")),
        ({"passed": 3, "failed": 0, "error": 0, "skipped": 1}, (3, 0, 1, "passed")),
        ({"passed": 0, "failed": 0, "error": 0, "skipped": 2}, (0, 0, 2, "cancelled")),
    ],
)
def test_a_run_declares_its_totals_whatever_its_rows_say(
    tmp_path: Path, counts: dict[str, float], expected: tuple[object, ...]
) -> None:
    declared = {"tests": sum(counts.values()), **counts, "time": 6608.219}
    target = write_dump(history(tmp_path / "given", [result("t")], [run(declared)]), tmp_path / "dump")
    [document] = documents(target, "execution_results")
    names = ("passed_cases", "failed_cases", "cancelled_cases", "overall_status")
    assert tuple(document[name] for name in names) == expected
    assert (document["suite_execution_id"], document["total_test_cases"]) == (
        "unit/linux/r1",
        declared["tests"],
    )
    assert document["aggregated_at"] == "2026-07-04T06:45:47+00:00"
    assert document["insights"]["declared"] == declared
    assert document["insights"]["run"]["hostname"] == "ws01"
    assert document["insights"]["run"]["title"] == "Unit Tests"


def test_the_folder_is_as_mongodump_writes_it(tmp_path: Path) -> None:
    traces(tmp_path, result("t"))
    names = {f"{name}{ending}" for name in COLLECTIONS for ending in (".bson", ".metadata.json")}
    found = contents(tmp_path / "dump")
    assert found.keys() == names
    description = json.loads(found["test_cases.metadata.json"])
    assert (description["collectionName"], description["type"]) == ("test_cases", "collection")
    assert [index["name"] for index in description["indexes"]] == ["_id_"]


def test_an_unknown_status_stops_the_conversion(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="status 'lost' of unit/linux/r1/t is not one of passed, failed"):
        traces(tmp_path, result("t", "lost"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given"]


def test_a_result_that_stands_there_twice_stops_the_conversion(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="1 results of the sample stand there twice"):
        traces(tmp_path, result("t"), result("t", "failed"))
    assert not (tmp_path / "dump").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (history(tmp_path / "given", [result("t")]) / "lammps_runs.parquet").unlink()
    with pytest.raises(SourceError, match=r"lammps_runs\.parquet is missing"):
        write_dump(tmp_path / "given", tmp_path / "dump")


def test_a_complete_dump_is_left_alone(tmp_path: Path) -> None:
    traces(tmp_path, result("t"))
    before = contents(tmp_path / "dump")
    assert write_dump(tmp_path / "no such folder", tmp_path / "dump") == tmp_path / "dump"
    assert contents(tmp_path / "dump") == before


def test_a_folder_that_is_no_dump_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "mine.txt").write_text("keep")
    with pytest.raises(StorageError, match="is no complete dump"):
        write_dump(tmp_path, tmp_path / "dump")
    assert (tmp_path / "dump" / "mine.txt").read_text() == "keep"


def test_a_killed_conversion_leaves_no_dump_and_is_made_good(tmp_path: Path) -> None:
    given = history(tmp_path / "given", [result("t")])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(given), str(tmp_path / "dump")],
        cwd=BUNDLED.parents[1],
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.iterdir()) == [".dump.partial", "given"]
    write_dump(given, tmp_path / "dump")
    assert contents(tmp_path / "dump") == contents(write_dump(given, tmp_path / "undisturbed"))
    assert not (tmp_path / ".dump.partial").exists()


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="No space left on device; make room"):
        traces(tmp_path, result("t"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given"]


def test_the_documents_of_a_slice_are_those_of_the_whole(tmp_path: Path) -> None:
    times = {"r1": "2026-07-03T23:59:59Z", "r2": "2026-07-04T00:00:00Z", "r3": "2026-07-05T00:00:00Z"}
    rows = [result("t", run_id=run_id, generated=moment) for run_id, moment in times.items()]
    runs = [run(NONE_DECLARED, run_id=run_id, generated=moment) for run_id, moment in times.items()]
    given = history(tmp_path / "given", rows, runs)
    whole = write_dump(given, tmp_path / "whole")
    part = write_dump(given, tmp_path / "part", (date(2026, 7, 4), date(2026, 7, 5)))
    for collection, kept in zip(COLLECTIONS, (slice(1, 2), slice(1, 2), slice(1), slice(1)), strict=True):
        assert list(documents(part, collection)) == list(documents(whole, collection))[kept]


def test_five_days_come_out_the_same_twice_and_hold_only_their_runs(tmp_path: Path) -> None:
    first, second = (write_dump(BUNDLED, tmp_path / name, SLICE) for name in ("one", "two"))
    assert contents(first) == contents(second)
    found = list(documents(first, "execution_traces"))
    assert len({trace["_id"] for trace in found}) == len(found) == 48_842
    assert {trace["triggered_at"].date() for trace in found} == {
        date(2026, 7, day) for day in (26, 27, 28, 30)
    }
    assert sum(1 for _ in documents(first, "execution_results")) == 60
    assert {trace["test_case_id"] for trace in found} == {
        str(case["_id"]) for case in documents(first, "test_cases")
    }


@pytest.mark.faults
def test_the_whole_history_is_there(tmp_path: Path) -> None:
    target = write_dump(BUNDLED, tmp_path / "dump")
    # Decoding 486,132 documents takes 15 s; what stands in their bytes is counted in 3.
    with (target / "intellibrowse" / "execution_traces.bson").open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        found = {name: re.findall(pattern, content, re.DOTALL) for name, pattern in IN_BYTES.items()}
    assert Counter(zip(found["status"], found["step status"], strict=True)) == {
        (b"passed", b"passed"): 416_185,
        (b"failed", b"failed"): 25_263 + 22_522,
        (b"cancelled", b"skipped"): 21_144,
        (b"passed", b"warning"): 1_018,
    }
    assert len(found["_id"]) == len(set(found["_id"])) == 486_132
    assert len(found["message of a step"]) == 69_947
    assert len(found["message of a failed document"]) == 25_263 + 22_522
    assert len(found["error_type"]) == 2 * 22_522  # in the document and in its step
    assert Counter(found["total_duration_ms"])[bytes(4)] == 6_100
    declared = list(documents(target, "execution_results"))
    assert (len(declared), sum(run["total_test_cases"] for run in declared)) == (602, 486_132)
    names = ("passed_cases", "failed_cases", "cancelled_cases")
    assert [sum(run[name] for run in declared) for name in names] == [417_203, 47_785, 21_144]
    assert sum(1 for _ in documents(target, "test_cases")) == 2_010
    assert sum(1 for _ in documents(target, "test_suites")) == 16
    shutil.rmtree(target)  # half a gigabyte that pytest would keep
