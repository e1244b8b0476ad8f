"""The manifest of a release: what it was made from and what it holds, as one JSON file beside the tables.

What belongs here: the Manifest, reading and writing it. What does not: where releases lie (releases.py).
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from warehouse.errors import DataError
from warehouse.fact_views import FactViews

MANIFEST_NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`lake_files` are relative to the home; counts and checksums are by table, or view of facts.

    `lake_versions` name the Delta version of each table: what a vacuum must keep. `fact_views` is null where
    the release holds its facts as tables.
    """

    release_id: str
    as_of: datetime
    code_version: str
    schema_version: int
    params_hash: str
    lake_generation: int
    source: str | None
    lake_files: dict[str, list[str]]
    row_counts: dict[str, int]
    row_checksums: dict[str, str]
    gate_verdicts: list[dict[str, object]] = field(default_factory=list)
    lake_versions: dict[str, int] = field(default_factory=dict)
    fact_views: FactViews | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()}, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest in a release's folder; DataError where it is missing or broken."""
        path = folder / MANIFEST_NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            given = content.get("fact_views")
            views = None if given is None else FactViews.from_json(given)
            as_of = datetime.fromisoformat(content["as_of"])
            manifest = cls(**content | {"as_of": as_of, "fact_views": views})
        except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(_unreadable(path, type(error).__name__)) from error
        wrong = [name for name, is_right in _TYPES.items() if not is_right(getattr(manifest, name))]
        if wrong:
            raise DataError(_unreadable(path, f"wrong type of {', '.join(wrong)}"))
        if manifest.row_counts.keys() != manifest.row_checksums.keys():
            raise DataError(_unreadable(path, "counts and checksums of different tables"))
        scans = views.scans if views else {}
        if any(
            len(scan.file_sizes) != len(manifest.lake_files.get(name, ())) for name, scan in scans.items()
        ):
            raise DataError(_unreadable(path, "files and sizes of different numbers"))
        return manifest


def _unreadable(path: Path, reason: str) -> str:
    advice = "run `exr build` for a new release, then remove that folder"
    return f"{path} cannot be read as a manifest ({reason}); {advice}."


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list_of(value: Any, is_right: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(is_right(one) for one in value)


def _is_dict_of(value: Any, is_right: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(is_right(one) for one in value.values())


_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "release_id": _is_text,
    "as_of": lambda value: value.tzinfo is not None,
    "code_version": _is_text,
    "schema_version": _is_whole,
    "params_hash": _is_text,
    "lake_generation": _is_whole,
    "source": lambda value: value is None or _is_text(value),
    "lake_files": lambda value: _is_dict_of(value, lambda files: _is_list_of(files, _is_text)),
    "row_counts": lambda value: _is_dict_of(value, _is_whole),
    "row_checksums": lambda value: _is_dict_of(value, _is_text),
    "gate_verdicts": lambda value: _is_list_of(value, lambda row: isinstance(row, dict)),
    "lake_versions": lambda value: _is_dict_of(value, _is_whole),
}
"""What JSON must have given each field."""
