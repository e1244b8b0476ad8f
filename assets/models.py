"""The SQL models as assets: one of each file under sql/, with what it reads, down to the tables of the lake.

What belongs here: the factory that makes them of the files, and the step that builds the chosen ones in a
draft. What does not: the models (sql/) and building one (warehouse/build.py). No model is named here: a new
file is a new asset.

One step builds them all, since staging and intermediate models are temporary objects of one connection, and
each step of its own would cost Dagster's bookkeeping (docs/adr/0004).
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from assets.checks import check_result, check_specs
from assets.lake import ROWS, lake_key
from assets.resources import HomeResource
from warehouse.build import ModelRun
from warehouse.model_headers import Model
from warehouse.models import LAKE_PREFIX, LAYERS


def model_assets(models: Sequence[Model]) -> dg.AssetsDefinition:
    """An asset of each model and an asset check of each check."""
    names = {model.name for model in models if model.severity is None}
    specs = [_spec(model, names) for model in models if model.severity is None]

    @dg.multi_asset(name="models", specs=specs, check_specs=check_specs(models), can_subset=True)
    def build_models(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        """Builds the chosen models in a draft: a new one for all, else one that begins with the release."""
        chosen = {key.to_user_string() for key in context.selected_asset_keys}
        chosen |= {key.name for key in context.selected_asset_check_keys}
        draft = home.held.open_draft(is_whole=len(chosen) == len(models))
        for model in models:
            if model.name in chosen:
                run = draft.build(model.name)
                yield check_result(run, names) if model.severity else _result(run)
        draft.require_sound()

    return build_models


def kept(models: Sequence[Model]) -> list[str]:
    """The models that a release holds as tables."""
    return [model.name for model in models if LAYERS[model.folder].is_kept and model.severity is None]


def _spec(model: Model, names: set[str]) -> dg.AssetSpec:
    deps = [
        lake_key(read.removeprefix(LAKE_PREFIX)) if read.startswith(LAKE_PREFIX) else dg.AssetKey(read)
        for read in model.inputs
        if read in names or read.startswith(LAKE_PREFIX)
    ]
    return dg.AssetSpec(
        model.name,
        deps=deps,
        description=model.comment,
        group_name=model.folder,
        owners=[f"team:{model.owner}"],
        kinds={"duckdb", "sql"},
    )


def _result(run: ModelRun) -> dg.MaterializeResult[None]:
    """A view has no rows of its own to count."""
    return dg.MaterializeResult(
        run.model.name, metadata=None if run.row_count is None else {ROWS: run.row_count}
    )
