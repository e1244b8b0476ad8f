"""Drawing a bounded sample of a collection, and what to say where there is nothing to draw from.

What belongs here: bounds of size and bytes; finding the collection that could be meant. What does not:
which documents a source gives (mongo.py, dump.py) and what is seen in them (look.py).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from pipelines.extract.anatomy import parts
from pipelines.extract.documents import EXECUTION
from pipelines.extract.reader import Source
from pipelines.settings import Settings

_LARGEST_SAMPLE_BYTES: Final = 64 << 20
"""Of one collection; what a sample may hold in memory, however large its documents are."""
_GUESSED: Final = 50
"""Collections that are looked into where none has the name of executions."""
_ALIKE: Final = 6
"""Fields in common that make a collection look like executions."""


def drawn(source: Source, name: str, size: int) -> list[bytes]:
    """The documents drawn, each once, within the bounds of size and bytes."""
    raws: dict[bytes, bytes] = {}
    total = 0
    for raw in source.sample(name, size):
        key = _identity(raw)
        if key not in raws:
            raws[key] = raw
            total += len(raw)
        if total > _LARGEST_SAMPLE_BYTES:
            break
    return list(raws.values())


def _identity(raw: bytes) -> bytes:
    """The bytes of a document's `_id`, else all of it: one read in two ways can differ in other bytes."""
    try:
        return next((raw[part.start : part.end] for part in parts(raw) if part.name == "_id"), raw)
    except (ValueError, IndexError):
        return raw


def no_documents(source: Source, name: str, spare: Iterable[str]) -> str:
    """What to say where executions have no document; `spare`: other names of theirs that exist."""
    for other in spare:
        if source.estimate(other):
            return (
                f"{source.identity}: {name} is empty, but {other} is not; "
                f"set EXR_COLLECTIONS__EXECUTIONS='[\"{other}\"]' and profile again."
            )
    return f"{source.identity}: {name} holds no readable document to profile."


def no_executions(source: Source, settings: Settings, names: Sequence[str]) -> str:
    """What to say where no collection has the name of executions."""
    wanted = " or ".join(settings.collections.executions)
    if not names:
        return (
            f"{source.identity} holds no collections; check the database's name, "
            "as in mongodb://host:27017/database."
        )
    alike = max(names[:_GUESSED], key=lambda name: _likeness(source, name))
    if _likeness(source, alike) < _ALIKE:
        return (
            f"{source.identity} holds no collection {wanted}; "
            "set yours as EXR_COLLECTIONS__EXECUTIONS='[\"name\"]'."
        )
    return (
        f"{source.identity} holds no collection {wanted}, but {alike} looks like one; "
        f"set EXR_COLLECTIONS__EXECUTIONS='[\"{alike}\"]' and profile again."
    )


def _likeness(source: Source, name: str) -> int:
    """Declared fields of executions that a few of its documents have."""
    found: set[str] = set()
    for raw in drawn(source, name, 10):
        try:
            found |= {part.name for part in parts(raw)}
        except (ValueError, IndexError):
            continue
    return len(found & EXECUTION.fields.keys()) if {"status", "triggered_at"} <= found else 0
