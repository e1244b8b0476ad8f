"""Puts a night's executions into the lake: which days are touched, and their rows old and new.

What belongs here: choosing the newest copy over nights, days an execution leaves and enters, groups of days
that fit into memory. What does not: what the rows say (day.py and below), how tables are stored
(warehouse/lake.py), tables without days (catalog.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pipelines.extract.raw_tables import (
    RAW_EXECUTIONS,
    RAW_QUEUE_ENTRIES,
    RAW_STATE_CHANGES,
    RAW_STEPS,
)
from pipelines.extract.spool import Spool
from pipelines.extract.steps import ERROR_TEXTS
from pipelines.transform import rollups
from pipelines.transform.day import LakeRows, RawRows, TransformPolicy, transform
from pipelines.transform.executions import with_changed_at
from pipelines.transform.kept import kept_rows
from pipelines.transform.namesakes import KEY, misleading_names
from warehouse.lake import Lake
from warehouse.schema import Table
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS

_STEP_BYTES: Final = 250
_USUAL_BYTES: Final = 8 * _STEP_BYTES
"""What a step takes without its texts, and what the eight steps of an execution of usual size do."""


@dataclass(frozen=True, slots=True)
class Touched:
    """`new`: key and day of every execution to write; `old`: key and day of those the lake holds already.

    `weights`: per day how many executions of usual size arrive, by the bytes of their steps.
    """

    new: pl.DataFrame
    old: pl.DataFrame
    weights: Mapping[date, int]

    def counts(self, standing: Mapping[date, int]) -> dict[date, int]:
        """Every touched day in order, with what it needs in memory: the rows that stand there and arrive."""
        arriving = dict(self.new.group_by("triggered_date").len().rows())
        days = sorted({*arriving, *self.old["triggered_date"]})
        return {
            day: max(arriving.get(day, 0), self.weights.get(day, 0)) + standing.get(day, 0) for day in days
        }


def merge(lake: Lake, spool: Spool, policy: TransformPolicy, group_executions: int) -> tuple[date, ...]:
    """Writes the spool's executions with their companions; the days whose rows changed, in order."""
    before = Lake(lake.root)
    touched = find_touched(lake, spool)
    misleading = misleading_names(lake, spool)
    written: set[date] = set()
    for days in groups(touched.counts(lake.day_counts(EXECUTIONS)), group_executions):
        arriving = touched.new.filter(pl.col("triggered_date").is_in(days))
        raw = _raw_rows(spool, arriving, misleading)
        rows = transform(_with_kept(raw, before, touched.old, misleading), policy)
        changed = _replace_days(lake, days, rows, touched.new.select(KEY))
        rollups.rebuild(lake, changed)
        written |= changed
    return tuple(sorted(written))


def find_touched(lake: Lake, spool: Spool) -> Touched:
    """The newest copy read now, whatever the lake holds: a change time may go back, a later sight may not."""
    columns = (KEY, "document_date", "document_time", "triggered_at", "created_at", "updated_at")
    copies = spool.scan(RAW_EXECUTIONS).select(columns).collect()
    read = with_changed_at(copies).select(KEY, "changed_at", triggered_date="document_date")
    newest = read.sort(KEY, "changed_at", "triggered_date").unique(KEY, keep="last", maintain_order=True)
    standing = (
        lake.scan(EXECUTIONS)
        .select(KEY, "triggered_date")
        .join(newest.lazy().select(KEY), on=KEY, how="semi")
        .collect()
    )
    return Touched(newest.select(KEY, "triggered_date"), standing, _weights(spool))


def _weights(spool: Spool) -> dict[date, int]:
    """Per day how many executions of usual size the steps read for it weigh; long stack traces count."""
    texts = (pl.col(name).str.len_bytes().fill_null(0) for name in ERROR_TEXTS)
    sizes = spool.scan(RAW_STEPS).drop_nulls("document_date").group_by("document_date")
    weighed = sizes.agg((pl.sum_horizontal(*texts) + _STEP_BYTES).sum() // _USUAL_BYTES)
    return dict(weighed.collect().rows())


def groups(counts: Mapping[date, int], executions_at_most: int) -> Iterator[list[date]]:
    """Days in order, as many at a time as hold about so many executions; at least one."""
    group: list[date] = []
    held = 0
    for day, count in counts.items():
        if group and held + count > executions_at_most:
            yield group
            group, held = [], 0
        group.append(day)
        held += count
    if group:
        yield group


def _replace_days(lake: Lake, days: Sequence[date], rows: LakeRows, leaving: pl.DataFrame) -> set[date]:
    written: set[date] = set()
    for table, new in (
        (EXECUTIONS, rows.executions),
        (ATTEMPTS, rows.attempts),
        (STEPS, rows.steps),
        (STATE_CHANGES, rows.state_changes),
    ):
        written |= _replace(lake, table, days, new, leaving)
    return written


def _replace(
    lake: Lake, table: Table, days: Sequence[date], new: pl.DataFrame, leaving: pl.DataFrame
) -> set[date]:
    """The days' standing rows without the touched executions, and the new ones; the days that differ."""
    standing = lake.scan(table, days).collect()
    kept = standing.join(leaving, on=KEY, how="anti")
    rows = table.conform(pl.concat([kept, new.select(kept.columns)]))
    changed = _differing(table, standing, rows)
    if changed:
        lake.replace_days(table, changed, rows.filter(pl.col("triggered_date").is_in(changed)))
    return set(changed)


def _differing(table: Table, standing: pl.DataFrame, rows: pl.DataFrame) -> list[date]:
    """Days on which the rows are not the standing ones."""
    before = table.conform(standing).partition_by("triggered_date", as_dict=True)
    after = rows.partition_by("triggered_date", as_dict=True)
    days = {key[0] for key in (*before, *after)}
    empty = table.empty()
    return sorted(day for day in days if not before.get((day,), empty).equals(after.get((day,), empty)))


def _raw_rows(spool: Spool, arriving: pl.DataFrame, misleading: pl.DataFrame) -> RawRows:
    """The spool's rows of the arriving executions; companions by either name that is theirs alone."""
    executions = spool.scan(RAW_EXECUTIONS).join(
        arriving.lazy(), left_on=[KEY, "document_date"], right_on=[KEY, "triggered_date"], how="semi"
    )
    found = executions.collect()
    keys = arriving.select(execution_ref=KEY, document_date="triggered_date")
    ids = found.select(execution_ref="execution_id").join(misleading, on="execution_ref", how="anti")
    names = pl.concat([keys.select("execution_ref"), ids]).drop_nulls().unique().lazy()

    def companions(table: Table) -> pl.DataFrame:
        rows = spool.scan(table)
        if "document_date" not in table.names:
            return rows.join(names, on="execution_ref", how="semi").collect()
        apart = rows.filter(pl.col("document_date").is_null()).join(names, on="execution_ref", how="semi")
        # By key and day: an older copy of a document that moved may stand on another day of this group.
        embedded = rows.join(keys.lazy(), on=["execution_ref", "document_date"], how="semi")
        return pl.concat(pl.collect_all([apart, embedded]))

    return RawRows(
        executions=found,
        steps=companions(RAW_STEPS),
        state_changes=companions(RAW_STATE_CHANGES),
        queue_entries=companions(RAW_QUEUE_ENTRIES),
    )


def _with_kept(raw: RawRows, before: Lake, old: pl.DataFrame, misleading: pl.DataFrame) -> RawRows:
    """The raw rows with what the lake still knows of companions that are gone at the source.

    Not for executions that share their name: whose their companions are is judged anew each time.
    """
    own = raw.executions.join(misleading, left_on="execution_id", right_on="execution_ref", how="anti")
    standing = old.join(own.select(KEY), on=KEY, how="semi")
    if standing.is_empty():
        return raw
    kept = kept_rows(before, standing, standing["triggered_date"].unique().to_list())
    names = raw.executions.select(KEY, "execution_id")
    read = raw.steps.select("execution_ref")
    by_key = names.join(read, left_on=KEY, right_on="execution_ref", how="semi")
    by_id = names.join(read, left_on="execution_id", right_on="execution_ref", how="semi")
    have_steps = pl.concat([by_key, by_id]).select(execution_ref=KEY)
    return RawRows(
        executions=raw.executions,
        steps=pl.concat([raw.steps, kept.steps.join(have_steps, on="execution_ref", how="anti")]),
        state_changes=pl.concat([raw.state_changes, kept.state_changes]),
        queue_entries=pl.concat([raw.queue_entries, kept.queue_entries]),
    )
