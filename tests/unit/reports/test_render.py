"""The files: the same bytes each time, whole or not at all, closed to everything but our own script."""

import base64
import hashlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.reports.nightly import Nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.render import render
from pipelines.reports.render_pdf import render_pdf
from tests.unit.reports.report_rows import VERDICTS, history, release_of
from warehouse.errors import StorageError


def test_the_same_report_twice_and_after_another_has_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    first = render(tiny, VERDICTS, tmp_path / "first")
    other = release_of(tmp_path / "other", history()[:100])
    render(other, VERDICTS[:1], tmp_path / "other-report")
    second = render(tiny, VERDICTS, tmp_path / "second")
    assert first.html.name == "nightly-quality.html"
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.pdf.read_bytes() == second.pdf.read_bytes()
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == [
        "nightly-quality.html",
        "nightly-quality.pdf",
    ]


def test_the_pdf_is_tagged_and_dated_by_the_as_of(tiny: Path, tmp_path: Path) -> None:
    pdf = render(tiny, VERDICTS, tmp_path).pdf
    said = subprocess.run(
        ["pdfinfo", pdf], capture_output=True, text=True, check=True, env={"TZ": "UTC"}
    ).stdout
    assert re.search(r"Tagged:\s+yes", said)
    assert re.search(r"CreationDate:.*Mar 31 12:00:00 2026", said)
    text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "Page 1 of" in text
    assert "Data as of 2026-03-31 12:00 UTC" in text


def test_the_grid_goes_on_with_its_head_on_the_next_page(facts: Nightly) -> None:
    rows = [replace(facts.grid.rows[0], test=f"test_{number:03}") for number in range(150)]
    page = nightly_page(replace(facts, grid=replace(facts.grid, rows=rows)))
    pages = pages_of(render_pdf(page, facts.night.as_of, facts.night.release_id))
    held = [re.findall(r"\btest_\d{3}", text) for text in pages]
    assert [name for names in held for name in names] == [f"test_{number:03}" for number in range(150)]
    with_rows = [text for text, names in zip(pages, held, strict=True) if names]
    assert len(with_rows) > 1
    assert all("Test · variant" in text and "failed or timed out" in text for text in with_rows)
    assert ["most changes first (continued)" in text for text in with_rows] == [
        False,
        *[True] * (len(with_rows) - 1),
    ]


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    text = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    return text.decode().split("\f")[:-1]


def test_the_page_lets_nothing_in_and_its_policy_knows_style_and_script(tiny: Path, tmp_path: Path) -> None:
    page = render(tiny, VERDICTS, tmp_path).html.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for tag, name in (("style", "style-src"), ("script", "script-src")):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(blocks) == 1
        digest = base64.b64encode(hashlib.sha256(blocks[0].encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy[1]
    assert not re.search(r"\sstyle=|\son\w+=", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) == {"http://www.w3.org/2000/svg"}


def test_a_folder_that_cannot_be_written_is_one_sentence(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot be written to .*taken"):
        render(tiny, VERDICTS, tmp_path / "taken")
