"""What people decide by hand and a build is told: tests that were renamed, regressions that are accepted.

What belongs here: how any register is read, these two, and the tables of a release that hold them. What does
not: what follows from them (the models that read the tables), costs (costs.py) and parameters (policy.py).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from warehouse.errors import UsageError
from warehouse.toml_files import toml_content

REF_TEST_ALIASES: Final = "ref_test_aliases"
REF_ACCEPTED_REGRESSIONS: Final = "ref_accepted_regressions"
REF_COSTS: Final = "ref_costs"
REGISTERS: Final = (REF_TEST_ALIASES, REF_ACCEPTED_REGRESSIONS, REF_COSTS)

_ORIGINS: Final = ("hand", "proposed")


@dataclass(frozen=True, slots=True)
class Alias:
    """A test that had another key before; the fields are the keys of an entry."""

    former: str
    now: str
    by: str
    on: date
    reason: str
    origin: str = "hand"


@dataclass(frozen=True, slots=True)
class AcceptedRegression:
    """A test that may fail more than before, in one variant or all; the fields are the keys of an entry."""

    test: str
    by: str
    on: date
    reason: str
    variant: str | None = None
    until: date | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """A register as a table: column → (type, meaning), and rows in the order of the columns."""

    name: str
    meaning: str
    columns: Mapping[str, tuple[str, str]]
    rows: Sequence[tuple[object, ...]]


EntryT = TypeVar("EntryT")

_ALIAS_COLUMNS: Final = {
    "former_key": ("varchar", "Key under which executions were recorded."),
    "test_key": ("varchar", "Key that the test has now, at the end of all its renames."),
    "stated_key": ("varchar", "Key that the entry names: where the test was renamed again, not the last."),
    "stated_by": ("varchar", "Who says so, as written."),
    "stated_on": ("date", "When it was decided."),
    "reason": ("varchar", "Why, as written."),
    "origin": ("varchar", "hand, or proposed: pasted from met_alias_proposals."),
}
_ACCEPTED_COLUMNS: Final = {
    "test_key": ("varchar", "Key that the test has now, where it was renamed not the one written."),
    "variant_key": ("varchar", "Variant in which it is accepted; null for every one."),
    "accepted_by": ("varchar", "Who accepts it, as written."),
    "accepted_on": ("date", "When it was accepted."),
    "until_date": (
        "date",
        "Last day on which it is accepted; null: as long as the basis has days from before.",
    ),
    "reason": ("varchar", "Why, as written."),
    "ticket": ("varchar", "Where it is dealt with, as written; null where nothing is said."),
}


def read_aliases(path: Path | None) -> list[Alias]:
    """The aliases, by former key; UsageError names the file, the entry, what is wrong and what to do."""
    entries = entries_of(path, "alias", Alias)
    for place, alias in entries:
        if alias.origin not in _ORIGINS:
            raise UsageError(f'{place}: origin is "{alias.origin}"; it must be hand or proposed.')
        if alias.former == alias.now:
            raise UsageError(f"{place}: former and now are the same ({alias.now}); leave the entry out.")
    require_once(entries, lambda alias: alias.former)
    aliases = sorted((alias for _, alias in entries), key=lambda alias: alias.former)
    _require_no_circle(path, aliases)
    return aliases


def read_accepted_regressions(path: Path | None) -> list[AcceptedRegression]:
    """What is accepted, by test and variant; UsageError as of read_aliases."""
    entries = entries_of(path, "accepted", AcceptedRegression)
    for place, accepted in entries:
        if accepted.until and accepted.until < accepted.on:
            raise UsageError(
                f"{place}: until ({accepted.until}) is before on ({accepted.on}); mend one of the two."
            )
    require_once(entries, _scope)
    return sorted((accepted for _, accepted in entries), key=_scope)


def register_tables(
    aliases: Sequence[Alias], accepted: Sequence[AcceptedRegression]
) -> tuple[RegisterTable, RegisterTable]:
    """Both registers as a release holds them; keys of renamed tests are those that the tests have now."""
    last = _last_keys(aliases)
    alias_rows = [
        (one.former, last[one.former], one.now, one.by, one.on, one.reason, one.origin) for one in aliases
    ]
    accepted_rows = [
        (last.get(one.test, one.test), one.variant, one.by, one.on, one.until, one.reason, one.ticket)
        for one in accepted
    ]
    return (
        RegisterTable(
            REF_TEST_ALIASES,
            "One row per former key of a test: who says that it is the same test, and why.",
            _ALIAS_COLUMNS,
            alias_rows,
        ),
        RegisterTable(
            REF_ACCEPTED_REGRESSIONS,
            "One row per accepted regression, as the register says; those that ended stay in it.",
            _ACCEPTED_COLUMNS,
            accepted_rows,
        ),
    )


def entries_of(path: Path | None, name: str, kind: type[EntryT]) -> list[tuple[str, EntryT]]:
    """Each entry with its place in words; none where there is no file."""
    if path is None:
        return []
    content = toml_content("register", path)
    listed = content.pop(name, [])
    if content:
        raise UsageError(
            f"{path}: {min(content)} is no part of this register; entries begin with [[{name}]]."
        )
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UsageError(f"{path}: {name} is no list of entries; begin each with [[{name}]].")
    places = [f"{path}: entry {number}" for number, _ in enumerate(listed, start=1)]
    return [(place, _entry(place, one, kind)) for place, one in zip(places, listed, strict=True)]


def _entry(place: str, given: dict[str, Any], kind: type[EntryT]) -> EntryT:
    known = {field.name: field.default is MISSING for field in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise UsageError(f"{place}: {key} is no key of an entry; those are {', '.join(known)}.")
    for key, is_required in known.items():
        if is_required and key not in given:
            raise UsageError(f"{place}: {key} is missing; say it.")
    kinds = get_type_hints(kind)
    for key, value in given.items():
        _require_kind(f"{place}: {key}", value, kinds[key])
    if "@" in given["by"]:
        raise UsageError(f"{place}: by is an address, which every release would hold; name a team or a role.")
    return kind(**given)


def _require_kind(place: str, value: object, kind: object) -> None:
    if kind in (date, date | None):
        if type(value) is not date:  # a time of day is a date to Python
            raise UsageError(f"{place} is {value!r}; it must be a day, such as 2026-01-31.")
    elif kind == float | None:
        if not (type(value) is int or type(value) is float) or not 0 <= value < math.inf:
            raise UsageError(f"{place} is {value!r}; it must be a number that is not below 0.")
    elif not isinstance(value, str) or not value.strip():
        raise UsageError(f'{place} is {value!r}; it must be text, such as "word".')


def require_once(entries: Sequence[tuple[str, EntryT]], key_of: Callable[[EntryT], object]) -> None:
    """No two entries about the same."""
    first: dict[object, str] = {}
    for place, entry in entries:
        former = first.setdefault(key_of(entry), place)
        if former is not place:
            number = former.rpartition(" ")[2]
            raise UsageError(f"{place}: it is about the same as entry {number}; leave one of the two out.")


def _scope(accepted: AcceptedRegression) -> tuple[str, str]:
    return accepted.test, accepted.variant or ""


def _require_no_circle(path: Path | None, aliases: Sequence[Alias]) -> None:
    now = {alias.former: alias.now for alias in aliases}
    walk_of: dict[str, int] = {}
    for walk, former in enumerate(now):
        key = former
        while key in now and key not in walk_of:
            walk_of[key] = walk
            key = now[key]
        if walk_of.get(key) == walk:
            circle = [key, now[key]]
            while circle[-1] != key:
                circle.append(now[circle[-1]])
            raise UsageError(
                f"{path}: tests are renamed in a circle ({' → '.join(circle)}); leave one entry out."
            )


def _last_keys(aliases: Sequence[Alias]) -> dict[str, str]:
    """The key at the end of all renames, by former key."""
    now = {alias.former: alias.now for alias in aliases}
    last: dict[str, str] = {}
    for former in now:
        walked = []
        key = former
        while key in now and key not in last:
            walked.append(key)
            key = now[key]
        last |= dict.fromkeys(walked, last.get(key, key))
    return last
