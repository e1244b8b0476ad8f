"""The verdicts of the gates as an asset: judged on the draft, before anybody can see it.

What belongs here: telling Dagster what the gates said. What does not: rules and judging (pipelines/gates).
A gate that fails stops nothing: a release says what the night was, good or bad.
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from assets.resources import HomeResource
from warehouse.gate_verdicts import GATE_VERDICTS

GROUP: Final = "release"


def gates_asset(tables: Sequence[str]) -> dg.AssetsDefinition:
    """`tables`: what a draft holds; gates judge it whole."""

    @dg.asset(name=GATE_VERDICTS, deps=tables, group_name=GROUP)
    def gate_verdicts(home: HomeResource) -> dg.MaterializeResult[None]:
        """One row per gate: pass, fail or insufficient, with counts and interval."""
        verdicts = home.held.judge()
        said = {str(row["gate_name"]): f"{row['verdict']}: {row['sentence']}" for row in verdicts}
        return dg.MaterializeResult(metadata=said)

    return gate_verdicts
