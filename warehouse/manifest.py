"""The manifest of a release: what it was made from and what it holds, as one JSON file beside the tables.

What belongs here: the Manifest, reading and writing it. What does not: where releases lie (releases.py).
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from warehouse.errors import DataError

MANIFEST_NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`lake_files` are relative to the home; counts and checksums are by table."""

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

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"as_of": self.as_of.isoformat()}, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The manifest in a release's folder; DataError where it is missing or broken."""
        path = folder / MANIFEST_NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(**content | {"as_of": datetime.fromisoformat(content["as_of"])})
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path} cannot be read as a manifest ({type(error).__name__}); build the release anew."
            ) from error
