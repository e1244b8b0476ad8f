"""The fields of a profiled collection as lines of text, and text in columns.

What belongs here: one row per field with fill rates and types. What does not: everything that is concluded
from them (profile_report.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len

from pipelines.extract.anatomy import ELEMENT, OTHER, FieldUse, Path
from pipelines.extract.fields import leaf_paths
from pipelines.extract.profile.look import CollectionProfile
from pipelines.extract.profile.settings import percent, shown

_MOST_ROWS: Final = 120
_NUMBERS: Final = frozenset({"int", "long", "double", "decimal"})


def field_lines(one: CollectionProfile) -> Iterator[str]:
    """A table of the fields; shares that are zero stay blank, `read` marks what exr loads."""
    read = set(leaf_paths(one.document.fields))
    rows: list[Sequence[str]] = [("field", "types", "filled", "empty", "null", "missing", "")]
    uses = sorted((path, use) for path, use in one.anatomy.fields.items() if path[-1] != ELEMENT)
    rows += [_field_row(one, path, use, read) for path, use in uses[:_MOST_ROWS]]
    yield from columns(rows, right=(2, 3, 4, 5))
    if len(uses) > _MOST_ROWS:
        yield f"and {len(uses) - _MOST_ROWS:,} more fields"


def _field_row(one: CollectionProfile, path: Path, use: FieldUse, read: set[str]) -> Sequence[str]:
    base, nulls, there = one.anatomy.base_count(path), use.types["null"], use.types.total()
    kinds = [name for name, _ in use.types.most_common() if name != "null"]
    is_mixed = len({"number" if name in _NUMBERS else name for name in kinds}) > 1
    types = f"{' or '.join(kinds)} !" if is_mixed else " or ".join(kinds) or "null"
    if OTHER in path:
        return (shown(path), types, f"{there:,} ×", "", "", "", "")
    parts = (there - nulls - use.empty_count, use.empty_count, nulls, max(base - there, 0))
    shares = (percent(part, base) if part else "" for part in parts)
    return (shown(path), types, *shares, "read" if _is_read(path, read) else "")


def _is_read(path: Path, read: set[str]) -> bool:
    if any("." in name for name in path):
        return False
    dotted = ".".join(name for name in path if name != ELEMENT)
    return dotted in read or any(name.startswith(f"{dotted}.") for name in read)


def columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Rows with their cells below each other; the columns in `right` end together."""
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = []
        for place, cell in enumerate(row):
            gap = " " * (widths[place] - cell_len(cell))
            cells.append(gap + cell if place in right else cell + gap)
        yield "  ".join(cells).rstrip()
