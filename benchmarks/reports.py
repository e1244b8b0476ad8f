"""The standard report of the sample, warm: HTML and PDF apart, read anew each time.

What belongs here: what a person waits for. What does not: the build of the release.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, seconds
from benchmarks.nights import MAIN
from pipelines.gates.evaluate import stored_verdicts
from pipelines.reports import charts
from pipelines.reports.nightly import read_nightly
from pipelines.reports.page import nightly_page
from pipelines.reports.render_html import render_html
from pipelines.reports.render_pdf import render_pdf
from warehouse.connection import open_release
from warehouse.releases import find_release


def reports() -> Iterator[Figure]:
    """Facts, charts of all widths and the page count for both formats."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", MAIN, "nightly", "--home", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        release = find_release(Path(folder))
        with open_release(release.folder) as connection:
            verdicts = stored_verdicts(connection)
        facts = read_nightly(release.folder, verdicts)
        page = nightly_page(facts)

        def gather() -> None:
            charts._rendered.cache_clear()  # another night has other charts
            nightly_page(read_nightly(release.folder, verdicts))

        reading = seconds(gather)
        html = seconds(lambda: render_html(page, "nightly.html.j2"))
        pdf = seconds(lambda: render_pdf(page, facts.night.as_of, facts.night.release_id))
    yield Figure("report as HTML, warm", 1_000 * (reading + html), "ms", 500.0)
    yield Figure("report as PDF, warm", 1_000 * (reading + pdf), "ms", 1_000.0)
