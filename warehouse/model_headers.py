"""What a model file says about itself: the header of style.md 3.1, parsed and required.

What belongs here: the Model declaration and the sentences about a header that is wrong.
What does not: what models say about each other (models.py) and how they are run (build.py).
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from warehouse.errors import DataError

REQUIRED: Final = ("model", "grain", "inputs", "units", "owner")
OPTIONAL: Final = ("rules", "source", "severity", "materialized", "analysis", "columns")
SEVERITIES: Final = ("blocking", "warning")
MATERIALIZATIONS: Final = ("view", "table")

_KEY_LINE: Final = re.compile(r"-- ([a-z_]+):\s*(.*)")
_CONTINUATION: Final = re.compile(r"--\s{2,}(\S.*)")
_GRAIN: Final = re.compile(r"one row per ([a-z_][a-z0-9_]*(?:, [a-z_][a-z0-9_]*)*)")


@dataclass(frozen=True, slots=True)
class Model:
    """One SQL file: its query and what its header declares."""

    name: str
    folder: str
    place: str
    query: str
    grain: tuple[str, ...]
    inputs: tuple[str, ...]
    units: str
    owner: str
    rules: str | None = None
    source: str | None = None
    severity: str | None = None
    materialized: str | None = None
    analysis: str | None = None
    """The analysis that makes the rows of what the query gives; none: the query gives them."""
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def comment(self) -> str:
        """What the catalog says about the table."""
        parts = [f"One row per {', '.join(self.grain)}.", f"Units: {self.units}."]
        parts += [f"Rules: {self.rules}."] if self.rules else []
        parts += [f"Source: {self.source}."] if self.source else []
        return " ".join([*parts, f"Owner: {self.owner}."])


def parse_model(path: Path, text: str) -> Model:
    """The model in a file of this text; DataError says what its header lacks and what to write."""
    place = f"sql/{path.parent.name}/{path.name}"
    lines = text.splitlines()
    size = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header = _entries(lines[:size], place)
    _require_keys(header, path, place)
    return Model(
        name=header["model"],
        folder=path.parent.name,
        place=place,
        query="\n".join(lines[size:]).strip(),
        grain=_grain(header["grain"], place),
        inputs=tuple(name.strip() for name in header["inputs"].split(",")),
        units=header["units"],
        owner=header["owner"],
        rules=header.get("rules"),
        source=header.get("source"),
        severity=_one_of("severity", header, SEVERITIES, place),
        materialized=_one_of("materialized", header, MATERIALIZATIONS, place),
        analysis=header.get("analysis"),
        columns=_columns(header.get("columns", ""), place),
    )


def _entries(lines: list[str], place: str) -> dict[str, str]:
    """Key and text of each entry, continuation lines joined by a blank."""
    entries: dict[str, str] = {}
    key = None
    for number, line in enumerate(lines, start=1):
        continued = _CONTINUATION.fullmatch(line)
        started = None if continued else _KEY_LINE.fullmatch(line)
        if continued and key is not None:
            entries[key] = f"{entries[key]} {continued[1].strip()}".strip()
        elif started and started[1] in entries:
            raise DataError(f"{place}:{number}: the header names {started[1]} twice; keep one.")
        elif started:
            key = started[1]
            entries[key] = started[2].strip()
        else:
            raise DataError(
                f"{place}:{number}: the header line '{line}' is neither `-- key: text` nor an indented "
                "continuation; indent it or put it below the header."
            )
    return entries


def _require_keys(header: dict[str, str], path: Path, place: str) -> None:
    missing = [key for key in REQUIRED if not header.get(key)]
    if missing:
        raise DataError(f"{place}: the header lacks {', '.join(missing)}; add `-- {missing[0]}: …`.")
    unknown = [key for key in header if key not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        raise DataError(
            f"{place}: the header key {unknown[0]} is not known; use one of "
            f"{', '.join((*REQUIRED, *OPTIONAL))}."
        )
    if header["model"] != path.stem:
        raise DataError(f"{place}: the header says model {header['model']}; it must be the file's name.")


def _grain(text: str, place: str) -> tuple[str, ...]:
    match = _GRAIN.fullmatch(text)
    if match is None:
        raise DataError(f"{place}: the grain '{text}' must read `one row per column, column`.")
    return tuple(match[1].split(", "))


def _one_of(key: str, header: dict[str, str], allowed: tuple[str, ...], place: str) -> str | None:
    value = header.get(key)
    if value is not None and value not in allowed:
        raise DataError(f"{place}: {key} is '{value}'; it must be {' or '.join(allowed)}.")
    return value


def _columns(text: str, place: str) -> dict[str, str]:
    """Meanings from `name = meaning; name = meaning`."""
    meanings: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, meaning = (part.strip() for part in entry.partition("="))
        if not separator or not name.isidentifier() or not meaning:
            raise DataError(f"{place}: the entry '{entry}' of columns must read `column = meaning`.")
        meanings[name] = meaning
    return meanings
