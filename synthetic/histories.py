"""A history from a world: its invocations, one row per run, and the truth about each test × variant.

What belongs here: what the draws of all kinds make together. What does not: the draws of one kind (draws.py),
names and keys (names.py), the product's tables (lake_files.py) and documents. Same world, same rows; tests of
one behaviour draw nothing of what others draw: adding some changes of others' runs the test's number alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import polars as pl

from synthetic.draws import Draw
from synthetic.hosts import with_starts
from synthetic.kinds import Kind
from synthetic.schedule import invocations
from synthetic.world import World
from warehouse.schema import TIMESTAMP

_DAYS: Final = ("break_from", "break_to", "change_day")

_RUN_TYPES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "test": pl.Int32,
    "variant": pl.Int32,
    "invocation": pl.Int32,
    "commit": pl.Int32,
    "branch": pl.String,
    "day": pl.Date,
    "triggered_at": TIMESTAMP,
    "started_at": TIMESTAMP,
    "attempts": pl.String,
    "is_skipped": pl.Boolean,
    "is_broken": pl.Boolean,
    "is_renamed": pl.Boolean,
    "host": pl.Int32,
    "predecessor": pl.Int32,
    "duration_ms": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class History:
    """`invocations`: see schedule.py. `truth`: one row per test and variant; null where nothing is set.

    `runs`: one row per execution, by invocation, test, variant. `attempts` are letters as "FFP", empty where
    it was skipped; `is_broken`: code or environment were bad, no chance; `predecessor`: the test before it in
    its process, `host` where that ran, one run after the other in each invocation; `is_renamed`: under its
    later key; `duration_ms`: all attempts.
    """

    world: World
    invocations: pl.DataFrame
    runs: pl.DataFrame
    truth: pl.DataFrame

    @property
    def as_of(self) -> datetime:
        """The last minute of the last day: nothing happens after it."""
        day = self.world.start + timedelta(days=self.world.days - 1)
        return datetime.combine(day, time(23, 59), UTC)


def generate(world: World) -> History:
    """The whole history of the world."""
    calendar = invocations(world)
    runs: list[pl.DataFrame] = []
    truth: list[pl.DataFrame] = []
    first = 0
    for behaviour, count in world.mix.items():
        kind = Kind(world, behaviour, count, first)
        for variant in range(world.variants):
            runs.append(Draw(kind, calendar, variant).runs())
            truth.append(kind.truth(variant))
        first += count
    return History(world, calendar, _sorted(runs, calendar), _truth(world, truth))


def _sorted(parts: list[pl.DataFrame], calendar: pl.DataFrame) -> pl.DataFrame:
    rows = with_starts(pl.concat(parts)).sort("invocation", "test", "variant")
    day = pl.col("started_at").dt.date().alias("day")
    of_invocation = calendar.select("commit", "branch", day)[rows["invocation"]]
    return rows.hstack(of_invocation).select(pl.col(name).cast(dtype) for name, dtype in _RUN_TYPES.items())


def _truth(world: World, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """With days as dates."""
    days = ((pl.lit(world.start) + pl.duration(days=name)).alias(name) for name in _DAYS)
    return pl.concat(parts).sort("test", "variant").with_columns(days)
