"""Whole nights at the command line: gates are said and stored, and the same night again changes no row.

What belongs here: `exr nightly` and `exr gate` over a dump. What does not: verdicts of all kinds
(tests/unit/gates).
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.integration.nights import AS_OF
from tests.integration.synthetic import Documents, write_dump
from warehouse.releases import list_releases


@pytest.fixture
def arguments(tmp_path: Path, whole_set: Documents, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options that name a dump and a home."""
    monkeypatch.setenv("EXR_PROCESSES", "1")
    write_dump(tmp_path / "dump", whole_set)
    return [
        "--home",
        str(tmp_path / "home"),
        "--source",
        str(tmp_path / "dump"),
        "--as-of",
        AS_OF.isoformat(),
    ]


def test_two_nights_with_nothing_new_say_and_hold_the_same(tmp_path: Path, arguments: list[str]) -> None:
    outputs = [CliRunner().invoke(app, ["nightly", *arguments]) for _ in range(2)]
    assert [result.exit_code for result in outputs] == [0, 0]
    assert all("Gates: " in result.output for result in outputs)
    first, second = (release.manifest for release in list_releases(tmp_path / "home"))
    differing = {name for name, text in first.row_checksums.items() if second.row_checksums.get(name) != text}
    assert differing == {"release_info"}
    assert first.row_checksums.keys() == second.row_checksums.keys()
    assert first.gate_verdicts == second.gate_verdicts != []
    assert first.row_counts["fct_kpi_history"] == first.row_counts["met_kpis_nightly"] > 0


def test_rules_that_cannot_be_used_end_the_night_before_it_reads(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXR_RULES", str(tmp_path / "none.toml"))
    result = CliRunner().invoke(app, ["nightly", *arguments])
    assert result.exit_code == 2
    assert not (tmp_path / "home" / "lake" / "generation.json").exists()
