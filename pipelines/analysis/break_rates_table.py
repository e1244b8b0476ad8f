"""The table ana_break_rates: breaks per change of each suite and feature.

What belongs here: a prior per type of component, rates into columns. What does not: the model
(break_rates.py).
"""

from typing import Final

import numpy as np
import polars as pl

from pipelines.analysis.break_rates import fit_rate_prior, rate_posteriors
from warehouse.policy import Parameters

_SCHEMA: Final = pl.Schema(
    {
        "component_type": pl.String,
        "component_key": pl.String,
        "change_count": pl.Int64,
        "break_count": pl.Int64,
        "break_rate": pl.Float64,
        "break_rate_low": pl.Float64,
        "break_rate_high": pl.Float64,
        "prior": pl.String,
    }
)


def break_rates(components: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """One row per component; components: each with its changes and breaks."""
    del parameters
    parts = components.sort("component_type", "component_key").partition_by(
        "component_type", maintain_order=True
    )
    return pl.concat([_SCHEMA.to_frame(), *(_rates(part) for part in parts)])


def _rates(components: pl.DataFrame) -> pl.DataFrame:
    breaks, changes = (
        components[name].to_numpy().astype(np.float64) for name in ("break_count", "change_count")
    )
    prior = fit_rate_prior(breaks, changes)
    mean, low, high = rate_posteriors(breaks, changes, prior)
    return components.with_columns(
        pl.Series("break_rate", mean),
        pl.Series("break_rate_low", low),
        pl.Series("break_rate_high", high),
        pl.lit("gamma" if prior.accepted else "jeffreys").alias("prior"),
    ).select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())
