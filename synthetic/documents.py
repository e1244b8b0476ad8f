"""The same history as the platform's documents, for a mongodump folder or a database: the normal way in.

What belongs here: document shapes (docs: source-schema, execution_traces and its companions). What does not:
what the executions are (executions.py). Commit, branch and pipeline stand where the default settings look;
the project, of several, in execution_context.custom_properties.project, where no default setting looks.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import bson
import numpy as np
import polars as pl
from bson import ObjectId
from pymongo.database import Database

from pipelines.extract.documents import RESOURCES
from synthetic.executions import STEP_NAMES, STEP_TYPES, executions_of, state_changes_of, steps_of
from synthetic.histories import History
from synthetic.lake_files import suites_of, tests_of
from synthetic.names import Names, object_ids
from synthetic.streams import hashes

Document: TypeAlias = dict[str, Any]

COLLECTIONS: Final = ("test_cases", "test_suites", "execution_traces", "execution_state_history")
DATABASE: Final = "intellibrowse"
_SLICE: Final = 20_000
"""Executions made into documents at a time: a few tens of megabytes."""


def documents(history: History) -> Iterator[tuple[str, Document]]:
    """Every document with the name of its collection: cases and suites first, then executions as they ran."""
    names = Names(history)
    for row in tests_of(names).iter_rows(named=True):
        yield "test_cases", _case(row)
    for row in suites_of(names).iter_rows(named=True):
        yield "test_suites", _suite(row)
    for runs in history.runs.iter_slices(_SLICE):
        rows = executions_of(names, runs, has_steps=True)
        for document in _traces(rows):
            yield "execution_traces", document
        for document in _state_history(state_changes_of(rows)):
            yield "execution_state_history", document


def write_dump(folder: Path, history: History) -> Path:
    """The documents as mongodump writes them, one file per collection, in `folder`/intellibrowse."""
    place = folder / DATABASE
    place.mkdir(parents=True)
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {
            name: stack.enter_context((place / f"{name}.bson").open("wb", buffering=1 << 20))
            for name in COLLECTIONS
        }
        for name, document in documents(history):
            files[name].write(bson.encode(document))
    return folder


def fill(database: Database[Document], history: History) -> None:
    """The documents into a database without them."""
    found = documents(history)
    while portion := list(islice(found, _SLICE)):
        for name in COLLECTIONS:
            if of_collection := [document for of, document in portion if of == name]:
                database[name].insert_many(of_collection, ordered=False)


def _traces(executions: pl.DataFrame) -> Iterator[Document]:
    """One document of execution_traces per execution, as model_dump() of the platform writes it."""
    steps = steps_of(executions).sort("execution_key", "step_number")
    of_execution: dict[str, list[Document]] = {}
    for row in steps.iter_rows(named=True):
        of_execution.setdefault(row["execution_key"], []).append(_step(row))
    for row in executions.iter_rows(named=True):
        yield _trace(row, of_execution[row["execution_key"]])


def _trace(row: Document, steps: list[Document]) -> Document:
    document = {
        "_id": ObjectId(row["execution_key"]),
        "id": None,
        "schema_version": "1.0",
        "created_at": row["triggered_at"],
        "updated_at": row["completed_at"],
        "execution_id": row["execution_id"],
        "parent_execution_id": None,
        "test_case_id": row["test_key"],
        "test_suite_id": None,
        "execution_type": row["execution_type"],
        "execution_context": _context(row),
        "status": row["status"],
        "triggered_by": "ci",
        "triggered_at": row["triggered_at"],
        "started_at": row["started_at"],
        "completed_at": row["completed_at"],
        "is_partitioned": False,
        "step_count_threshold": 50,
        "estimated_step_count": len(steps),
        "embedded_steps": steps,
        "step_results_collection": None,
        "statistics": {"total_steps": 0, "completed_steps": 0, "total_duration_ms": None},
        "total_duration_ms": row["duration_ms"],
        "resource_usage": {name: row[name] for name in RESOURCES} if row["resource_source"] else None,
        "state_history": [],
        "tags": [],
        "metadata": {name: row[of] for name, of in _METADATA.items()},
    }
    if row["error_type"]:
        document["error_details"] = {name: row[name] for name in ("error_type", "error_message")}
    return document


_METADATA: Final = {"commit": "commit_id", "branch": "branch", "pipeline_id": "pipeline_id"}


def _context(row: Document) -> Document:
    return {
        **{name: row[name] for name in ("environment", "browser", "platform", "build_version")},
        "execution_agent": row["execution_agent"],
        "custom_properties": {"suite": row["suite_key"], "project": row["project"]},
    }


def _step(row: Document) -> Document:
    number = row["step_number"] - 1
    has_error = row["error_type"] is not None
    error = {name: row[name] for name in ("error_type", "error_message")} if has_error else None
    return {
        "step_id": row["step_key"],
        "step_name": STEP_NAMES[number],
        "step_order": number,
        "status": row["outcome"],
        "started_at": None,
        "completed_at": None,
        "duration_ms": row["duration_ms"],
        "error_details": error,
        "warnings": [],
        "retry_count": 0,
        "step_type": STEP_TYPES[number],
    }


def _state_history(changes: pl.DataFrame) -> Iterator[Document]:
    """In the collection: nobody reads the list of the same name inside the execution."""
    seconds = changes["changed_at"].dt.epoch("s").to_numpy().astype(np.int64)
    texts = changes.select(pl.format("{}|{}|{}", "execution_key", "changed_at", "to_status")).to_series()
    keys: Iterable[str] = object_ids(seconds, hashes(texts))
    for key, row in zip(keys, changes.iter_rows(named=True), strict=True):
        yield {
            "_id": ObjectId(key),
            "execution_id": row["execution_key"],
            "old_status": row["from_status"],
            "new_status": row["to_status"],
            "timestamp": row["changed_at"],
            "metadata": {},
        }


def _case(row: Document) -> Document:
    return {
        "_id": ObjectId(row["test_key"]),
        "_schema_version": "1.0",
        "title": row["test_name"],
        "steps": [],
        "test_type": row["test_type"],
        "priority": row["priority"],
        "tags": [],
        "status": row["status"],
        "related_test_items": [],
        "metadata": {},
        "is_archived": row["is_archived"],
        "created_at": row["created_at"],
    }


def _suite(row: Document) -> Document:
    return {
        "_id": ObjectId(row["suite_key"]),
        "title": row["suite_name"],
        "description": None,
        "tags": [],
        "priority": row["priority"],
        "status": row["status"],
        "suite_items": [],
        "created_at": row["created_at"],
        "updated_at": None,
    }
