"""Refused documents as the quarantine keeps them: ids that stay apart, no account, JSON that is small.

What belongs here: the way from a refused document to its row and out again. What does not: why a document is
refused (test_decode.py).
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import ObjectId

from pipelines.extract.batches import Refused
from pipelines.extract.dump import open_dump
from pipelines.home import Home
from pipelines.night import load
from pipelines.settings import Settings
from warehouse.lake import Lake
from warehouse.tables import EXECUTIONS, QUARANTINE, USERS

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def dumped(folder: Path, **collections: list[dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    for name, documents in collections.items():
        (folder / f"{name}.bson").write_bytes(b"".join(bson.encode(one) for one in documents))


def read(home: Home, folder: Path, *, nights: int = 1, is_retried: bool = False) -> list[dict[str, Any]]:
    source = open_dump(folder, "any", "name:test", 1_000)
    moment = START + timedelta(days=nights)
    with home.locked():
        settings = Settings(processes=1)
        load(home, source, settings, as_of=moment, read_at=moment, retry_quarantined=is_retried)
    return Lake(home.lake).scan(QUARANTINE).collect().sort("document_id").to_dicts()


def execution(name: object, **values: Any) -> dict[str, Any]:
    return {"_id": name, "execution_id": str(name), "status": "passed", "triggered_at": START, **values}


def test_ids_that_are_redacted_stay_apart_and_leave_when_mended(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "dump"
    names = ("run[ann@x.example]", "run[bob@x.example]", "plain")
    dumped(folder, execution_traces=[execution(name, total_duration_ms="x") for name in names])
    first = read(home, folder)
    assert len(first) == 3
    assert "@x.example" not in str(first)
    assert read(home, folder, nights=2, is_retried=True) == first
    # No clock moved, so that nothing but the retry brings them in.
    dumped(folder, execution_traces=[execution(name, total_duration_ms=5) for name in names])
    assert read(home, folder, nights=300, is_retried=True) == []
    assert Lake(home.lake).scan(EXECUTIONS).collect().height == 3


def test_who_started_it_and_where_it_ran_is_left_out(tmp_path: Path) -> None:
    """The agent of a manual run may be a person."""
    context = {"execution_agent": "user-77", "environment": "staging"}
    one = execution("e", total_duration_ms="x", triggered_by="user-77", execution_context=context)
    dumped(tmp_path / "dump", execution_traces=[one])
    [row] = read(Home(tmp_path / "home"), tmp_path / "dump")
    assert "user-77" not in str(row)
    assert json.loads(row["readable_fields"])["execution_context"] == {"environment": "staging"}


def test_an_account_is_its_surrogate_and_leaves_when_mended(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "dump"
    account, other = ObjectId(), ObjectId()
    users = [
        {"_id": account, "email": "carol@corp.example", "is_active": "yes", "created_at": START},
        {"_id": other, "email": "dan@corp.example", "is_active": "yes", "created_at": START},
    ]
    dumped(folder, execution_traces=[execution("e", triggered_by="carol@corp.example")], users=users)
    rows = read(home, folder)
    assert len(rows) == 2
    assert not any(text in str(rows) for text in (str(account), str(other), "corp.example"))
    assert all("_id" not in json.loads(row["readable_fields"]) for row in rows)
    users[0]["is_active"] = True
    dumped(folder, users=users)
    left = read(home, folder, nights=2)
    assert len(left) == 1
    [person] = Lake(home.lake).scan(USERS).collect()["person_key"]
    [carol] = {row["document_id"] for row in rows} - {row["document_id"] for row in left}
    [triggered_by] = Lake(home.lake).scan(EXECUTIONS).collect()["triggered_by_key"]
    assert person == carol == triggered_by


@pytest.mark.parametrize(
    "readable",
    [
        {"title": "Authorization: Bearer abc\nand more", "steps": [{"text": 'say "password": "hunter2"'}]},
        {"options": {"password": "hunter2", "api_key": ["hunter2"], "plain": float("nan")}},
        {"steps": [{"number": n, "trace": "A" * 300_000} for n in range(30)], "status": "passed"},
        {"texts": ["a" * 50] * 100_000, "status": "passed"},
        {"map": {f"k{n}": ["b" * 3_900] * 2 for n in range(300)}, "status": "passed"},
        {f"field_{n}": "c" * 9_000 for n in range(100)},
    ],
    ids=["bearer", "names", "traces", "long list", "many lists", "many fields"],
)
def test_readable_fields_are_json_without_secrets_and_small(readable: dict[str, Any]) -> None:
    text = Refused("x", "reason", readable).readable_fields
    found = json.loads(text, parse_constant=pytest.fail)
    assert found.keys() == readable.keys()
    assert len(text) <= 64_000
    assert "hunter2" not in text
    assert "Bearer abc" not in text
    assert found.get("status") == readable.get("status")


def test_a_long_text_is_cut_behind_its_secrets() -> None:
    text = "x " * 1_995 + "password=hunter2hunter2hunter2 " + "y" * 10_000
    cut = json.loads(Refused("x", "reason", {"title": text}).readable_fields)["title"]
    assert len(cut) == 4_000
    assert "hunter" not in cut
