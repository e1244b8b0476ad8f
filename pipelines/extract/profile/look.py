"""A first look at a source: what its collections hold and what exr would make of it, from a bounded sample.

What belongs here: drawing the sample, and what is known of each collection and of the first load. What does
not: counting words (profile/facts.py), guessing paths (profile/paths.py), writing settings
(profile/settings.py), printing (cli/). No value of free text leaves this module; fields of NEVER_READ are
not looked at.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter
from typing import Final

import polars as pl

from pipelines.extract.anatomy import Anatomy
from pipelines.extract.batches import Batch, Decoded
from pipelines.extract.decode import decode
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
from pipelines.extract.indexes import IndexNeed, index_needs
from pipelines.extract.profile.draw import drawn, no_documents, no_executions
from pipelines.extract.profile.facts import ExecutionFacts, embedded, facts_of, ranked
from pipelines.extract.profile.paths import Proposal, TagHint, is_watched, proposals, tag_hints
from pipelines.extract.profile.people import Requesters, requesters
from pipelines.extract.reader import Source
from pipelines.settings import Settings
from warehouse.errors import SourceError

_TIMED_DOCUMENTS: Final = 4_000
_TIMED_BYTES: Final = 16 << 20
_TIMED_SECONDS: Final = 0.5
_BEYOND_DECODING: Final = 4.0
"""First load ÷ decoding alone in two processes, measured on the sample."""
_READ_WHOLE: Final = ("queue", "dead_letters", "cases", "suites", "items", "users")
"""Read in full each night, so that no index helps."""


@dataclass(frozen=True, slots=True)
class CollectionProfile:
    """One collection: its size, the anatomy of its sample, and what the decoder says to it."""

    role: str
    name: str
    spare_names: tuple[str, ...]
    """Other names of the same role that the source holds too, and that are not read."""
    is_step_collection: bool
    document: Document
    document_count: int | None
    average_bytes: float
    anatomy: Anatomy
    refusals: dict[str, int]
    refused_count: int
    decode_seconds: float
    """Per document, in one process on this machine."""
    stored_bytes: float
    """Per document, as compressed Parquet of what is read."""
    index_needs: tuple[IndexNeed, ...] | None
    """None where the source does not say which indexes there are."""

    @property
    def sampled_count(self) -> int:
        return self.anatomy.document_count


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a source after a first look. `absent`: roles without a collection, their names."""

    identity: str
    collections: tuple[CollectionProfile, ...]
    absent: dict[str, tuple[str, ...]]
    unread: tuple[str, ...]
    facts: ExecutionFacts
    proposals: tuple[Proposal, ...]
    tag_hints: tuple[TagHint, ...]
    requesters: Requesters
    step_collections_allowed: tuple[str, ...]
    all_names: frozenset[str]

    @property
    def executions(self) -> CollectionProfile:
        return next(one for one in self.collections if one.role == "executions")

    def load_seconds(self, processes: int) -> float:
        """A guess at the first load, from decoding alone."""
        known = [one for one in self.collections if one.document_count]
        decoding = sum((one.document_count or 0) * one.decode_seconds for one in known)
        return decoding / min(processes, 2) * _BEYOND_DECODING

    @property
    def lake_bytes(self) -> float:
        """An upper guess: small samples compress worse than whole days."""
        return sum((one.document_count or 0) * one.stored_bytes for one in self.collections)


def profile(source: Source, settings: Settings, size: int) -> Profile:
    """Looks at up to `size` documents of each collection.

    Raises SourceError where there are no executions to look at, or the source cannot be read.
    """
    names = source.names()
    roles = dict(_roles(settings, names))
    if "executions" not in roles:
        raise SourceError(no_executions(source, settings, names))
    frames: dict[str, pl.DataFrame] = {}
    collections = []
    for role, name in roles.items():
        document = _documents(settings).get(role, STEP)
        raws = drawn(source, name, size)
        if role == "executions" and not raws:
            raise SourceError(no_documents(source, name, _spare(settings, role, name, names)))
        one, frames[role] = _collection(
            source, role, name, document, raws, _spare(settings, role, name, names)
        )
        collections.append(one)
    anatomy = collections[0].anatomy
    facts = facts_of(frames["executions"], list(_other_steps(frames)))
    aliases = {role: tuple(getattr(settings.collections, role)) for role in _documents(settings)}
    claimed = {*roles.values(), *(name for spare in aliases.values() for name in spare)}
    return Profile(
        identity=source.identity,
        collections=tuple(collections),
        absent={role: names for role, names in aliases.items() if role not in roles},
        unread=tuple(name for name in names if name not in claimed),
        facts=facts,
        proposals=proposals(anatomy, settings.identity),
        tag_hints=tag_hints(facts.tags),
        requesters=requesters(facts.requesters, settings.people_words),
        step_collections_allowed=settings.step_collections,
        all_names=frozenset(names),
    )


def _documents(settings: Settings) -> dict[str, Document]:
    return {
        "executions": execution_document(settings.identity),
        "results": RESULT,
        "state_history": STATE_CHANGE,
        "queue": QUEUE_ENTRY,
        "dead_letters": QUEUE_ENTRY,
        "cases": CASE,
        "suites": SUITE,
        "items": ITEM,
        "users": USER,
    }


def _roles(settings: Settings, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Role and collection, executions first; a step collection's role is its name."""
    for role in _documents(settings):
        for name in getattr(settings.collections, role):
            if name in names:
                yield role, name
                break
    for name in settings.step_collections:
        if name in names:
            yield f"steps in {name}", name


def _spare(settings: Settings, role: str, name: str, names: Sequence[str]) -> tuple[str, ...]:
    aliases = getattr(settings.collections, role, ())
    return tuple(alias for alias in aliases if alias in names and alias != name)


def _collection(
    source: Source, role: str, name: str, document: Document, raws: list[bytes], spare: tuple[str, ...]
) -> tuple[CollectionProfile, pl.DataFrame]:
    anatomy = Anatomy(is_watched if role == "executions" else _watches_nothing)
    for raw in raws:
        anatomy.add(raw)
    decoded = decode(document, Batch(b"".join(raws)))
    is_read_by_change = role not in _READ_WHOLE
    indexes = source.indexes(name) if is_read_by_change else []
    reasons = Counter(reason for one in decoded.refused for reason in one.reason.split("; "))
    made = CollectionProfile(
        role=role,
        name=name,
        spare_names=spare,
        is_step_collection=document is STEP,
        document=document,
        document_count=source.estimate(name) if raws else 0,
        average_bytes=sum(map(len, raws)) / max(len(raws), 1),
        anatomy=anatomy,
        refusals=ranked(reasons),
        refused_count=len(decoded.refused),
        decode_seconds=_decode_seconds(document, raws),
        stored_bytes=_stored_bytes(decoded) / max(len(raws), 1),
        index_needs=None if indexes is None else _needs(document, indexes) if is_read_by_change else (),
    )
    return made, decoded.frame


def _needs(document: Document, indexes: list[tuple[str, ...]]) -> tuple[IndexNeed, ...]:
    return tuple(index_needs(document, indexes))


def _watches_nothing(_: tuple[str, ...]) -> bool:
    return False


def _decode_seconds(document: Document, raws: Sequence[bytes]) -> float:
    """Seconds per document; a sample that is decoded in a moment is timed again, many times over."""
    if not raws:
        return 0.0
    data = b"".join(raws)
    once = _seconds(document, Batch(data))
    times = min(_TIMED_DOCUMENTS // len(raws), _TIMED_BYTES // len(data), int(_TIMED_SECONDS / once))
    if times < 2:
        return once / len(raws)
    return _seconds(document, Batch(data * times)) / (len(raws) * times)


def _seconds(document: Document, batch: Batch) -> float:
    begun = perf_counter()
    decode(document, batch)
    return perf_counter() - begun


def _stored_bytes(decoded: Decoded) -> int:
    buffer = BytesIO()
    decoded.frame.write_parquet(buffer, compression="zstd", compression_level=1)
    return buffer.tell()


def _other_steps(frames: dict[str, pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Sampled steps that stand outside the executions."""
    if "results" in frames:
        yield embedded(frames["results"], "step_results")
    yield from (frame for role, frame in frames.items() if role.startswith("steps in "))
