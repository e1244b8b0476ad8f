"""Nights one after the other: nothing twice, nothing lost, in any order, in portions of any size.

What belongs here: what the lake holds after several nights over a changing source, a real mongod unless it
does not matter. What does not: nights that are killed or cannot write (test_faults.py).
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.home import Home
from pipelines.settings import IdentityPaths, Settings
from tests.integration.nights import (
    AS_OF,
    Database,
    Tables,
    assert_same,
    changed_days,
    copy_of,
    dump_of,
    new_home,
    night,
    picked,
    row,
    tables,
)
from tests.integration.synthetic import (
    Document,
    Documents,
    at,
    case_key,
    documents,
    execution,
    execution_key,
    failing,
    state_change,
    step,
    step_document,
)

LATER = AS_OF + timedelta(days=1)
FEW_DAYS = Settings(processes=1, reread_days=3)
"""Only the newest days are compared whole, so that days of the set are old."""


@pytest.fixture
def home(from_mongod: Home, tmp_path: Path) -> Home:
    """A home after its first night over the whole set."""
    return copy_of(from_mongod, tmp_path / "home")


@pytest.fixture
def source(database: Database, whole_set: Documents) -> Database:
    """The database that this first night read."""
    database.put(whole_set)
    return database


def the_day(number: int) -> date:
    return at(number).date()


def one_of(found: Documents, name: str, collection: str = "execution_traces") -> Document:
    return next(one for one in found[collection] if one.get("execution_id") == name)


def test_the_same_night_again_publishes_nothing(home: Home, source: Database) -> None:
    first = tables(home)
    again = night(home, source.source())
    assert (again.generation.number, again.changed_days) == (1, ())
    windows_overlap = Settings(processes=1, overlap_minutes=60 * 24 * 30, reread_days=30)
    again = night(home, source.source(), windows_overlap)
    assert (again.generation.number, again.changed_days) == (1, ())
    assert_same(first, tables(home))


def test_the_next_night_over_an_unchanged_source_rewrites_no_executions(home: Home, source: Database) -> None:
    first = tables(home)
    loaded = night(home, source.source(), as_of=LATER)
    assert loaded.changed_days == ()
    after = tables(home)
    for name in ("tests", "suites", "items", "users"):  # last_seen_at goes on, and nothing else
        assert after[name]["last_seen_at"].unique().to_list() == [LATER]
        after[name] = after[name].with_columns(last_seen_at=first[name]["last_seen_at"])
    assert_same(first, after)


def test_documents_in_any_order_give_the_same_lake(
    whole_set: Documents, from_dump: Home, tmp_path: Path
) -> None:
    shuffled = {name: random.Random(7).sample(rows, len(rows)) for name, rows in whole_set.items()}
    home = new_home(tmp_path / "home")
    night(home, dump_of(tmp_path / "dump", shuffled))
    assert_same(tables(from_dump), tables(home))


SIZES = [
    Settings(processes=2, batch_documents=7, group_executions=10),
    pytest.param(Settings(processes=1, batch_documents=1, group_executions=10), marks=pytest.mark.faults),
    pytest.param(Settings(processes=1, batch_documents=8_000, group_executions=1), marks=pytest.mark.faults),
]


@pytest.mark.parametrize(
    "settings", SIZES, ids=lambda s: f"{s.batch_documents}-{s.group_executions}-{s.processes}"
)
def test_batches_groups_and_processes_of_any_size_give_the_same_lake(
    settings: Settings, whole_set: Documents, from_dump: Home, tmp_path: Path
) -> None:
    home = new_home(tmp_path / "home")
    night(home, dump_of(tmp_path / "dump", whole_set, settings), settings)
    assert_same(tables(from_dump), tables(home))


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.faults) for seed in range(2, 12))]
)
def test_portions_in_any_order_give_the_same_lake(
    seed: int, whole_set: Documents, from_mongod: Home, database: Database, tmp_path: Path
) -> None:
    """Documents come in three portions of random days, companions apart from their executions."""
    chance = random.Random(seed)
    portions: list[Documents] = [{name: [] for name in whole_set} for _ in range(3)]
    for name, rows in whole_set.items():
        for one in rows:
            portions[chance.randrange(3)][name].append(one)
    home, settings = new_home(tmp_path / "home"), Settings(processes=1, reread_nights=1)
    for portion in portions:
        database.put_more(portion)
        night(home, database.source(), settings)
    assert_same(tables(from_mongod), tables(home))


def test_days_in_any_order_give_the_same_lake(whole_set: Documents, tmp_path: Path) -> None:
    """Each night's dump holds the executions of some days only; its companions and catalog are whole.

    Whose name is shared must be read again when the other comes, and such a dump holds it no more: left out.
    """
    traces = [one for one in whole_set["execution_traces"] if one.get("execution_id") not in SHARED]
    found = whole_set | {"execution_traces": traces}
    home, settings = new_home(tmp_path / "home"), Settings(processes=1, reread_nights=1)
    for days in ((9, 10, 11, 12), (1, 2, 3), (4, 5, 6, 7, 8)):
        chosen = [one for one in traces if _day_of(one) in days]
        night(home, dump_of(tmp_path / "dump", found | {"execution_traces": chosen}), settings)
    at_once = new_home(tmp_path / "at_once")
    night(at_once, dump_of(tmp_path / "dump", found))
    # source_days is of the last dump, which held some days only.
    assert_same(tables(at_once) | {"source_days": tables(home)["source_days"]}, tables(home))


SHARED = ("exec_twin", execution_key("history", 5))


def _day_of(one: Document) -> int:
    moment = one.get("triggered_at") or getattr(one["_id"], "generation_time", None)
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    assert moment is not None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.astimezone(UTC).day)


def edited(found: Documents) -> Document:
    return one_of(found, "exec_traces") | {"status": "failed", "updated_at": at(13)}


def added(found: Documents) -> Document:
    return execution("added", 3, embedded_steps=[failing(1, "new")]) | {"updated_at": at(13)}


def moved(found: Documents) -> Document:
    return one_of(found, "exec_by_key") | {"triggered_at": at(4), "updated_at": at(13)}


CHANGES: list[tuple[Callable[[Documents], Document], set[int]]] = [
    (edited, {1}),
    (added, {3}),
    (moved, {2, 4}),
]


@pytest.mark.parametrize(("change", "days"), CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_one_document_changes_exactly_its_days(
    change: Callable[[Documents], Document],
    days: set[int],
    home: Home,
    source: Database,
    whole_set: Documents,
) -> None:
    before, document = tables(home), change(whole_set)
    source.replace("execution_traces", document)
    loaded = night(home, source.source(), FEW_DAYS, as_of=LATER)
    after = tables(home)
    expected = {the_day(day) for day in days}
    assert changed_days(before, after) == expected == set(loaded.changed_days)
    key = str(document["_id"])
    others = pl.col("execution_key") != key
    for name in ("executions", "attempts", "steps", "state_changes"):
        assert before[name].filter(others).equals(after[name].filter(others)), name
    assert row(after["executions"], execution_key=key)["triggered_date"] == the_day(max(days))
    outcomes = {"edited": ["passed", "passed"], "added": ["failed"], "moved": ["passed", "failed", "passed"]}
    steps = picked(after["steps"], ["triggered_date", "outcome"], execution_key=key)
    assert steps == [(the_day(max(days)), outcome) for outcome in outcomes[change.__name__]]


def _without_clock(found: Documents, name: str) -> Document:
    """An edit that leaves all times as they were."""
    return one_of(found, name) | {"status": "cancelled"}


def test_a_change_time_that_goes_back_is_believed(home: Home, source: Database, whole_set: Documents) -> None:
    """A clock was corrected, or the source restored from a backup: there is one document, and this is it."""
    document = one_of(whole_set, "exec_traces")
    source.replace("execution_traces", document | {"status": "cancelled", "updated_at": at(14)})
    night(home, source.source(), as_of=at(14))
    source.replace("execution_traces", document | {"status": "passed", "updated_at": at(2)})
    night(home, source.source(), Settings(processes=1, reread_days=60), as_of=at(15))
    assert row(tables(home)["executions"], execution_id="exec_traces")["outcome"] == "passed"


def test_an_edit_without_change_time_is_found_at_once_on_a_recent_day(
    home: Home, source: Database, whole_set: Documents
) -> None:
    document = _without_clock(whole_set, "exec_vanished")
    source.replace("execution_traces", document)
    loaded = night(home, source.source())
    assert loaded.changed_days == (the_day(10),)
    key = str(document["_id"])
    assert row(tables(home)["executions"], execution_key=key)["outcome"] == "cancelled"


def test_an_edit_without_change_time_is_found_within_the_stated_nights_on_an_old_day(
    home: Home, source: Database, whole_set: Documents
) -> None:
    settings = Settings(processes=1, reread_days=1, reread_nights=2)
    source.replace("execution_traces", _without_clock(whole_set, "exec_by_id"))
    late = execution("late", 1) | {"triggered_at": at(-40), "created_at": at(-40), "updated_at": None}
    source.replace("execution_traces", late | {"_id": "came late"})
    changed: list[date] = []
    for count in range(1, 3):
        loaded = night(home, source.source(settings), settings, as_of=AS_OF + timedelta(days=count))
        changed += loaded.changed_days
    assert sorted(changed) == [the_day(-40), the_day(2)]
    assert row(tables(home)["executions"], execution_id="exec_by_id")["outcome"] == "cancelled"


COMPANIONS: list[tuple[str, Document, str, dict[str, Any]]] = [
    (
        "execution_state_history",
        state_change(execution_key("traces", 1), "new", at(13), "failed", "retrying"),
        "exec_traces",
        {"attempt_count": 2, "is_flaky": True, "step_count": 2},
    ),
    (
        "execution_results",
        {
            "_id": "newest",
            "execution_id": "exec_results",
            "processed_at": at(13).isoformat(),
            "step_results": [step(0), step(1), step(2)],
        },
        "exec_results",
        {"step_count": 3, "step_source": "results"},
    ),
    (
        "execution_steps",
        step_document(
            execution_key("by_key", 2), "by_key", 2, step(2, "failed", updated_at=at(13), step_name="edited")
        ),
        "exec_by_key",
        {"step_count": 3, "failing_step_name": "Step 1"},
    ),
    (
        "execution_steps",
        step_document("exec_sixty_lost", "found again", 4, failing(1, "found again", completed_at=at(13))),
        "exec_sixty_lost",
        {"step_count": 1, "failing_step_name": "Step 1"},
    ),
]


def test_companions_that_change_alone_change_their_executions(home: Home, source: Database) -> None:
    before = tables(home)
    for collection, document, _, _ in COMPANIONS:
        source.replace(collection, document)
    night(home, source.source(), FEW_DAYS, as_of=LATER)
    after = tables(home)
    for _, _, name, expected in COMPANIONS:
        found = row(after["executions"], execution_id=name)
        assert {column: found[column] for column in expected} == expected
    assert changed_days(before, after) == {the_day(day) for day in (1, 2, 3, 4)}
    steps = picked(after["steps"], ["step_name", "outcome"], execution_key=execution_key("by_key", 2))
    assert steps == [("Step 0", "passed"), ("Step 1", "failed"), ("edited", "failed")]


def test_a_name_shared_on_a_later_night_is_nobodys_from_then_on(
    home: Home, source: Database, whole_set: Documents
) -> None:
    """As if both had been there at once: the one that stood alone loses what may be the other's."""
    twin = execution("late_twin", 12, execution_id="exec_by_id", updated_at=at(13))
    thief = execution("thief", 12, updated_at=at(13)) | {"_id": "exec_reopened"}
    source.replace("execution_traces", twin)
    source.replace("execution_traces", thief)
    night(home, source.source(), FEW_DAYS, as_of=LATER)
    after = tables(home)
    counts = {
        key: (found["step_count"], found["attempt_count"])
        for key in (
            execution_key("by_id", 2),
            execution_key("reopened", 5),
            str(twin["_id"]),
            "exec_reopened",
        )
        for found in [row(after["executions"], execution_key=key)]
    }
    assert counts == {
        execution_key("by_id", 2): (0, 1),
        execution_key("reopened", 5): (0, 1),
        str(twin["_id"]): (0, 1),
        "exec_reopened": (0, 2),
    }
    source.replace("execution_traces", twin | {"execution_id": "another", "updated_at": at(13, 11)})
    night(home, source.source(), FEW_DAYS, as_of=LATER + timedelta(days=1))
    assert row(tables(home)["executions"], execution_key=execution_key("by_id", 2))["step_count"] == 2


def test_what_vanishes_at_the_source_stays(home: Home, source: Database, whole_set: Documents) -> None:
    before = tables(home)
    held = source.client[source.name]
    gone = [one["_id"] for one in whole_set["execution_traces"] if one.get("execution_id") == "exec_vanished"]
    held["execution_traces"].delete_one({"_id": gone[0]})
    held["test_cases"].delete_one({"title": "Case 2"})
    held["users"].drop()
    night(home, source.source(), as_of=LATER)
    after = tables(home)
    assert not changed_days(before, after)
    seen = dict(after["tests"].select("test_key", "last_seen_at").iter_rows())
    assert (seen[case_key(1)], seen[case_key(2)]) == (LATER, AS_OF)
    assert after["users"].equals(before["users"])


@pytest.mark.parametrize("collection", ["execution_queue", "execution_state_history", "execution_results"])
def test_what_companions_told_stays_when_they_vanish(
    home: Home, source: Database, whole_set: Documents, collection: str
) -> None:
    """The source deletes them (a queue entry on success, others by age); their executions are read again."""
    before = tables(home)
    held = source.client[source.name]
    held[collection].delete_many({})
    held["execution_traces"].update_many({"updated_at": {"$type": "date"}}, {"$set": {"updated_at": at(13)}})
    night(home, source.source(), as_of=LATER)
    after = tables(home)
    assert not before["executions"].equals(after["executions"])
    shared = before["executions"].filter(pl.col("execution_id").is_duplicated())["execution_key"]
    is_alone = pl.col("execution_key").is_in(shared.implode()).not_()
    told = [
        {name: found[name].filter(is_alone) for name in ("executions", "attempts", "steps", "state_changes")}
        for found in (before, after)
    ]
    for found in told:
        found["executions"] = found["executions"].drop("changed_at")
    assert_same(*told)


def test_an_execution_in_flight_is_read_again_until_it_ends(
    home: Home, source: Database, whole_set: Documents
) -> None:
    """Ended without a change time, on a day that is not compared this night."""
    document = one_of(whole_set, "exec_is_running") | {"status": "passed", "completed_at": at(8, 11)}
    source.replace("execution_traces", document)
    settings = Settings(processes=1, reread_days=1)
    loaded = night(home, source.source(), settings, as_of=LATER)
    assert loaded.changed_days == (the_day(8),)
    assert row(tables(home)["executions"], execution_id="exec_is_running")["outcome"] == "passed"


def test_a_document_that_goes_bad_keeps_its_row(home: Home, source: Database, whole_set: Documents) -> None:
    before = tables(home)
    document = one_of(whole_set, "exec_traces")
    source.replace("execution_traces", document | {"statistics": "broken", "updated_at": at(13)})
    night(home, source.source(), as_of=LATER)
    after = tables(home)
    assert not changed_days(before, after)
    assert after["quarantine"]["document_id"].to_list() == [str(document["_id"])]


def test_tables_are_those_of_a_first_night(home: Home, source: Database, tmp_path: Path) -> None:
    """All of these changes in one night, and the lake is the same as if the source had always been so."""
    found = documents()
    for change in (edited(found), added(found), moved(found)):
        source.replace("execution_traces", change)
    for collection, document, _, _ in COMPANIONS:
        source.replace(collection, document)
    night(home, source.source(), FEW_DAYS, as_of=LATER)
    fresh = new_home(tmp_path / "fresh")
    night(fresh, source.source(), as_of=LATER)
    assert_same(_facts(tables(fresh)), _facts(tables(home)))


def _facts(found: Tables) -> Tables:
    return {
        name: found[name] for name in ("executions", "attempts", "steps", "state_changes", "declared_totals")
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": IdentityPaths(environment=("metadata.branch",), suite=())},
        pytest.param({"error_outcome_types": ("AssertionError",)}, marks=pytest.mark.faults),
        pytest.param({"text_limit": 100}, marks=pytest.mark.faults),
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_other_settings_of_reading_make_the_lake_of_a_first_night(
    home: Home, source: Database, tmp_path: Path, changed: dict[str, Any]
) -> None:
    before = tables(home)
    settings = Settings(processes=1, **changed)
    whole = night(home, source.source(), settings, as_of=LATER).document_counts
    fresh = new_home(tmp_path / "fresh")
    night(fresh, source.source(), settings, as_of=LATER)
    after = tables(home)
    assert_same(_facts(after), _facts(tables(fresh)))
    assert changed_days(before, after)
    again = night(home, source.source(), settings, as_of=LATER + timedelta(days=1)).document_counts
    assert again["execution_traces"] < whole["execution_traces"], "once is enough"
