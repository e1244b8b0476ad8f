"""The data checks as asset checks: one of each file in sql/checks.

What belongs here: what Dagster is told of a check. What does not: what is checked (sql/checks) and running it
(models.py: checks read temporary objects of the step that builds).
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from warehouse.build import ModelRun
from warehouse.model_headers import Model
from warehouse.models import LAKE_PREFIX

BLOCKING: Final = "blocking"


def check_specs(models: Sequence[Model]) -> list[dg.AssetCheckSpec]:
    """The specs of the checks among the models."""
    names = {model.name for model in models if model.severity is None}
    return [
        dg.AssetCheckSpec(
            name=check.name,
            asset=subject(check, names),
            description=f"{check.comment} Reads {', '.join(check.inputs)}.",
            blocking=check.severity == BLOCKING,
        )
        for check in models
        if check.severity
    ]


def subject(check: Model, names: set[str]) -> str:
    """The model that a check is shown at: the first it reads; for a table of the lake its staging model,
    where the build first sees the rows."""
    seen = (
        f"stg_{read.removeprefix(LAKE_PREFIX)}" if read.startswith(LAKE_PREFIX) else read
        for read in check.inputs
    )
    return next(name for name in seen if name in names)


def check_result(run: ModelRun, names: set[str]) -> dg.AssetCheckResult:
    """Passed without a breach; only a blocking check that failed is an error."""
    is_blocking = run.model.severity == BLOCKING
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(subject(run.model, names)),
        check_name=run.model.name,
        passed=not run.row_count,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"breach_count": run.row_count or 0},
    )
