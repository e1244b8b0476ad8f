"""The lake's generation: the one file that says which version of every table belongs together.

What belongs here: the Generation, and reading and replacing `generation.json` as a whole.
What does not: the tables (lake.py), and which generation a release was built from (releases.py).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from warehouse.errors import DataError
from warehouse.storage import storage_errors


@dataclass(frozen=True, slots=True)
class Generation:
    """Table versions that belong together, and how far each collection was read; number 0: nothing yet."""

    number: int = 0
    tables: Mapping[str, int] = field(default_factory=dict)
    watermarks: Mapping[str, datetime] = field(default_factory=dict)
    source: str | None = None
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        moments = [*self.watermarks.values(), *([self.as_of] if self.as_of else [])]
        if any(moment.tzinfo is None for moment in moments):
            raise ValueError("A generation's times carry their time zone.")

    def holds_same_as(self, other: Self) -> bool:
        """Whether tables, watermarks and source are equal; number and as_of belong to the night."""
        return (self.tables, self.watermarks, self.source) == (other.tables, other.watermarks, other.source)

    def to_json(self) -> str:
        """Sorted keys and UTC times, so equal generations are equal bytes."""
        content = {
            "number": self.number,
            "tables": dict(self.tables),
            "watermarks": {name: _to_text(moment) for name, moment in self.watermarks.items()},
            "source": self.source,
            "as_of": _to_text(self.as_of) if self.as_of else None,
        }
        return json.dumps(content, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """KeyError, TypeError or ValueError where the text is no generation."""
        content = json.loads(text)
        return cls(
            number=_whole(content["number"]),
            tables={name: _whole(version) for name, version in dict(content["tables"]).items()},
            watermarks={name: _to_time(moment) for name, moment in dict(content["watermarks"]).items()},
            source=_optional_text(content["source"]),
            as_of=None if content["as_of"] is None else _to_time(content["as_of"]),
        )


def read_generation(path: Path) -> Generation:
    """The generation in force; number 0 when there is no file; DataError when it cannot be read."""
    try:
        return Generation.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Generation()
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as a generation ({type(error).__name__}); "
            "bring it back from a backup or from the newest release's manifest."
        ) from error


def write_generation(path: Path, generation: Generation) -> None:
    """Replace the file in one step: readers see the old or the new; StorageError where the disk refuses."""
    draft = path.with_name(path.name + ".tmp")
    with storage_errors("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(generation.to_json())
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _to_time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("time without zone")
    return moment.astimezone(UTC)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("not a whole number from 0")
    return value


def _optional_text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("not text")
    return value
