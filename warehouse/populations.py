"""Populations: which executions a question is about, as names and values that people write.

What belongs here: the filters there are, and the executions of a release that pass them, by bound parameters.
What does not: what is computed of them (scopes.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Final

import polars as pl

from warehouse.connection import ReleaseConnection
from warehouse.errors import UsageError


@dataclass(frozen=True, slots=True)
class _Filter:
    """`column` of fct_executions; `names`: a query for (key, name), people write either of both."""

    column: str
    names: str | None = None
    is_list: bool = False
    """The column holds several values."""


FILTERS: Final[Mapping[str, _Filter]] = {
    "project": _Filter("project"),
    "suite": _Filter("suite_key", "select suite_key, name from dim_suites"),
    "test": _Filter("test_key", "select test_key, name from dim_tests"),
    "type": _Filter("execution_type"),
    "status": _Filter("status"),
    "outcome": _Filter("outcome"),
    "tag": _Filter("tags", is_list=True),
    "user": _Filter("triggered_by_key", "select person_key, name from dim_people"),
    "owner": _Filter("owner_key", "select person_key, name from dim_people"),
    "environment": _Filter("environment"),
    "browser": _Filter("browser"),
    "platform": _Filter("platform"),
    "build": _Filter("build_version"),
    "branch": _Filter("branch"),
    "commit": _Filter("commit_id"),
    "priority": _Filter("priority"),
    "test_type": _Filter("test_type"),
    "feature": _Filter("feature_key"),
}
"""Population filters by the names that people give them (design.md 6)."""


@dataclass(frozen=True, slots=True)
class Population:
    """Executions of the days up to as_of that pass every filter; of one filter any value will do.

    `values`: by name of the filter; a `*` in a value stands for any text. `days`: none is all history.
    """

    values: Mapping[str, Sequence[str]]
    days: int | None = None

    def executions(self, release: ReleaseConnection, as_of_date: date) -> pl.DataFrame:
        """Key and triggered_date of each; UsageError names a value that nothing has, with what is near."""
        conditions: list[str] = ["true"]
        given: list[object] = []
        for name, values in self.values.items():
            known = _known_values(release, FILTERS[name])
            keys = sorted({key for value in values for key in _keys_of(name, value, known)})
            column = FILTERS[name].column
            conditions.append(
                f"list_has_any({column}, ?)" if FILTERS[name].is_list else f"list_contains(?, {column})"
            )
            given.append(keys)
        if self.days is not None:
            conditions.append("bucket_date > ?")
            given.append(as_of_date - timedelta(days=self.days))
        query = f"select execution_key, triggered_date from fct_executions where {' and '.join(conditions)}"
        return release.polars(query, given)


def parse_filters(given: Sequence[str]) -> dict[str, list[str]]:
    """`name=value` as written, by name; UsageError says which names there are."""
    values: dict[str, list[str]] = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not value:
            raise UsageError(f"Filter {text!r} must read name=value, such as suite=checkout.")
        if name not in FILTERS:
            near = get_close_matches(name, FILTERS, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise UsageError(f"There is no filter {name!r}; {meant}Filters are {', '.join(FILTERS)}.")
        values.setdefault(name, []).append(value)
    return values


def _known_values(release: ReleaseConnection, given: _Filter) -> dict[str, set[str]]:
    """Keys by what people may write for them."""
    column = f"unnest({given.column})" if given.is_list else given.column
    rows = release.query(f"select distinct {column} from fct_executions").rows
    known: dict[str, set[str]] = {str(row[0]): {str(row[0])} for row in rows if row[0] is not None}
    for key, name in release.query(given.names).rows if given.names else ():
        known.setdefault(str(name), set()).add(str(key))
    return known


def _keys_of(name: str, value: str, known: Mapping[str, set[str]]) -> set[str]:
    pattern = re.compile(".*".join(map(re.escape, value.split("*"))), re.DOTALL)
    found = [value] if value in known else [word for word in known if pattern.fullmatch(word)]
    if not found:
        near = get_close_matches(value, known, n=3, cutoff=0.5)
        advice = f"near it: {', '.join(near)}" if near else f"there are {len(known):,} others"
        raise UsageError(f"No execution has {name} {value!r}; {advice}.")
    return {key for word in found for key in known[word]}
