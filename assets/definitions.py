"""Everything Dagster loads: `dagster dev -m assets.definitions`.

What belongs here: putting the other modules together. What does not: definitions themselves. Loading reads
settings, the SQL files and the lake's log: no network, no secret, no clock, no MongoDB.
"""

from collections.abc import Mapping

import dagster as dg

from assets.gates import gates_asset
from assets.jobs import nightly
from assets.lake import histories, lake_assets
from assets.models import kept, model_assets
from assets.partitions import daily_partitions
from assets.release import release
from assets.reports import nightly_report
from assets.resources import HomeResource
from assets.schedules import nightly_schedule
from assets.sensors import tell_failed_run
from pipelines.extract.sources import home_of
from pipelines.settings import Settings
from warehouse.models import load_models


def build_defs(overrides: Mapping[str, object] | None = None, *, as_of: str | None = None) -> dg.Definitions:
    """Fresh definitions; `overrides` are settings over those in force, as on the command line."""
    given = dict(overrides or {})
    settings = Settings.load(**given)
    models = load_models()
    daily = daily_partitions(settings, home_of(settings))
    return dg.Definitions(
        assets=[
            lake_assets(daily),
            *histories(),
            model_assets(models),
            gates_asset(kept(models)),
            release,
            nightly_report,
        ],
        jobs=[nightly],
        schedules=[nightly_schedule(settings.timezone)],
        sensors=[tell_failed_run],
        resources={"home": HomeResource.of(given, as_of)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads; a function, so that importing this module reads nothing."""
    return build_defs()
