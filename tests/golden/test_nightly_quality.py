"""The nightly report over the one small history, as files to read: HTML without style and script, and what
the PDF is laid out from. `make golden` writes them anew; read the diff.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from pipelines.reports.nightly import read_nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.render_html import render_html
from pipelines.reports.render_pdf import page_json
from tests.unit.reports.report_rows import VERDICTS, history, release_of

FOLDER: Final = Path(__file__).parent


def test_the_pages_are_as_they_were(tmp_path: Path, update_golden: bool) -> None:
    facts = read_nightly(release_of(tmp_path, history()), VERDICTS)
    page = nightly_page(facts)
    policy = facts.night.params_hash
    html = render_html(page, "nightly.html.j2").decode()
    body = html[html.index("<main>") : html.index("</main>")].replace(policy, "POLICY")
    check(FOLDER / "nightly-quality.html", re.sub(r"><", ">\n<", body) + "\n", update_golden)
    data = without_drawings(json.loads(page_json(page, facts.night.as_of, facts.night.release_id)))
    text = json.dumps(data, ensure_ascii=False, indent=1).replace(policy, "POLICY")
    check(FOLDER / "nightly-quality.pdf.json", text + "\n", update_golden)


def check(path: Path, text: str, update_golden: bool) -> None:
    """Compare with the file, or write it when asked to."""
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path.name} is missing: run `make golden` and read what it wrote"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: run `make golden`, read the diff"


def without_drawings(value: Any) -> Any:
    """Drawings are in the HTML already."""
    if isinstance(value, dict):
        return {key: "…" if key == "svg" else without_drawings(item) for key, item in value.items()}
    return [without_drawings(item) for item in value] if isinstance(value, list) else value
