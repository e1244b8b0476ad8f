"""Which rows of a source belong together: copies of one document, steps of one place, late companions.

What belongs here: copies within one reading, companions that nothing but their day tells of. What does not:
copies over nights (test_nights.py).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.extract.reader import Source
from pipelines.settings import Settings
from tests.integration.nights import AS_OF, Database, dump_of, new_home, night, picked, row, tables
from tests.integration.synthetic import (
    Documents,
    at,
    execution,
    execution_key,
    failing,
    oid,
    state_change,
    step,
    step_document,
)

TWICE = [
    execution("twice", 2, "passed", embedded_steps=[step(0), step(1)]),
    execution("twice", 2, "failed", embedded_steps=[failing(order, "no") for order in range(5)]),
]


@pytest.mark.parametrize("batch_documents", [1, 100])
@pytest.mark.parametrize("first", [0, 1])
def test_an_execution_has_the_steps_of_its_own_copy(tmp_path: Path, first: int, batch_documents: int) -> None:
    found: Documents = {"execution_traces": [TWICE[first], execution("other", 2), TWICE[1 - first]]}
    home = new_home(tmp_path / "home")
    source = dump_of(tmp_path / "dump", found)
    night(home, source, Settings(processes=1, batch_documents=batch_documents))
    rows = tables(home)
    kept = row(rows["executions"], execution_key=execution_key("twice", 2))
    assert (kept["status"], kept["step_count"]) == ("passed", 2)
    assert picked(rows["steps"], ["outcome"], execution_key=execution_key("twice", 2)) == [("passed",)] * 2


def test_steps_come_from_the_collection_that_the_document_names(tmp_path: Path) -> None:
    named: dict[str, Any] = {"step_results_collection": "execution_steps", "is_partitioned": True}
    found: Documents = {
        "execution_traces": [execution("named", 2, **named), execution("nameless", 2)],
        "execution_steps": [
            step_document(f"exec_{name}", name, 2, step(order))
            for name in ("named", "nameless")
            for order in (0, 1)
        ],
        "step_results": [step_document("exec_named", "named", 2, step(order)) for order in (5, 6, 7)],
    }
    home = new_home(tmp_path / "home")
    night(home, dump_of(tmp_path / "dump", found))
    rows = tables(home)
    assert picked(rows["steps"], ["step_key"], execution_key=execution_key("named", 2)) == [
        ("step_0",),
        ("step_1",),
    ]
    counts = dict(rows["executions"].select("execution_id", "step_count").iter_rows())
    assert counts == {"exec_named": 2, "exec_nameless": 0}


@pytest.mark.parametrize("first", [0, 1])
def test_declared_totals_are_those_computed_last(tmp_path: Path, first: int) -> None:
    key = {"_id": oid(at(2), "totals"), "suite_execution_id": "p1"}
    totals = [
        key | {"total_test_cases": 3, "aggregated_at": "2026-03-02T12:00:00Z"},
        key | {"total_test_cases": 9, "aggregated_at": "2026-03-02T11:00:00Z"},
    ]
    found = {
        "execution_traces": [execution("one", 2)],
        "execution_results": [totals[first], totals[1 - first]],
    }
    home = new_home(tmp_path / "home")
    night(home, dump_of(tmp_path / "dump", found))
    assert tables(home)["declared_totals"]["total_count"].to_list() == [3]


def _passes(name: str, minute: int, old: str, new: str) -> dict[str, Any]:
    """A change of state whose _id has no time inside."""
    change = state_change(execution_key("one", 2), "one", at(2, 10, minute), old, new)
    return change | {"_id": name}


LATE_COMPANIONS: dict[str, dict[str, Any]] = {
    "execution_state_history": _passes("h2", 2, "failed", "retrying"),
    "execution_results": {
        "_id": "r2",
        "execution_id": execution_key("one", 2),
        "processed_at": "2026-03-02T11:00:00Z",
        "step_results": [step(0), step(1)],
    },
    "execution_steps": {
        "_id": "s2",
        "execution_id": execution_key("named", 2),
        **step(1),
        "started_at": at(2, 10, 1),
    },
}
HAVE_IT: dict[str, tuple[str, str]] = {
    "execution_state_history": ("state_changes", "one"),
    "execution_results": ("steps", "one"),
    "execution_steps": ("steps", "named"),
}


@pytest.mark.parametrize("collection", LATE_COMPANIONS)
@pytest.mark.parametrize("is_dump", [True, False])
def test_a_late_companion_without_a_time_in_its_id_is_found_by_its_day(
    tmp_path: Path, database: Database, collection: str, is_dump: bool
) -> None:
    found: Documents = {}
    standing: Documents = {
        "execution_traces": [
            execution("one", 2),
            execution("named", 2, step_results_collection="execution_steps", is_partitioned=True),
            execution("newest", 12),
        ],
        "execution_state_history": [
            state_change(execution_key("newest", 12), "newest", at(12), "pending", "queued")
        ],
        "execution_results": [
            {"_id": "r1", "execution_id": execution_key("newest", 12), "processed_at": "2026-03-12T11:00:00Z"}
        ],
        "execution_steps": [step_document(execution_key("newest", 12), "newest", 12, step(0))],
    }
    home = new_home(tmp_path / "home")

    def opened(news: Documents) -> Source:
        if not is_dump:
            database.put_more(news)
            return database.source()
        for name, documents in news.items():
            found.setdefault(name, []).extend(documents)
        return dump_of(tmp_path / "dump", found)

    settings = Settings(processes=1, reread_days=1, reread_nights=1)
    night(home, opened(standing), settings)
    news = {collection: [LATE_COMPANIONS[collection]]}
    night(home, opened(news), settings, as_of=AS_OF + timedelta(days=1))
    table, name = HAVE_IT[collection]
    assert execution_key(name, 2) in set(tables(home)[table]["execution_key"])
