"""A document stuffed with secrets and addresses: nothing of them is found anywhere under the home.

What belongs here: one night from source to report, and a search of every file it leaves. What does not: the
patterns one by one (tests/unit/extract/test_redact.py).
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from pipelines import night
from pipelines.home import Home
from pipelines.settings import Settings
from tests.integration.nights import AS_OF, dump_of
from tests.integration.synthetic import Document, Documents, documents, oid
from warehouse.connection import open_release

EVENING: Final = AS_OF - timedelta(hours=5)
"""On a day with executions, so that the pages are full."""
NEEDLE: Final = "hunter2plantedsecret"
ADDRESS: Final = "planted.person"
SECRETS: Final = (
    f"password={NEEDLE}",
    f'{{"token": "{NEEDLE}"}}',
    f"https://user:{NEEDLE}@example.com/x",
    f"Authorization: Bearer {NEEDLE}",
    f"{ADDRESS}@example.com said so",
)
NEVER_READ: Final = ("input_data", "output_data", "custom_config", "debug_data", "hashed_password")


def stuffed(value: Any) -> Any:
    """The value with a secret behind every text in it, and the fields that are never read full of them."""
    if isinstance(value, str):
        return " ".join((value, *SECRETS))
    if isinstance(value, list):
        return [stuffed(one) for one in value]
    if isinstance(value, dict):
        inner = {name: one if name in KEPT else stuffed(one) for name, one in value.items()}
        return inner | {name: {"note": NEEDLE, NEEDLE: ADDRESS} for name in NEVER_READ}
    return value


KEPT: Final = (
    "_id",
    "execution_id",
    "suite_execution_id",
    "status",
    "execution_type",
    "new_status",
    "old_status",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after a whole night over stuffed documents, some of them unreadable."""
    root = tmp_path_factory.mktemp("secrets")
    found: Documents = {name: [stuffed(one) for one in rows] for name, rows in documents().items()}
    found["execution_traces"] += [broken("a"), broken("b") | {"triggered_by": f"{ADDRESS}@example.com"}]
    settings = Settings(processes=1)
    place = Home(root / "home")
    source = dump_of(root / "dump", found)
    with place.locked():
        night.load(place, source, settings, as_of=EVENING, read_at=AS_OF)
        release = night.build(place, settings, as_of=EVENING, code_version="0")
        night.report(release)
    return place


def broken(name: str) -> Document:
    return {"_id": oid(AS_OF, name), "statistics": SECRETS[0], "error_details": {"error_message": SECRETS[1]}}


def test_no_secret_and_no_address_is_left_anywhere(home: Home) -> None:
    leaks = [
        (place, needle)
        for place, text in everything(home)
        for needle in (NEEDLE, ADDRESS)
        if needle in text and (place, needle) != (home.people, ADDRESS)
    ]
    assert leaks == []


def test_the_search_finds_what_is_there(home: Home) -> None:
    """What stands in the place of a secret is in tables and on pages: the search has looked into them."""
    places = {place.suffix for place, text in everything(home) if "[redacted]" in text}
    assert {".parquet", ".duckdb", ".html"} <= places


def everything(home: Home) -> Iterator[tuple[Path, str]]:
    """Each file under the home as text: tables are unpacked, all else is taken byte by byte."""
    for path in sorted(path for path in home.root.rglob("*") if path.is_file() and not path.is_symlink()):
        if path.suffix == ".parquet":
            yield path, json.dumps(pl.read_parquet(path, glob=False).to_dicts(), default=str)
        elif path.suffix == ".duckdb":
            yield path, "".join(_tables(path))
        yield path, path.read_bytes().decode("utf-8", "replace")


def _tables(database: Path) -> Iterator[str]:
    with open_release(database) as release:
        for (name,) in release.query("select table_name from duckdb_tables()").rows:
            yield json.dumps(release.query(f'select * from "{name}"').rows, default=str)
