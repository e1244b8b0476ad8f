"""The reports as assets, one each: files beside the release they speak of.

What belongs here: where a report lies. What does not: what is in it (pipelines/reports).
"""

import dagster as dg

from assets.gates import GROUP
from assets.release import RELEASE
from assets.resources import HomeResource


@dg.asset(deps=[RELEASE], group_name=GROUP)
def nightly_report(home: HomeResource) -> dg.MaterializeResult[None]:
    """The nightly quality report of the current release, as HTML and PDF."""
    files = home.held.report()
    return dg.MaterializeResult(
        metadata={"html": dg.MetadataValue.path(files.html), "pdf": dg.MetadataValue.path(files.pdf)}
    )
