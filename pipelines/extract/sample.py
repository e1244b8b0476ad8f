"""The bundled LAMMPS history as a folder in mongodump's shape, so that a first night needs no database.

What belongs here: the mapping from the two Parquet files to documents (a table in samples/lammps/README.md).
What does not: reading a dump back (dump.py) and judging what is in it; declared totals go through unchecked.
Same files, same bytes: every `_id` is made of a run time and a hash. One conversion at a time for one target,
which the lock of the home sees to. An unknown status, or a result that stands there twice, stops it.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import bson
import polars as pl
from bson.objectid import ObjectId

from warehouse.errors import DataError, SourceError, StorageError

DATABASE: Final = "intellibrowse"
COLLECTIONS: Final = ("execution_traces", "execution_results", "test_cases", "test_suites")
ERROR_TYPE: Final = "LammpsError"

Document: TypeAlias = dict[str, Any]

# Status of the history -> status of the execution, status of its one step.
_STATUSES: Final = {
    "passed": ("passed", "passed"),
    "failed": ("failed", "failed"),
    "error": ("failed", "failed"),
    "skipped": ("cancelled", "skipped"),
    "runtest": ("passed", "warning"),
}


class _Run(NamedTuple):
    """What all results of one run share; in the order of the columns the results are grouped by."""

    run_at: datetime
    suite: str
    run_id: str
    sha: str
    branch: str

    @property
    def pipeline_id(self) -> str:
        # run_id alone is not unique: 204 values for the 602 runs.
        return f"{self.suite}/{self.run_id}"


class _Row(NamedTuple):
    """One result inside its run; in the order of the columns that are read."""

    test: str
    status: str
    duration_ms: int
    message: str
    attention: str | None


class _FirstSeen(NamedTuple):
    """When each test and each suite is seen first, by name, over the whole history."""

    cases: dict[str, datetime]
    suites: dict[str, datetime]


def write_dump(sample: Path, target: Path, days: tuple[date, date] | None = None) -> Path:
    """Write the dump of `sample` to `target`, complete or not at all; nothing when it is there.

    `days` takes only the runs from the first day up to, not with, the second (UTC). The documents of a slice
    are documents of the whole dump, to the byte.
    """
    if target.exists():
        return _complete(target)
    results, runs = (_read(sample / name) for name in ("lammps_tests.parquet", "lammps_runs.parquet"))
    draft = target.with_name(f".{target.name}.partial")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # left by a conversion that was killed
        (draft / DATABASE).mkdir(parents=True)
        _write_collections(draft / DATABASE, results, runs, days)
        draft.rename(target)
    except OSError as problem:
        raise StorageError(
            f"the sample cannot be written to {target}: {problem.strerror or problem}; "
            "make room or choose another home"
        ) from problem
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def last_event(sample: Path) -> datetime:
    """Time of the newest run: what the sample is true for, since nothing happens after it."""
    newest = _read(sample / "lammps_runs.parquet")["run_at"].max()
    assert isinstance(newest, datetime)
    return newest


def _complete(target: Path) -> Path:
    for name in COLLECTIONS:
        if not (target / DATABASE / f"{name}.bson").is_file():
            raise StorageError(f"{target} is no complete dump of the sample ({name}.bson): remove it")
    return target


def _read(file: Path) -> pl.DataFrame:
    if not file.is_file():
        raise SourceError(f"{file} is missing: the sample needs lammps_tests.parquet and lammps_runs.parquet")
    # `generated` is UTC with and without a closing Z (600 runs and 2).
    text = pl.col("generated").str.strip_chars_end("Z")
    run_at = text.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_zone="UTC").alias("run_at")
    return pl.read_parquet(file).with_columns(run_at)


def _write_collections(
    folder: Path, results: pl.DataFrame, runs: pl.DataFrame, days: tuple[date, date] | None
) -> None:
    first = _FirstSeen(_first_seen(results, "test"), _first_seen(results, "suite"))
    results = _within(results, days)
    runs = _within(runs, days).sort("run_at", "suite", "run_id")
    _write(folder, "execution_traces", _traces(results, first))
    _write(folder, "execution_results", map(bson.encode, map(_result, runs.to_dicts())))
    tests, suites = (results[name].unique().sort().to_list() for name in ("test", "suite"))
    _write(folder, "test_cases", (bson.encode(_case(test, first.cases[test])) for test in tests))
    _write(folder, "test_suites", (bson.encode(_suite(suite, first.suites[suite])) for suite in suites))


def _first_seen(results: pl.DataFrame, name: str) -> dict[str, datetime]:
    return dict(results.group_by(name).agg(pl.col("run_at").min()).iter_rows())


def _within(frame: pl.DataFrame, days: tuple[date, date] | None) -> pl.DataFrame:
    if days is None:
        return frame
    start, end = (datetime.combine(day, time(), UTC) for day in days)
    return frame.filter(pl.col("run_at").is_between(start, end, closed="left"))


def _write(folder: Path, collection: str, documents: Iterable[bytes]) -> None:
    with (folder / f"{collection}.bson").open("wb", buffering=1 << 20) as file:
        file.writelines(documents)
        file.flush()
        os.fsync(file.fileno())  # the folder's name must not outlive its content in a power cut
    description = {
        "options": {},
        "indexes": [{"v": {"$numberInt": "2"}, "key": {"_id": {"$numberInt": "1"}}, "name": "_id_"}],
        "collectionName": collection,
        "type": "collection",
    }
    (folder / f"{collection}.metadata.json").write_text(json.dumps(description), encoding="utf-8")


def _object_id(moment: datetime, *parts: str) -> ObjectId:
    digest = blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return ObjectId(int(moment.timestamp()).to_bytes(4, "big") + digest)


def _traces(results: pl.DataFrame, first: _FirstSeen) -> Iterator[bytes]:
    """One document per result, in the order of the runs' times, as a collection grows."""
    case_ids = {test: str(_object_id(moment, test)) for test, moment in first.cases.items()}
    seen: set[bytes] = set()
    # The product of doubles is what is rounded: 16.2325 s gives 16233 ms (2 rows differ from exact decimals).
    duration = (pl.col("time_s") * 1000).round(0, mode="half_to_even").cast(pl.Int64)
    ordered = results.sort(*_Run._fields, maintain_order=True).with_columns(duration.alias("duration_ms"))
    for key, rows in ordered.group_by(*_Run._fields, maintain_order=True):
        run = _Run(*key)
        shared = bson.encode(_shared_fields(run))
        for row in map(_Row._make, rows.select(_Row._fields).iter_rows()):
            own = _own_fields(run, case_ids[row.test], row)
            seen.add(own["_id"].binary)
            yield _joined(bson.encode(own), shared)
    if len(seen) != results.height:
        raise DataError(
            f"{results.height - len(seen)} results of the sample stand there twice (suite, run_id, test); "
            "mend lammps_tests.parquet"
        )


def _joined(one: bytes, other: bytes) -> bytes:
    """Two encoded documents as one: a length, the fields of both, a closing zero byte."""
    # What a run's results share is encoded once a run: a third of the conversion's time saved.
    return (len(one) + len(other) - 5).to_bytes(4, "little") + one[4:-1] + other[4:]


def _own_fields(run: _Run, case_id: str, row: _Row) -> Document:
    """What tells a result's document from the others of its run."""
    if row.status not in _STATUSES:
        raise DataError(
            f"status {row.status!r} of {run.pipeline_id}/{row.test} is not one of {', '.join(_STATUSES)}"
        )
    status, step_status = _STATUSES[row.status]
    details = _error_details(row)
    document = {
        "_id": _object_id(run.run_at, run.suite, run.run_id, row.test),
        "execution_id": f"{run.pipeline_id}/{row.test}",
        "test_case_id": case_id,
        "status": status,
        "embedded_steps": [_step(row, step_status, details)],
        "total_duration_ms": row.duration_ms,
    }
    if status == "failed" and details is not None:
        document["error_details"] = details
    return document


def _shared_fields(run: _Run) -> Document:
    """What the documents of a run's results have in common."""
    return {
        "id": None,
        "schema_version": "1.0",
        "created_at": run.run_at,
        "updated_at": None,
        "parent_execution_id": None,
        "test_suite_id": None,
        "execution_type": "ci_cd_execution",
        "execution_context": {
            "environment": run.suite,
            "browser": None,
            "platform": None,
            "build_version": run.sha[:12],
            "custom_properties": {"suite": run.suite},
        },
        "triggered_by": "ci",
        "triggered_at": run.run_at,
        "started_at": None,
        "completed_at": None,
        "is_partitioned": False,
        "step_count_threshold": 50,
        "estimated_step_count": 1,
        "step_results_collection": None,
        "tags": [],
        "metadata": {"commit": run.sha, "branch": run.branch, "pipeline_id": run.pipeline_id},
    }


def _error_details(row: _Row) -> Document | None:
    details: Document = {}
    if row.status == "error":  # only `error` has a type of its own; none is made up for the others
        details["error_type"] = ERROR_TYPE
    if row.message:
        details["error_message"] = row.message
    return details or None


def _step(row: _Row, status: str, details: Document | None) -> Document:
    return {
        "step_id": "step_0",
        "step_name": row.test,
        "step_order": 0,
        "status": status,
        "started_at": None,
        "completed_at": None,
        "duration_ms": row.duration_ms,
        "error_details": details,
        "warnings": [] if row.attention is None else [row.attention],
        "step_type": "action",
    }


def _result(run: Document) -> Document:
    """What a run declares about itself, in shape B of execution_results."""
    declared = json.loads(run["counts"])
    passed = declared["passed"] + declared.get("runtest", 0)
    failed = declared["failed"] + declared["error"]
    return {
        "_id": _object_id(run["run_at"], run["suite"], run["run_id"]),
        "suite_execution_id": f"{run['suite']}/{run['run_id']}",
        "total_test_cases": declared["tests"],
        "passed_cases": passed,
        "failed_cases": failed,
        "cancelled_cases": declared["skipped"],
        "overall_status": "failed" if failed else "passed" if passed else "cancelled",
        "insights": {
            "declared": declared,
            "run": {name: value for name, value in run.items() if name not in ("counts", "run_at")},
        },
        "aggregated_at": run["run_at"].isoformat(),
    }


def _case(test: str, first_run_at: datetime) -> Document:
    return {
        "_id": _object_id(first_run_at, test),
        "_schema_version": "1.0",
        "created_at": first_run_at,
        "title": test,
        "steps": [],
        "test_type": "generic",
        "priority": "medium",
        "tags": [],
        "status": "active",
        "related_test_items": [],
        "metadata": {},
        "is_archived": False,
    }


def _suite(suite: str, first_run_at: datetime) -> Document:
    return {
        "_id": _object_id(first_run_at, suite),
        "title": suite,
        "description": None,
        "tags": [],
        "priority": "medium",
        "status": "active",
        "suite_items": [],
        "total_items": 0,
        "active_items": 0,
        "created_at": first_run_at,
        "updated_at": first_run_at,
    }
