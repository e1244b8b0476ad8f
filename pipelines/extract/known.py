"""What the lake knows before a night reads, and what the night's reading brought.

What belongs here: the two shapes that cross the seam between night.py and the reading. What does not: the
reading itself (extraction.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import polars as pl

from pipelines.extract.batches import Refused
from pipelines.extract.spool import Spool


@dataclass(frozen=True, slots=True)
class Known:
    """What the lake knows before the night: where it stopped, and what must be looked at again."""

    watermarks: dict[str, datetime]
    source_days: pl.DataFrame
    in_flight: frozenset[str]
    quarantined: frozenset[str] = frozenset()
    """Documents in the quarantine, by id."""
    is_retried: bool = False
    """Whether the quarantined executions are to be read again."""
    days: tuple[date, ...] | None = None
    """Read what is of these days and what belongs to it, nothing else; None stands for a night."""
    namesakes: Callable[[pl.DataFrame], frozenset[str]] = lambda _: frozenset()
    """Keys of executions that share a name with those read (execution_key, execution_id) and were not."""
    content_hashes: Mapping[str, str] = field(default_factory=dict)
    """Of collections that are files, as last read."""

    def from_the_start(self) -> "Known":
        """The same lake, as if none of its source had been read yet."""
        return replace(self, watermarks={}, source_days=self.source_days.clear(), content_hashes={})


@dataclass(slots=True)
class Extracted:
    """What a night read. `source_days`: whole days as SOURCE_DAYS; `catalog`: dimension rows by table."""

    spool: Spool
    watermarks: dict[str, datetime]
    refused: list[tuple[str, Refused]] = field(default_factory=list)
    mended: list[tuple[str, str]] = field(default_factory=list)
    """Collection and id of documents that were in the quarantine and could be read."""
    source_days: list[pl.DataFrame] = field(default_factory=list)
    compared_days: dict[str, tuple[date, ...]] = field(default_factory=dict)
    catalog: dict[str, pl.DataFrame] = field(default_factory=dict)
    document_counts: dict[str, int] = field(default_factory=dict)
    content_hashes: dict[str, str] = field(default_factory=dict)
    """Of collections that are files, as read now or last."""
    damaged: set[str] = field(default_factory=set)
    """Collections of which only a part could be read, since their files are damaged."""

    def forget_damaged(self) -> None:
        """What was read of these stays; that they were read is forgotten: the next night reads them whole."""
        for name in self.damaged:
            self.watermarks.pop(name, None)
            self.content_hashes.pop(name, None)
            self.compared_days.pop(name, None)
        whole = [pl.col("collection").is_in(sorted(self.damaged)).not_()]
        self.source_days = [days.filter(whole) for days in self.source_days]
