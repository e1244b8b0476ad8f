"""Decoding a stream of batches into the spool, in this process or in several, in bounded memory.

What belongs here: the work on one batch from bytes to written frames, and handing batches to processes. What
does not: which documents are read (extraction.py).
"""

import ctypes
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from os import _exit, getpid, getppid
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.extract import executions, state_changes, steps
from pipelines.extract.batches import Batch, Decoded, Refused
from pipelines.extract.decode import decode
from pipelines.extract.documents import Document
from pipelines.extract.keys import safe_ids, safe_refused, with_safe_keys
from pipelines.extract.people import People
from pipelines.extract.raw_tables import RAW_EXECUTIONS, RAW_QUEUE_ENTRIES, RAW_STATE_CHANGES, RAW_STEPS
from pipelines.extract.reader import day_sums
from pipelines.extract.spool import Spool
from pipelines.settings import IdentityPaths
from warehouse.errors import NightError
from warehouse.tables import DECLARED_TOTALS

_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """What a decoder must know; small and picklable."""

    paths: IdentityPaths
    bounds: executions.DayBounds
    limits: executions.TextLimits
    people_file: Path
    people_words: tuple[str, ...]
    quarantined: frozenset[str] = frozenset()
    """Documents that were refused before, by id."""


@dataclass(frozen=True, slots=True)
class Task:
    """One batch, its number in the night, and whether its days are to be summed."""

    document: Document
    batch: Batch
    number: int
    is_summed: bool
    collection: str
    """The one it is from, by the source's name."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one batch. `sums`: per document_date document_count and checksum."""

    document_count: int
    newest: datetime | None
    refused: list[Refused]
    sums: pl.DataFrame | None
    mended: list[str] = field(default_factory=list)
    """Documents that were refused before and could be read, by id."""
    is_damaged: bool = False
    """Whether bytes behind the batch are no documents, so that some of the collection were not seen."""


def work(task: Task, policy: ReadPolicy, spool: Spool) -> Report:
    """Decodes one batch and writes its frames to the spool."""
    batch, document = task.batch, task.document
    damage = [batch.damage] if batch.damage else []
    if not batch.data:
        return Report(0, None, damage, None, is_damaged=bool(damage))
    decoded = decode(document, batch)
    if document.name == "executions":
        decoded = executions.admit(decoded, policy.bounds, task.number)
    _write(task, decoded, policy, spool)
    clocks = pl.coalesce(*document.clock, "_time").max()
    newest = decoded.frame.select(clocks).item() if decoded.frame.height else None
    count = decoded.frame.height + len(decoded.refused)
    people = People(policy.people_file, policy.people_words)
    return Report(
        count,
        newest,
        [*damage, *safe_refused(document, decoded.refused, people)],
        _sums(task) if task.is_summed else None,
        mended(document, decoded, policy.quarantined, people),
        is_damaged=bool(damage),
    )


def mended(document: Document, decoded: Decoded, quarantined: frozenset[str], people: People) -> list[str]:
    """Readable documents that were in the quarantine, by the ids they have there."""
    if not quarantined:
        return []
    ids = safe_ids(document, decoded.frame, people)
    return ids.filter(ids.is_in(list(quarantined))).to_list()


def _write(task: Task, decoded: Decoded, policy: ReadPolicy, spool: Spool) -> None:
    document, number = task.document, task.number
    people, limits = People(policy.people_file, policy.people_words), policy.limits
    frame = with_safe_keys(document, decoded.frame, people)
    match document.name:
        case "executions":
            raw = executions.raw_executions(frame, policy.paths, people, limits)
            spool.write(RAW_EXECUTIONS, number, raw)
            spool.write(RAW_STEPS, number, executions.embedded_steps(frame, limits))
        case "steps":
            rows = steps.collection_steps(frame, task.collection, limits.message, limits.trace)
            spool.write(RAW_STEPS, number, rows)
        case "results":
            spool.write(RAW_STEPS, number, steps.result_steps(frame, limits.message, limits.trace))
            spool.write(DECLARED_TOTALS, number, state_changes.declared_totals(frame))
        case "state_history":
            spool.write(RAW_STATE_CHANGES, number, state_changes.state_changes(frame))
        case "queue":
            spool.write(RAW_QUEUE_ENTRIES, number, state_changes.queue_entries(frame))
        case name:
            raise AssertionError(f"no raw table for {name}")


def _sums(task: Task) -> pl.DataFrame:
    return summed(day_sums(task.document, task.batch))


def summed(hashes: pl.DataFrame) -> pl.DataFrame:
    """Per day how many documents and the sum of their hashes; integer sums wrap, so order does not matter."""
    return hashes.group_by("document_date").agg(
        document_count=pl.len().cast(pl.Int64), checksum=pl.col("document_hash").sum()
    )


def _die_with_parent(parent: int) -> None:
    """A killed night must not leave decoders that write into the next night's spool (Linux: prctl)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if getppid() != parent:
        _exit(1)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile never see Ctrl-C, which a terminal sends to all: the night ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(slots=True)
class Decoders:
    """Hands batches to `work`; processes start with the second batch, since starting costs a second."""

    policy: ReadPolicy
    spool: Spool
    processes: int
    _number: int = 0
    _pool: ProcessPoolExecutor | None = None
    _waiting: deque[Future[Report]] = field(default_factory=deque)

    def run(
        self, document: Document, collection: str, batches: Iterator[Batch], *, is_summed: bool = False
    ) -> Iterator[Report]:
        """One report per batch, in order. At most two batches per process wait at a time.

        NightError where a process was ended from outside.
        """
        try:
            yield from self._run(document, collection, batches, is_summed)
        except BrokenProcessPool as error:  # met by whichever comes first, handing over or waiting
            raise NightError(
                "A decoder process was ended from outside, mostly for want of memory; "
                "lower EXR_PROCESSES or EXR_BATCH_DOCUMENTS, then run again."
            ) from error

    def _run(
        self, document: Document, collection: str, batches: Iterator[Batch], is_summed: bool
    ) -> Iterator[Report]:
        for place, batch in enumerate(batches):
            self._number += 1
            task = Task(document, batch, self._number, is_summed, collection)
            if self.processes == 1 or (place == 0 and self._pool is None):
                yield work(task, self.policy, self.spool)
                continue
            with _deaf_to_interrupts():
                self._waiting.append(self._start().submit(work, task, self.policy, self.spool))
            if len(self._waiting) > 2 * self.processes:
                yield self._waiting.popleft().result()
        while self._waiting:
            yield self._waiting.popleft().result()

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.processes,
                mp_context=get_context("spawn"),
                initializer=_die_with_parent,
                initargs=(getpid(),),
            )
        return self._pool

    def close(self) -> None:
        """Ends the processes; batches that wait are dropped."""
        self._waiting.clear()
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
