"""Telling sources apart: names of homes, a forgotten --source, an as-of, and no password in a message.

What belongs here: pipelines/extract/sources.py. What does not: reading a source (tests/integration).
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.extract import sources
from pipelines.extract.sources import as_of_night, home_of, open_source
from pipelines.home import Home
from pipelines.settings import Settings
from warehouse.errors import SourceError, UsageError
from warehouse.generations import Generation, write_generation


@pytest.mark.parametrize(
    "source",
    [
        "MongoDB:/bob:hunter2@host/db",
        " mongodb:/bob:hunter2@host/db",
        "mongo://bob:hunter2@host/db?a=hunter2",
    ],
)
def test_no_password_in_the_message_about_what_is_no_source(source: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_source(Settings(source=source), Home(tmp_path))
    assert "hunter2" not in str(caught.value)


def test_a_uri_in_capitals_is_a_uri(tmp_path: Path) -> None:
    source = open_source(Settings(source=" MongoDB://bob:hunter2@host/shop"), Home(tmp_path))
    source.close()
    assert source.identity == "mongodb:host:27017/shop"


def test_a_forgotten_source_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_dump(*_: object) -> Path:
        raise AssertionError("the sample was written into the home of another source")

    monkeypatch.setattr(sources, "write_dump", write_dump)
    home = Home(tmp_path)
    write_generation(home.lake / "generation.json", Generation(number=1, source="mongodb:host:27017/shop"))
    with pytest.raises(SourceError, match="belongs to mongodb:host:27017/shop, not to sample:lammps"):
        open_source(Settings(), home)
    assert not (tmp_path / "source").exists()


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("mongodb://host/shop", "shop"),
        ("mongodb+srv://bob:x@cluster.example/shop?retryWrites=true", "shop"),
        ("mongodb://host", "standard"),
        ("mongodb://host:port/shop", "standard"),
    ],
)
def test_a_home_is_named_by_the_database(uri: str, name: str) -> None:
    assert home_of(Settings(source=uri, database="standard")).root == Path("var") / name


@pytest.mark.parametrize(
    "given", ["0001-01-01", "0001-01-01T00:00:00+05:00", "1899-12-31", "2300-01-01", "9999-12-31T23:00-05:00"]
)
def test_an_as_of_that_no_table_can_hold(given: str) -> None:
    with pytest.raises(UsageError, match="1900 to 2299"):
        as_of_night(Settings(source="/dump"), datetime(2026, 1, 1, tzinfo=UTC), given)
    assert as_of_night(Settings(), datetime(2026, 1, 1, tzinfo=UTC), "2299-12-31").year == 2299
