"""`pip install .` into another environment gives the same command, which needs nothing of the checkout.

What belongs here: what the wheel holds, and nights of the installed `exr`, started in another folder. What
does not: what a night says and holds (test_gates.py, test_nights.py).

The quick environment borrows the libraries of this one through a .pth file, so that only our own package is
built and installed; the one of `make faults` is empty and gets everything from the index, as a user does.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.integration.nights import AS_OF, new_home
from tests.integration.synthetic import Documents, write_dump
from warehouse.releases import find_release

CHECKOUT: Final = Path(__file__).parents[2]
SHIPPED: Final = ("assets", "pipelines", "reports_templates", "samples", "sql", "warehouse")
MAIN: Final = "from pipelines.cli.main import main; main()"


def ran(command: Sequence[object], cwd: Path) -> "subprocess.CompletedProcess[str]":
    """The command, with no setting of this shell and no path of this checkout."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("EXR_", "PYTHON"))}
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=cwd, env=settings, capture_output=True, text=True, timeout=1_800, check=False
    )


def done(command: Sequence[object], cwd: Path) -> str:
    """What a command that must succeed prints."""
    result = ran(command, cwd)
    assert result.returncode == 0, result.stderr[-3_000:]
    return result.stdout


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that holds our package."""

    environment: Path
    elsewhere: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", "venv", {"base": str(self.environment)}))

    def exr(self, *words: object) -> "subprocess.CompletedProcess[str]":
        return ran([self.environment / "bin" / "exr", *words], self.elsewhere)


def tracked() -> list[str]:
    """The files of this checkout that git knows, as they lie here."""
    if not (CHECKOUT / ".git").exists():
        pytest.skip("no git checkout: which files a build would get is not known")
    names = done(["git", "ls-files", "-z"], CHECKOUT).split("\0")
    return [name for name in names if name and (CHECKOUT / name).is_file()]


def installed(folder: Path, libraries: Sequence[str]) -> Installed:
    """A new environment with our package, built from a copy; `libraries` tells pip of all others."""
    source = folder / "source"
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, source / name)
    found = Installed(folder / "environment", folder / "elsewhere")
    found.elsewhere.mkdir()
    done([sys.executable, "-m", "venv", "--without-pip", found.environment], folder)
    pip = [sys.executable, "-m", "pip", "--python", found.python, "--disable-pip-version-check", "--quiet"]
    result = ran([*pip, "install", source, *libraries], folder)
    if "No matching distribution found for hatchling" in result.stderr:
        pytest.skip("no package index: the build needs hatchling from there")
    assert result.returncode == 0, result.stderr[-3_000:]
    shutil.rmtree(source)
    return found


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """With the libraries of this environment; lines in its .pth files, ours among them, are not followed."""
    found = installed(tmp_path_factory.mktemp("quick"), ["--no-deps"])
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (found.packages / "borrowed.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return found


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """With its own libraries, from the index, as constraints.txt has them; removed at last (1.5 GB)."""
    folder = tmp_path_factory.mktemp("full")
    yield installed(folder, ["--constraint", str(CHECKOUT / "constraints.txt")])
    shutil.rmtree(folder)


def test_the_wheel_holds_what_git_holds(quick: Installed) -> None:
    expected = {name for name in tracked() if name.split("/")[0] in SHIPPED}
    files = (path for folder in SHIPPED for path in (quick.packages / folder).rglob("*") if path.is_file())
    found = {str(path.relative_to(quick.packages)) for path in files if path.suffix != ".pyc"}
    assert found == expected


def assert_stands_alone(found: Installed) -> None:
    """Every module of ours comes from the environment, and no path leads to the checkout."""
    names = [name for name in SHIPPED if (CHECKOUT / name / "__init__.py").exists()]
    look = f"import sys, {', '.join(names)}; print(*sys.path, sep='\\n')"
    look += "".join(f"; print({name}.__file__)" for name in names)
    *paths, _ = done([found.python, "-c", look], found.elsewhere).split("\n")
    assert paths[-len(names) :] == [str(found.packages / name / "__init__.py") for name in names]
    assert str(CHECKOUT) not in paths


def assert_nights_are_equal(found: Installed, home: Path, other_home: Path, words: Sequence[object]) -> str:
    """A night of the installed command and one of the checkout hold the same rows; what the former says."""
    night = found.exr("nightly", "--home", home, *words)
    assert night.returncode == 0, night.stderr
    assert [line for line in night.stderr.splitlines() if " documents, " not in line] == []  # progress alone
    done([sys.executable, "-c", MAIN, "nightly", "--home", other_home, *words], CHECKOUT)
    one, other = find_release(home).manifest, find_release(other_home).manifest
    assert one.row_checksums == other.row_checksums
    assert one.gate_verdicts == other.gate_verdicts != []
    return night.stdout


def assert_says_where(said: str, home: Path) -> None:
    folder = find_release(home).folder
    places = [folder / "warehouse.duckdb", *sorted((folder / "reports").glob("nightly*"))]
    assert {place.suffix for place in places} == {".duckdb", ".html", ".pdf"}
    assert [place for place in places if f"  {place}\n" not in said or not place.stat().st_size] == []


def test_the_quick_environment_stands_alone(quick: Installed) -> None:
    assert_stands_alone(quick)


@pytest.mark.faults
def test_a_night_of_the_installed_command(quick: Installed, whole_set: Documents, tmp_path: Path) -> None:
    write_dump(tmp_path / "dump", whole_set)
    home, other = new_home(tmp_path / "home").root, new_home(tmp_path / "other").root
    words = ["--source", tmp_path / "dump", "--as-of", AS_OF.isoformat()]
    said = assert_nights_are_equal(quick, home, other, words)
    assert_says_where(said, home)


@pytest.mark.faults
def test_the_bundled_sample_in_an_empty_environment(full: Installed, tmp_path: Path) -> None:
    assert_stands_alone(full)
    home = tmp_path / "home"
    said = assert_nights_are_equal(full, home, tmp_path / "other", [])
    assert_says_where(said, home)
    gate = full.exr("gate", "--home", home)
    assert (gate.returncode, gate.stderr) == (1, "")
    assert "Gates: FAIL" in gate.stdout
