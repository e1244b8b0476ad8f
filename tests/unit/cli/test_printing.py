"""What the command line prints and exits with: text as it is, one sentence for every error.

What belongs here: the edge between shell and stages, as a process of its own where pipes and encodings count.
What does not: the stages, and settings (tests/unit/test_settings.py).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import inspect
from pipelines.cli.main import app
from tests.unit.gates.homes import executions, home_of, released

_MAIN: Final = "from pipelines.cli.main import main; main()"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a release."""
    home = home_of(tmp_path_factory.mktemp("home"), executions("p" * 9 + "f"))
    released(home)
    return home.root


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def asked(home: Path, query: str, form: str = "table") -> Result:
    return ran("sql", query, "--home", str(home), "--format", form)


def test_text_is_no_markup(home: Path) -> None:
    shown = asked(home, "select ':smile:' as a, '[/b]' as b, '[red]x' as \"[c]\"").stdout
    assert all(text in shown for text in (":smile:", "[/b]", "[red]x", "[c]"))


def test_no_value_is_cut(home: Path) -> None:
    columns = ", ".join(f"{10**15 + number} as a_column_with_a_long_name_{number}" for number in range(20))
    lines = asked(home, f"select {columns}").stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].split() == [f"a_column_with_a_long_name_{number}" for number in range(20)]
    assert lines[1].split() == [str(10**15 + number) for number in range(20)]


def test_control_characters_are_shown(home: Path) -> None:
    shown = asked(home, "select chr(27) || '[31mX' || chr(7) || chr(13) as a").stdout
    assert r"\x1b[31mX\x07\x0d" in shown


def test_json_is_json(home: Path) -> None:
    query = "select 'nan'::double as a, ['inf'::double, 1] as b, {'c': '-inf'::double} as d, map {1: 2} as e"
    rows = json.loads(asked(home, query, "json").stdout, parse_constant=pytest.fail)
    assert rows == [{"a": None, "b": [None, 1.0], "d": {"c": None}, "e": {"1": 2}}]


def test_json_loses_no_column(home: Path) -> None:
    result = asked(home, "select 1 as a, 2 as a", "json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "a comes twice" in result.stderr


@pytest.mark.parametrize(
    ("query", "form"),
    [("select range from range(300000)", "csv"), ("select 1", "csv"), ("select 1", "table")],
)
def test_a_reader_that_goes_away_is_no_error(home: Path, query: str, form: str) -> None:
    arguments = [sys.executable, "-c", _MAIN, "sql", query, "--home", str(home), "--format", form]
    checkout = Path(__file__).parents[3]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=checkout, text=True
    )
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (141, "")


def test_an_encoding_that_knows_little(home: Path) -> None:
    arguments = [sys.executable, "-c", _MAIN, "sql", "select 'é' as a", "--home", str(home)]
    for form in ("table", "csv", "json"):
        done = subprocess.run(
            [*arguments, "--format", form],
            capture_output=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"\xe9" in done.stdout


def test_an_unexpected_error_is_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2 is [bold]wrong[/bold]\nand more")

    monkeypatch.setattr(inspect, "find_release", broken)
    result = asked(home, "select 1")
    assert result.exit_code == 3
    assert result.stderr.startswith("Unexpected error RuntimeError: password=[redacted] is [bold]wrong")
    assert result.stderr.endswith("; run with --debug for details.\n")
    assert result.stderr.count("\n") == 1
    assert "Traceback" in ran("sql", "select 1", "--home", str(home), "--debug").stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_an_interruption_is_no_error(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """The second is how DuckDB says it."""

    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(inspect, "find_release", interrupted)
    result = asked(home, "select 1")
    assert result.exit_code == 130
    assert result.stderr == "Interrupted: nothing is half published; run again.\n"


def test_status_says_which_release_and_what_its_gates_said(home: Path) -> None:
    lines = ran("status", "--home", str(home)).stdout.splitlines()
    assert lines[0] == f"Home {home}"
    assert lines[-3:] == [
        "Current release 20260331T120000Z-g1: 10 executions of 10 tests",
        "  true for 2026-03-31 12:00:00 UTC",
        "  gates when it was built: 2 insufficient, 2 pass; `exr gate` says how they stand now",
    ]


COMMANDS: Final = (
    ["status"],
    ["nightly"],
    ["extract"],
    ["build"],
    ["report"],
    ["profile"],
    ["sql", "select 1"],
    ["gate"],
    ["releases", "list"],
    ["releases", "show"],
    ["quarantine", "list"],
    ["quarantine", "show", "x"],
    ["quarantine", "retry"],
    ["doctor"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("below", ["", "deeper/home"])
def test_a_home_that_is_a_file(command: list[str], below: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = ran(*command, "--home", str(file / below))
    assert result.exit_code == 3
    sentence = f"Home {file / below} cannot be used: {file} is a file; choose another with --home."
    assert result.stderr == f"Error: {sentence}\n"


@pytest.mark.parametrize(
    "source",
    [
        "mongodb://host/shop?tlsCertificateKeyFilePassword=hunter2",
        "mongodb://bob:hun@ter2/hunter2@host/shop",
        "MONGODB:/bob:hunter2@host/shop",
    ],
)
def test_doctor_shows_no_secret(source: str) -> None:
    result = ran("doctor", "--source", source)
    assert result.exit_code == 0
    assert "ter2" not in result.output
    assert "host/shop" in result.output


@pytest.mark.parametrize(
    ("name", "value"),
    [("EXR_HOME", " "), ("EXR_PEOPLE_WORDS", "["), ("EXR_COLLECTIONS", "notjson"), ("EXR_THREADS", "9" * 20)],
)
def test_a_wrong_setting_exits_2(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    result = ran("status")
    assert result.exit_code == 2
    assert name in result.stderr
    assert result.stderr.count("\n") == 1
