"""Writes a report of a release as HTML and PDF: the one function that nights and the command line call.

What belongs here: reading once, laying out twice, and replacing both files. What does not: either layout.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.gates.verdicts import Verdict
from pipelines.reports.definitions import NIGHTLY
from pipelines.reports.nightly import read_nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.render_html import render_html
from pipelines.reports.render_pdf import render_pdf
from warehouse.errors import StorageError

_TEMPLATE: Final = "nightly.html.j2"


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where a report was written."""

    html: Path
    pdf: Path


def render(release_folder: Path, verdicts: Sequence[Verdict], out_folder: Path) -> ReportFiles:
    """Write the nightly report of a release; each file appears whole, replacing the one before.

    StorageError where the folder cannot be written.
    """
    facts = read_nightly(release_folder, verdicts)
    page = nightly_page(facts)
    files = ReportFiles(out_folder / f"{NIGHTLY.name}.html", out_folder / f"{NIGHTLY.name}.pdf")
    html = render_html(page, _TEMPLATE)
    pdf = render_pdf(page, facts.night.as_of, facts.night.release_id)
    try:
        out_folder.mkdir(parents=True, exist_ok=True)
        _replace(files.html, html)
        _replace(files.pdf, pdf)
    except OSError as error:
        raise StorageError(
            f"The report cannot be written to {out_folder} ({error.strerror}); check it, then run again."
        ) from error
    return files


def _replace(path: Path, content: bytes) -> None:
    """The file is the old one or the new one, never a part."""
    draft = path.with_name(f".{path.name}.tmp")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
