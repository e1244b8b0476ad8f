"""The release as an asset: the only step that publishes.

What belongs here: publishing the run's draft. What does not: filling it (models.py), and how it is published
at once (warehouse/releases.py). A draft that lacks a model, a check or the gates' verdicts is refused.
"""

from typing import Final

import dagster as dg

from assets.gates import GROUP
from assets.resources import HomeResource
from warehouse.gate_verdicts import GATE_VERDICTS

RELEASE: Final = "release"


@dg.asset(name=RELEASE, deps=[GATE_VERDICTS], group_name=GROUP)
def release(home: HomeResource) -> dg.MaterializeResult[None]:
    """The warehouse file that readers open, immutable from here on; current.json names it."""
    published = home.held.publish()
    return dg.MaterializeResult(
        metadata={
            "release_id": published.release_id,
            "as_of": dg.MetadataValue.timestamp(published.manifest.as_of),
            "lake_generation": published.manifest.lake_generation,
            "database": dg.MetadataValue.path(published.database),
        }
    )
