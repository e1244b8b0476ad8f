"""A dump file that is cut off one night and whole the next: nothing that was behind the cut stays unseen.

What belongs here: nights over damaged files. What does not: malformed documents (test_sources.py).
"""

from pathlib import Path

import pytest

from pipelines.home import Home
from tests.integration.nights import AS_OF, Tables, dump_of, new_home, night, nights, tables
from tests.integration.synthetic import Documents, at, execution, execution_key
from warehouse.lake import Lake

DAMAGED = (
    "execution_traces",
    pytest.param("execution_steps", marks=pytest.mark.faults),
    pytest.param("execution_state_history", marks=pytest.mark.faults),
)


def cut(folder: Path, collection: str) -> bytes:
    """Cuts the file off in its middle; what it held."""
    [file] = folder.rglob(f"{collection}.bson")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    return whole


def marks(home: Home) -> set[str]:
    return set(Lake(home.lake).generation.watermarks)


def without_sight(home: Home) -> Tables:
    """The rows that tell of documents, not of when they were seen."""
    return {name: rows for name, rows in tables(home).items() if "last_seen_at" not in rows.columns}


@pytest.mark.parametrize("collection", DAMAGED)
def test_what_lay_behind_the_damage_of_a_first_night_is_read_the_next_night(
    whole_set: Documents, tmp_path: Path, collection: str
) -> None:
    # A change time later than all others lies before the cut: it must not become the watermark.
    late = execution("late", 1, updated_at=at(12, 23))
    found = whole_set | {"execution_traces": [late, *whole_set["execution_traces"]]}
    folder, home, other = tmp_path / "dump", new_home(tmp_path / "home"), new_home(tmp_path / "other")
    source = dump_of(folder, found)
    whole = cut(folder, collection)
    assert night(home, source).quarantined_count == 1
    assert collection not in marks(home)
    assert collection not in set(tables(home)["source_days"]["collection"])
    nights(home, source, 1)  # the same damaged bytes: said again, not taken for read
    assert tables(home)["quarantine"]["collection"].to_list() == [collection]
    next(folder.rglob(f"{collection}.bson")).write_bytes(whole)
    night(home, source, as_of=AS_OF.replace(day=AS_OF.day + 2))
    night(other, source)
    late_rows = tables(home)
    assert not [name for name, rows in without_sight(other).items() if not rows.equals(late_rows[name])]


def test_a_document_behind_the_damage_of_a_later_night_is_read_the_next_night(
    whole_set: Documents, tmp_path: Path
) -> None:
    folder, home = tmp_path / "dump", new_home(tmp_path / "home")
    night(home, dump_of(folder, whole_set))
    days = tables(home)["source_days"]
    changed = [
        execution("first", 1, updated_at=at(13, 3)),
        *whole_set["execution_traces"],
        execution("unseen", 1, updated_at=at(5)),  # long before the watermark, on a day not looked at
    ]
    source = dump_of(folder, whole_set | {"execution_traces": changed})
    whole = cut(folder, "execution_traces")
    as_of = AS_OF.replace(day=AS_OF.day + 1)
    night(home, source, as_of=as_of)
    assert "execution_traces" not in marks(home)
    assert tables(home)["source_days"].equals(days)
    next(folder.rglob("execution_traces.bson")).write_bytes(whole)
    night(home, source, as_of=as_of.replace(day=as_of.day + 1))
    assert execution_key("unseen", 1) in set(tables(home)["executions"]["execution_key"])
    assert "execution_traces" in marks(home)
    assert tables(home)["quarantine"].is_empty()
