"""A history written straight into the lake of a home, without documents and a night that reads them.

What belongs here: which tables are written in which order. What does not: their rows (executions.py). A build
works on such a home; a night does not, since its source is no database and no dump.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.settings import Settings
from pipelines.transform import rollups
from pipelines.transform.merge import groups
from pipelines.transform.standing import bring_up_to_date
from synthetic.executions import attempts_of, executions_of, state_changes_of, steps_of
from synthetic.histories import History
from synthetic.names import Names
from warehouse.generations import Generation
from warehouse.lake import Lake
from warehouse.schema import TIMESTAMP
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS, SUITES, TESTS

GROUP_EXECUTIONS: Final = 150_000
"""Executions written at a time; the product's own default."""


def write_home(
    root: Path,
    history: History,
    *,
    has_steps: bool = False,
    has_rollups: bool = True,
    group_executions: int = GROUP_EXECUTIONS,
) -> Generation:
    """A new home's lake with the whole history, published as one generation.

    Without steps, which are two of each execution, executions say that they have none. Without rollups, which
    no model reads, it takes half the time.
    """
    lake = Lake(root / "lake")
    if lake.generation.number:
        raise ValueError(f"{root} holds a history already.")
    settings = Settings(timezone="UTC")  # the zone of bucket_date here
    bring_up_to_date(lake, settings.timezone, group_executions, settings.reading)
    names = Names(history)
    for days, runs in _groups(history.runs, group_executions):
        _write_days(lake, days, executions_of(names, runs, has_steps=has_steps), has_steps=has_steps)
        if has_rollups:
            rollups.rebuild(lake, days)
    lake.replace_table(TESTS, tests_of(names))
    lake.replace_table(SUITES, suites_of(names))
    return lake.commit({}, f"synthetic:{history.world.seed}", history.as_of)


def _write_days(lake: Lake, days: list[date], executions: pl.DataFrame, *, has_steps: bool) -> None:
    lake.replace_days(EXECUTIONS, days, executions)
    lake.replace_days(ATTEMPTS, days, attempts_of(executions))
    lake.replace_days(STATE_CHANGES, days, state_changes_of(executions))
    lake.replace_days(STEPS, days, steps_of(executions) if has_steps else STEPS.empty())


def _groups(runs: pl.DataFrame, group_executions: int) -> Iterator[tuple[list[date], pl.DataFrame]]:
    """Runs by days, so many at a time; they stand in the order of their invocations, so days are slices."""
    counts = runs.group_by("day", maintain_order=True).len()
    start = 0
    sizes: dict[date, int] = dict(counts.iter_rows())
    for days in groups(sizes, group_executions):
        length = sum(sizes[day] for day in days)
        yield days, runs.slice(start, length)
        start += length


def tests_of(names: Names) -> pl.DataFrame:
    """Rows of TESTS: one per key, so two of a renamed test, the former of which is archived."""
    used = names.tests.filter("is_used")
    status = pl.when("is_former").then(pl.lit("archived")).otherwise(pl.lit("active"))
    return used.select(
        "test_key",
        "test_name",
        status.alias("status"),
        pl.col("is_former").alias("is_archived"),
        pl.lit("generic").alias("test_type"),
        pl.lit("medium").alias("priority"),
        *_seen(names),
    )


def suites_of(names: Names) -> pl.DataFrame:
    """Rows of SUITES."""
    return names.suites.select(
        "suite_key",
        "suite_name",
        pl.lit("active").alias("status"),
        pl.lit(value=False).alias("is_archived"),
        pl.lit("medium").alias("priority"),
        *_seen(names),
    )


def _seen(names: Names) -> list[pl.Expr]:
    start = pl.lit(names.history.world.start).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    nothing = pl.lit([], pl.List(pl.String))
    as_of = pl.lit(names.history.as_of, TIMESTAMP)
    return [
        nothing.alias("tags"),
        nothing.alias("item_keys"),
        pl.lit(None, pl.String).alias("owner_key"),
        start.alias("created_at"),
        pl.lit(None, TIMESTAMP).alias("updated_at"),
        as_of.alias("first_seen_at"),
        as_of.alias("last_seen_at"),
    ]
