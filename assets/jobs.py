"""The jobs: `nightly`, which is all of it.

What belongs here: which assets run together. What does not: when (schedules.py).
"""

import dagster as dg

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Reads the source, builds, judges and publishes a release, writes its report.",
)
