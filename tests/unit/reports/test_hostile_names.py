"""Names that want to act: they are shown, and nothing of them happens, in a real browser and in the PDF."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from pipelines.reports.render import ReportFiles, render
from tests.unit.reports.report_rows import TONIGHT, execution, release_of, verdict

NAMES: Final = (
    "<img src=x onerror=\"document.title='HACKED'\">",
    "</script><script>document.title='HACKED'</script>",
    "</style><svg onload=\"document.title='HACKED'\">",
    "\" onmouseover=\"document.title='HACKED'",
    "{{ 7*7 }}{% raw %}",
    "'; drop table fct_executions; --",
    '#read("report.typ")',
    '#panic("typst") $x^2$ *bold* _em_ @ref <label> \\ ` = heading',
    "right\u202eto left\u2066",
    "nul\x00bell\x07escape\x1b[31m",
    "測試用例 \U0001f525 مرحبا",
    "e" + "\u0301" * 50,
    "x" * 10_000,
    "word " * 2_000,
    " ",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    root = tmp_path_factory.mktemp("hostile")
    rows = [
        execution(f"t{number}", TONIGHT, "failed", hour=hour)
        | {
            "suite_key": name[:500],
            "environment": name[:500],
            "variant_key": f"{name[:500]}||",
            "error_message": name,
            "fingerprint": f"f{number}",
            "execution_key": f"{hour}-{name[:500]}",
        }
        for hour in (1, 2)
        for number, name in enumerate(NAMES)
    ]
    rows += [
        execution(f"t{number}", TONIGHT, hour=3)
        | {"suite_key": name[:500], "variant_key": f"{name[:500]}||", "duration_ms": 5_000}
        for number, name in enumerate(NAMES)
    ]
    titles = {f"t{number}": name for number, name in enumerate(NAMES)}
    gates = [verdict("fail", title=name, sentence=name) for name in NAMES]
    return render(release_of(root, rows, titles), gates, root / "report")


def test_nothing_acts_in_a_browser(files: ReportFiles, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    assert browser, "chromium is needed: see .ci/run"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path}", "--dump-dom"]
    dom = subprocess.run(
        [*command, files.html.as_uri()], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert re.search(r"<title>Nightly quality · ✗ FAIL</title>", dom)
    assert dom.count("<script") == 1
    assert "<img" not in dom
    assert not re.search(r"<[^>]+\son(?:error|load|mouseover)=", re.sub(r'"[^"]*"', '""', dom))
    assert "10 of 15" in dom, "our own script ran: it shows the first ten causes"


def test_names_are_shown_as_text(files: ReportFiles) -> None:
    page = html.unescape(files.html.read_text(encoding="utf-8"))
    for name in NAMES[:8]:
        assert name[:20] in page, name
    assert "right⟨U+202E⟩to left⟨U+2066⟩" in page
    assert "nul⟨U+0000⟩bell⟨U+0007⟩escape⟨U+001B⟩[31m" in page
    assert "測試用例 🔥" in page, "a browser has fonts for it"
    assert "x" * 1_000 not in page


def test_the_pdf_compiles_and_shows_them(files: ReportFiles) -> None:
    text = subprocess.run(["pdftotext", files.pdf, "-"], capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"[\s\u200b]", "", text)
    assert '#read("report.typ")' in flat
    assert "⟨U+6E2C⟩" in flat
    assert "⟨U+202E⟩" in flat


def test_no_command_holds_what_a_shell_would_act_on(files: ReportFiles) -> None:
    page = files.html.read_text(encoding="utf-8")
    commands = [html.unescape(code) for code in re.findall(r"<code>(.*?)</code>", page, re.DOTALL)]
    assert not [command for command in commands if re.search(r"[$`\\;#]", command)]
