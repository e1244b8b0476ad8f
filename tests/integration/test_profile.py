"""A first look at a real server: the same findings as from a dump, nothing secret on the wire, refusals.

What belongs here: what only a server can show: $sample, list_indexes, permission. What does not: what is
concluded from a sample (tests/unit/extract/test_profile.py).
"""

from pathlib import Path
from typing import Any

import bson
import pytest
from bson import ObjectId
from pymongo import MongoClient, monitoring

from pipelines.cli.profile_report import report_lines
from pipelines.extract.mongo import MongoSource, open_mongo
from pipelines.extract.profile.look import Profile, profile
from pipelines.extract.profile.settings import proposed_settings
from pipelines.settings import Settings
from tests.integration import mongod
from tests.integration.nights import ONE_PROCESS, Database, dump_of
from tests.integration.synthetic import Documents
from warehouse.errors import ExrError, SourceError, UsageError

SECRET = "hunter2-s3cret"


def look(database: Database, size: int = 2_000) -> Profile:
    return profile(database.source(), ONE_PROCESS, size)


def findings(found: Profile) -> list[object]:
    """What does not depend on the order and the number of copies of the sampled documents."""
    fields = {
        (one.name, path): (dict(use.types), use.empty_count)
        for one in found.collections
        for path, use in one.anatomy.fields.items()
    }
    sizes = [(one.name, one.sampled_count, one.document_count, one.refusals) for one in found.collections]
    return [fields, sizes, found.facts, found.proposals, found.requesters, found.unread]


def test_server_and_dump_look_alike(database: Database, whole_set: Documents, tmp_path: Path) -> None:
    database.put(whole_set)
    server = look(database)
    dump = profile(dump_of(tmp_path / "dump", whole_set), ONE_PROCESS, 2_000)
    for one, other in zip(findings(server), findings(dump), strict=True):
        assert one == other
    assert server.executions.sampled_count == len(whole_set["execution_traces"])
    assert proposed_settings(server, ONE_PROCESS) == proposed_settings(dump, ONE_PROCESS)


def test_a_small_sample_holds_the_newest(database: Database, whole_set: Documents) -> None:
    database.put(whole_set)
    newest = max(row["_id"] for row in whole_set["execution_traces"] if isinstance(row["_id"], ObjectId))
    drawn = [bson.decode(raw)["_id"] for raw in database.source().sample("execution_traces", 8)]
    assert len(drawn) == 8
    assert newest in drawn
    assert look(database, 8).executions.sampled_count <= 8


def test_indexes_are_listed_and_the_missing_ones_named(database: Database, whole_set: Documents) -> None:
    database.put(whole_set)
    held = database.client[database.name]["execution_traces"]
    held.create_index("updated_at")
    held.create_index([("triggered_at", -1), ("status", 1)])
    held.create_index([("execution_id", "hashed")])
    held.create_index("created_at", partialFilterExpression={"status": "passed"})
    needs = look(database).executions.index_needs
    assert needs is not None
    assert [need.missing for need in needs] == [("created_at",), ("execution_id",)]


def test_a_view_can_be_looked_at(database: Database, whole_set: Documents) -> None:
    held = database.client[database.name]
    held["kept_runs"].insert_many([dict(row) for row in whole_set["execution_traces"]])
    held.create_collection("execution_traces", viewOn="kept_runs", pipeline=[])
    found = look(database)
    assert found.executions.index_needs is None
    assert "does not list them: execution_traces" in "\n".join(report_lines(found, ONE_PROCESS, 2_000))


class Answers(monitoring.CommandListener):
    """Everything that the server sent."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        pass

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self.texts.append(repr(event.reply))

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


def test_fields_that_are_never_read_stay_on_the_server(database: Database, whole_set: Documents) -> None:
    planted = [
        {
            **row,
            "debug_data": SECRET,
            "execution_config": {"custom_config": {"webhook": SECRET}},
            "embedded_steps": [{"status": "passed", "input_data": {"password": SECRET}}],
        }
        for row in whole_set["execution_traces"]
    ]
    database.put(
        {"execution_traces": planted, "users": [{"_id": 1, "hashed_password": SECRET, "email": "a@b.cd"}]}
    )
    answers = Answers()
    client: MongoClient[dict[str, Any]] = MongoClient(database.uri, event_listeners=[answers])
    with client:
        found = profile(MongoSource(client, database.name, "name:tests", 100), ONE_PROCESS, 100)
    assert len(answers.texts) > 3
    assert "embedded_steps" in "".join(answers.texts)
    assert SECRET not in "".join(answers.texts)
    assert SECRET not in "\n".join(report_lines(found, ONE_PROCESS, 100))


def refusal(uri: str, kind: type[ExrError]) -> str:
    source = open_mongo(uri, "shop", None, 100)
    try:
        with pytest.raises(kind) as caught:
            profile(source, Settings(), 10)
    finally:
        source.close()
    return str(caught.value)


def test_an_empty_database(database: Database) -> None:
    with pytest.raises(SourceError, match=r"holds no collections; check the database's name"):
        look(database)


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.extract.mongo._PATIENCE_MS", 300)
    assert "does not answer" in refusal(f"mongodb://127.0.0.1:{mongod.free_port()}/shop", SourceError)


def test_no_uri() -> None:
    with pytest.raises(UsageError):
        open_mongo("mongodb://", "shop", None, 100)


def test_no_permission(tmp_path: Path) -> None:
    if mongod.binary() is None:
        pytest.skip("no mongod")
    with mongod.with_passwords(tmp_path) as port:
        assert "refuses to be read" in refusal(f"mongodb://127.0.0.1:{port}/shop", SourceError)
