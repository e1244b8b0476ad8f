"""Settings: what is taken from the environment and exr.toml, and one sentence for each that cannot be used.

What belongs here: pipelines/settings.py alone. What does not: how the command line prints them (cli/).
"""

from pathlib import Path

import pytest

from pipelines.settings import Settings, shown_source
from warehouse.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


WRONG = {
    "EXR_COLLECTIONS": "notjson",
    "EXR_PEOPLE_WORDS": "[1,",
    "EXR_TIMEZONE": "Mars/X",
    "EXR_EARLIEST_DAY": "2000-13-45",
    "EXR_SOURCE": " ",
    **dict.fromkeys(
        (
            "EXR_OVERLAP_MINUTES",
            "EXR_REREAD_DAYS",
            "EXR_REREAD_NIGHTS",
            "EXR_BATCH_DOCUMENTS",
            "EXR_GROUP_EXECUTIONS",
            "EXR_PROCESSES",
            "EXR_THREADS",
            "EXR_MEMORY_LIMIT_MB",
            "EXR_TEXT_LIMIT",
            "EXR_TRACE_LIMIT",
        ),
        "99999999999999999999",
    ),
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_wrong_variable_is_one_sentence(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, WRONG[variable])
    with pytest.raises(UsageError) as caught:
        Settings.load()
    text = str(caught.value)
    assert text.startswith(f"Setting {variable.removeprefix('EXR_').lower()}")
    assert f"({variable})" in text
    assert "\n" not in text
    assert text.endswith(".")


@pytest.mark.parametrize("content", [b"a = [\n", b"\xff\xfe", b"zzz = 1\n", b"threads = 'many'\n"])
def test_a_wrong_file_is_one_sentence(content: bytes, folder: Path) -> None:
    (folder / "exr.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"exr\.toml") as caught:
        Settings.load()
    assert "\n" not in str(caught.value)


def test_lists_are_words_between_commas_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXR_PEOPLE_WORDS", "system, ci,")
    monkeypatch.setenv("EXR_STEP_COLLECTIONS", '["a", "b"]')
    monkeypatch.setenv("EXR_COLLECTIONS__USERS", "people,accounts")
    monkeypatch.setenv("EXR_IDENTITY__BRANCH", '["metadata.ref"]')
    found = Settings.load()
    assert found.people_words == ("system", "ci")
    assert found.step_collections == ("a", "b")
    assert found.collections.users == ("people", "accounts")
    assert found.identity.branch == ("metadata.ref",)


def test_a_uri_is_one_in_any_spelling() -> None:
    assert Settings.load(source=" MongoDB+SRV://Bob@Host/Db ").source == "mongodb+srv://Bob@Host/Db"
    assert Settings.load(source="/Some/Folder").source == "/Some/Folder"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("mongodb://bob:hunter2@host/db", "mongodb://***@host/db"),
        ("mongodb://bob:hun@ter2/hunter2?@a:1,b:2/db?x=hunter2", "mongodb://***@a:1,b:2/db"),
        ("MongoDB:/bob:hunter2@host/db", "MongoDB:/***@host/db"),
        ("mongodb://host/db?tlsCertificateKeyFilePassword=hunter2", "mongodb://host/db"),
        ("bob:hunter2@host:27017", "***@host:27017"),
        ("/data/dump", "/data/dump"),
    ],
)
def test_no_secret_is_shown(source: str, shown: str) -> None:
    assert shown_source(source) == shown
