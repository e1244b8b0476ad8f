"""Every command that README, docs or a --help show does what it says, on a small home of its own.

What belongs here: commands as they are written for people. What does not: `make nightly` and `make test`,
which .ci/run calls, and what commands print (the tests of their stages).
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.gates.rules import DEFAULT_RULES
from tests.integration.nights import Database, dump_of
from tests.integration.synthetic import Documents

ROOT: Final = Path(__file__).parents[2]
SAMPLE_RELEASE: Final = "20260822T195058Z-g1"
GATE_CODES: Final = (0, 1, 4)
UNKNOWN: Final = {"exr quarantine show 68a1f0c2e4b0a1b2c3d4e5f6": 2}
"""What a page names only as an example of its form, with the exit code of a name that is not there."""


def pages() -> Iterator[str]:
    """Commands in the shell blocks of README and docs."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for block in re.findall(
            r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
        ):
            yield from (line.partition(" #")[0].strip() for line in block.splitlines() if "exr " in line)


def helps(command: Any, name: str = "exr") -> Iterator[tuple[str, str | None]]:
    """Every command below this one, with the example of its help."""
    for part, child in getattr(command, "commands", {}).items():
        yield from helps(child, f"{name} {part}")
    if not hasattr(command, "commands"):
        example = re.search(r"Example: (exr .*)", command.help or "")
        yield name, example[1].strip() if example else None


HELPS: Final = dict(helps(typer.main.get_command(app)))
COMMANDS: Final = sorted({*pages(), *filter(None, HELPS.values())})


@pytest.fixture(scope="module")
def made(whole_set: Documents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dump, and a home with a release of it."""
    folder = tmp_path_factory.mktemp("documented")
    dump_of(folder / "dump", whole_set)
    command = f"exr nightly --source {folder / 'dump'} --home {folder / 'home'} --as-of 2026-03-13T04:00:00Z"
    assert invoke(command) == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with that home as var/sample, and rules beside it."""
    shutil.copytree(made / "home", tmp_path / "var/sample", symlinks=True)
    shutil.copyfile(DEFAULT_RULES, tmp_path / "my-rules.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXR_PROCESSES", "1")
    monkeypatch.setenv("EXR_HOME", "var/sample")
    return tmp_path


def invoke(command: str) -> int:
    result = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result.exit_code


def test_every_command_shows_an_example() -> None:
    assert [name for name, example in HELPS.items() if example is None] == []
    assert [example for name, example in HELPS.items() if not str(example).startswith(name)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_works(
    folder: Path,
    made: Path,
    database: Database,
    whole_set: Documents,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    if "mongodb://" in command:
        database.put(whole_set)
        monkeypatch.setenv("EXR_HOME", "var/server")
    (release,) = (path.name for path in (folder / "var/sample/releases").iterdir())
    here = {
        "mongodb://127.0.0.1:27017/intellibrowse": database.uri.replace("/?", f"/{database.name}?"),
        "/backup/dump": str(made / "dump"),
        SAMPLE_RELEASE: release,
        "2026-08-15T00:00:00Z": "2026-03-12T00:00:00Z",
        "suite=unit-tests/linux-arm64": "suite=*",
    }
    typed = command
    for shown, found in here.items():
        typed = typed.replace(shown, found)
    expected = GATE_CODES if command.startswith("exr gate") else (UNKNOWN.get(command, 0),)
    assert invoke(typed) in expected
