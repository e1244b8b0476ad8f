"""One night's reading of a source: in which order the collections are read, and what of each.

What belongs here: the plan (design: Extract). What does not: rules of time (watermark.py), decoding
(decoders.py), lake rows (pipelines/transform). Executions come before their companions; a companion that
changed brings its execution in, and every execution read brings all of its companions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from pipelines.extract import catalog
from pipelines.extract.batches import Batch, Decoded, Refused
from pipelines.extract.decode import decode
from pipelines.extract.decoders import Decoders, ReadPolicy, Report, mended, summed
from pipelines.extract.documents import (
    CASE,
    ITEM,
    QUEUE_ENTRY,
    RESULT,
    STATE_CHANGE,
    STEP,
    SUITE,
    USER,
    Document,
    execution_document,
)
from pipelines.extract.executions import DayBounds, TextLimits
from pipelines.extract.keys import is_marked, safe_refused
from pipelines.extract.known import Extracted, Known
from pipelines.extract.people import People
from pipelines.extract.raw_tables import RAW_EXECUTIONS, RAW_STATE_CHANGES, RAW_STEPS
from pipelines.extract.reader import EVERYTHING, Selection, Source, day_sums
from pipelines.extract.spool import Spool
from pipelines.extract.watermark import begin_after, changed_days, days_to_compare, next_watermark
from pipelines.settings import Settings
from warehouse.errors import SourceError
from warehouse.tables import DECLARED_TOTALS, ITEMS, SOURCE_DAYS, SUITES, TESTS, USERS

Progress = Callable[[str, int, int | None], None]
"""Called with a collection's name, how many more of its documents were read, and how many it holds in all
(None where only a part is read)."""


def no_progress(name: str, count: int, total: int | None) -> None:
    """Says nothing."""


def extract(  # noqa: PLR0913 - the inputs of a stage, each of its own kind
    source: Source,
    settings: Settings,
    known: Known,
    spool: Spool,
    people: People,
    *,
    as_of: datetime,
    read_at: datetime,
    progress: Progress = no_progress,
) -> Extracted:
    """Reads what a night needs into the spool. Raises SourceError where the source cannot be read."""
    policy = ReadPolicy(
        paths=settings.identity,
        bounds=DayBounds(date.fromisoformat(settings.earliest_day), (read_at + timedelta(days=1)).date()),
        limits=TextLimits(settings.text_limit, settings.trace_limit),
        people_file=people.file,
        people_words=people.words,
        quarantined=known.quarantined,
    )
    spool.clear()
    decoders = Decoders(policy, spool, settings.processes)
    reading = Reading(
        source, settings, known, decoders, Extracted(spool, dict(known.watermarks)), as_of, read_at, progress
    )
    try:
        reading.catalog(people)
        reading.executions()
        reading.companions()
    finally:
        decoders.close()
    reading.result.forget_damaged()
    if known.days is not None:  # what else changed was not read: the next night starts where this one would
        reading.result.watermarks = dict(known.watermarks)
    return reading.result


@dataclass(slots=True)
class Reading:
    """The state of one night's reading."""

    source: Source
    settings: Settings
    known: Known
    decoders: Decoders
    result: Extracted
    as_of: datetime
    read_at: datetime
    progress: Progress

    def catalog(self, people: People) -> None:
        """Users first, so that an account and its address are one person; all read whole, they are few."""
        names = self.settings.collections
        for document, aliases, table, rows in (
            (USER, names.users, USERS, catalog.users),
            (CASE, names.cases, TESTS, catalog.tests),
            (SUITE, names.suites, SUITES, catalog.suites),
            (ITEM, names.items, ITEMS, catalog.items),
        ):
            stored = self.source.collection(aliases)
            if stored is not None:
                self.result.catalog[table.name] = rows(self._whole(stored, document, people), people)

    def _whole(self, stored: str, document: Document, people: People) -> pl.DataFrame:
        frames = [decode(document, Batch(b"")).frame]
        for batch in self.source.batches(stored, document, EVERYTHING):
            decoded = decode(document, batch) if batch.data else Decoded(frames[0], [])
            refused = [
                *safe_refused(document, decoded.refused, people),
                *([batch.damage] if batch.damage else []),
            ]
            frames.append(decoded.frame)
            self._mend(stored, mended(document, decoded, self.known.quarantined, people))
            self._count(stored, decoded.frame.height + len(decoded.refused), refused)
        return pl.concat(frames)

    def executions(self) -> None:
        """Everything at first; later what changed, was in flight, or lies on a day that differs."""
        aliases = self.settings.collections.executions
        stored = self.source.collection(aliases)
        if stored is None:
            raise SourceError(
                f"{self.source.identity} holds no collection {' or '.join(aliases)}; "
                "name yours with EXR_COLLECTIONS__EXECUTIONS='[\"name\"]'."
            )
        document = execution_document(self.settings.identity)
        self._read_incrementally(stored, document)
        again = frozenset() if self._is_as_read(stored) else self.known.in_flight
        is_known_to_source = True
        if self.known.is_retried:
            again |= self.known.quarantined
            is_known_to_source = not any(map(is_marked, self.known.quarantined))
        if again and self.known.days is None:
            self._read(stored, document, Selection(keys=again) if is_known_to_source else EVERYTHING)

    def companions(self) -> None:
        """Results, state history, steps; and the executions they belong to where these were not read."""
        present = [*self._present()]
        for stored, document in present:
            self._read_incrementally(stored, document)
        is_of_days = self.known.days is not None
        if self.known.watermarks or is_of_days:
            self._bring_in_executions()
            self._bring_in_namesakes()
            keys = frozenset(self._execution_names().collect()["name"])
            for stored, document in present:
                if keys and (is_of_days or stored in self.known.watermarks):
                    self._read(stored, document, Selection(keys=keys))
        for aliases in (self.settings.collections.queue, self.settings.collections.dead_letters):
            queue = self.source.collection(aliases)
            if queue is not None:
                self._read(queue, QUEUE_ENTRY, EVERYTHING)

    def _present(self) -> Iterator[tuple[str, Document]]:
        names = self.settings.collections
        for aliases, document in ((names.results, RESULT), (names.state_history, STATE_CHANGE)):
            stored = self.source.collection(aliases)
            if stored is not None:
                yield stored, document
        for name in self.settings.step_collections:
            if self.source.collection([name]) is not None:
                yield name, STEP

    def _bring_in_executions(self) -> None:
        """Executions whose companions changed but which were not read themselves."""
        scan = self.result.spool.scan
        named = pl.concat(
            [
                scan(RAW_STEPS).select(name="execution_ref"),
                scan(RAW_STATE_CHANGES).select(name="execution_ref"),
                scan(DECLARED_TOTALS).select(name="suite_execution_id"),
            ]
        ).unique()
        missing = named.join(self._execution_names(), on="name", how="anti").collect()["name"]
        stored = self.source.collection(self.settings.collections.executions)
        if stored is not None and not missing.is_empty():
            document = execution_document(self.settings.identity)
            self._read(stored, document, Selection(keys=frozenset(missing)))

    def _bring_in_namesakes(self) -> None:
        """Executions known by a name of one that was read: whose its companions are is to be judged anew."""
        stored = self.source.collection(self.settings.collections.executions)
        document = execution_document(self.settings.identity)
        asked: frozenset[str] = frozenset()
        while stored is not None:
            read = self.result.spool.scan(RAW_EXECUTIONS).select("execution_key", "execution_id").unique()
            missing = self.known.namesakes(read.collect()) - asked
            if not missing:
                return
            self._read(stored, document, Selection(keys=missing))
            asked |= missing

    def _execution_names(self) -> pl.LazyFrame:
        """Both names of every execution read so far."""
        read = self.result.spool.scan(RAW_EXECUTIONS)
        keys, ids = read.select(name="execution_key"), read.select(name="execution_id")
        return pl.concat([keys, ids]).drop_nulls().unique()

    def _read_incrementally(self, stored: str, document: Document) -> None:
        if self.known.days is not None:
            self._read(stored, document, Selection(days=self.known.days), is_summed=True)
            return
        content = self.source.content_hash(stored)
        if content is not None:
            self.result.content_hashes[stored] = content
        watermark = self.known.watermarks.get(stored)
        if self._is_as_read(stored):
            return
        if watermark is None:
            self._read(stored, document, EVERYTHING, is_summed=True)
            return
        since = begin_after(watermark, self.settings.overlap_minutes)
        self._read(stored, document, Selection(since=since))
        days = self._differing_days(stored, document)
        if days:
            self._read(stored, document, Selection(days=days))

    def _is_as_read(self, stored: str) -> bool:
        """Whether the collection is a file that an earlier night read, whole, with the same bytes."""
        content = self.result.content_hashes.get(stored)
        is_known = content is not None and content == self.known.content_hashes.get(stored)
        return is_known and stored in self.known.watermarks

    def _differing_days(self, stored: str, document: Document) -> tuple[date, ...]:
        known = self.known.source_days.filter(pl.col("collection") == stored)
        settings = self.settings
        days = days_to_compare(
            known,
            self.as_of.date(),
            settings.reread_days,
            settings.reread_nights,
            date.fromisoformat(settings.earliest_day),
        )
        sums = [
            summed(day_sums(document, batch).filter(pl.col("document_date").is_in(list(days))))
            for batch in self.source.batches(stored, document, Selection(days=days))
            if batch.data
        ]
        found = self._remember_days(stored, document, sums, days)
        return changed_days(known, found, days)

    def _read(
        self, stored: str, document: Document, selection: Selection, *, is_summed: bool = False
    ) -> None:
        sums = []
        total = self.source.estimate(stored) if selection == EVERYTHING else None
        batches = self.source.batches(stored, document, selection)
        for report in self.decoders.run(document, stored, batches, is_summed=is_summed):
            self._note(stored, report, total)
            if report.sums is not None:
                sums.append(report.sums)
        if is_summed:
            self._remember_days(stored, document, sums, selection.days)
            self.result.watermarks.setdefault(stored, self.read_at)

    def _note(self, stored: str, report: Report, total: int | None) -> None:
        if report.is_damaged:
            self.result.damaged.add(stored)
        self._count(stored, report.document_count, report.refused, total)
        self._mend(stored, report.mended)
        former = self.result.watermarks.get(stored)
        newest = next_watermark(former, report.newest, self.read_at)
        if newest is not None:
            self.result.watermarks[stored] = newest

    def _mend(self, stored: str, names: Sequence[str]) -> None:
        self.result.mended += [(stored, name) for name in names]

    def _count(self, name: str, count: int, refused: Sequence[Refused], total: int | None = None) -> None:
        counts = self.result.document_counts
        counts[name] = counts.get(name, 0) + count
        self.result.refused += [(name, one) for one in refused]
        self.progress(name, count, total)

    def _remember_days(
        self, stored: str, document: Document, sums: list[pl.DataFrame], days: tuple[date, ...] | None
    ) -> pl.DataFrame:
        """The sums of whole days as SOURCE_DAYS rows; `days` None stands for every day there is."""
        found = pl.concat(sums) if sums else pl.DataFrame(schema=SOURCE_DAYS.schema)
        if days is not None:
            found = found.filter(pl.col("document_date").is_in(list(days)))
        frame = found.group_by("document_date").agg(pl.col("document_count", "checksum").sum())
        names = {"collection": pl.lit(stored), "document_kind": pl.lit(document.name)}
        frame = SOURCE_DAYS.typed(frame.drop_nulls("document_date").with_columns(**names))
        self.result.source_days.append(frame)
        self.result.compared_days[stored] = days if days is not None else tuple(frame["document_date"])
        return frame
