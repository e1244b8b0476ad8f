"""The tables of the lake as assets: those with days partitioned by day, the others not.

What belongs here: the one step that reads the source, and what it tells Dagster. What does not: reading
(pipelines/extract) and writing (pipelines/transform).

A run without a partition is a night: it reads what changed, and logs a materialization of each day touched.
A run of partitions reads exactly these days again, a range of them at once.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import dagster as dg

from assets.resources import HomeResource
from warehouse.schema import Table
from warehouse.tables import DAY_TABLES, HISTORY_TABLES, WHOLE_TABLES

GROUP: Final = "lake"
ROWS: Final = "dagster/row_count"

Counts = Mapping[str, Mapping[date, int]]
"""Rows by table and day."""


def lake_key(table: str) -> dg.AssetKey:
    """The asset of a table of the lake."""
    return dg.AssetKey([GROUP, table])


def histories() -> list[dg.AssetSpec]:
    """What releases leave behind: no run makes them, each publication adds to them."""
    return [
        dg.AssetSpec(lake_key(table.name), description=table.meaning, group_name=GROUP)
        for table in HISTORY_TABLES
    ]


def lake_assets(daily: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """All tables of the lake, made by one reading of the source."""
    specs = [*(_spec(table, daily) for table in DAY_TABLES), *(_spec(table, None) for table in WHOLE_TABLES)]

    @dg.multi_asset(name=GROUP, specs=specs, can_subset=True, backfill_policy=dg.BackfillPolicy.single_run())
    def lake(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[dg.MaterializeResult[None]]:
        """Reads the source: what changed, or the days of the run's partitions again."""
        days = _asked_days(context)
        loaded = home.held.load(days)
        standing = home.held.lake
        counts = {table.name: standing.day_counts(table) for table in DAY_TABLES}
        _tell_asked_days(context, counts, days or ())
        _log_touched_days(context, counts, loaded.changed_days, days or ())
        rows = standing.row_counts()
        generation = loaded.generation.number
        for key in sorted(context.selected_asset_keys):
            facts = {ROWS: rows.get(key.path[-1], 0), "lake_generation": generation}
            yield dg.MaterializeResult(key, metadata=None if days and key.path[-1] in counts else facts)

    return lake


def _spec(table: Table, daily: dg.PartitionsDefinition[str] | None) -> dg.AssetSpec:
    return dg.AssetSpec(
        lake_key(table.name),
        description=f"{table.meaning} Grain: {', '.join(table.grain)}.",
        group_name=GROUP,
        partitions_def=daily,
        kinds={"deltalake"},
    )


def _asked_days(context: dg.AssetExecutionContext) -> tuple[date, ...] | None:
    """The days of the run's partition or range of partitions; None for a night."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    return tuple(date.fromisoformat(key) for key in context.partition_keys)


def _tell_asked_days(context: dg.AssetExecutionContext, counts: Counts, days: tuple[date, ...]) -> None:
    """Row counts of the days that were asked for; Dagster itself logs their materializations."""
    for key in context.selected_asset_keys:
        for day in days if key.path[-1] in counts else ():
            facts = {ROWS: counts[key.path[-1]].get(day, 0)}
            context.add_asset_metadata(facts, asset_key=key, partition_key=day.isoformat())


def _log_touched_days(
    context: dg.AssetExecutionContext, counts: Counts, touched: tuple[date, ...], asked: tuple[date, ...]
) -> None:
    """One materialization per table and touched day with rows, but for those that Dagster logs itself."""
    for name, by_day in counts.items():
        key = lake_key(name)
        told = set(asked) if key in context.selected_asset_keys else set()
        for day in touched:
            if day in by_day and day not in told:
                facts = {ROWS: by_day[day]}
                context.log_event(dg.AssetMaterialization(key, partition=day.isoformat(), metadata=facts))
