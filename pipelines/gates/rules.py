"""The rules of the gates, read from a TOML file with one block per gate.

What belongs here: what a rule may say, and the sentence about one that cannot be used.
What does not: measuring (measure.py) and judging (judge.py).
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.gates.verdicts import Comparison, Severity, Unit
from warehouse.errors import UsageError

DEFAULT_RULES: Final = Path(__file__).with_name("rules.toml")

FRESHNESS: Final = "freshness_hours"
RECONCILIATION: Final = "reconciliation"

Metric = Literal[
    "final_pass_rate", "first_attempt_pass_rate", "executed_share", "freshness_hours", "reconciliation"
]
ScopeType = Literal["all", "project", "suite", "environment"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]

_UNITS: Final[dict[str, Unit]] = {FRESHNESS: "hours", RECONCILIATION: "count"}
_LARGEST: Final = 100_000
_ALL_EXECUTED: Final = ("executed_share", 1)
"""The one limit of 1 that can be met: a share that is counted has no interval."""
_FALLBACK: Final = {FRESHNESS: 24.0, RECONCILIATION: 0.0}
"""Limits that hold where no rule says one: a night is never judged without them."""


class Rule(BaseModel):
    """One gate: what is measured where, which side of the limit is good, and whom it concerns."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Words
    title: Words
    metric: Metric
    scope: Annotated[str, Field(pattern=r"^(all|(project|suite|environment):.+)$")] = "all"
    comparison: Comparison
    limit: float
    minimum_sample: int = Field(0, ge=0)
    severity: Severity
    owner: Words

    @property
    def unit(self) -> Unit:
        return _UNITS.get(self.metric, "rate")

    @property
    def is_about_the_night(self) -> bool:
        """Whether it asks if the night can be judged at all."""
        return self.metric in _UNITS

    @property
    def scope_type(self) -> str:
        return self.scope.partition(":")[0]

    @property
    def scope_key(self) -> str:
        return self.scope.partition(":")[2] or "all"

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        if self.is_about_the_night and not 0 <= self.limit <= _LARGEST:
            raise ValueError(f"limit must be a number from 0 to {_LARGEST:,}")
        if self.is_about_the_night and self.scope != "all":
            raise ValueError(f"scope must be all: {self.metric} is of the whole night")
        if (
            not self.is_about_the_night
            and not 0 < self.limit < 1
            and (self.metric, self.limit) != _ALL_EXECUTED
        ):
            raise ValueError("limit must be a share above 0 and below 1, such as 0.95")
        if self.comparison != (good := "<=" if self.is_about_the_night else ">="):
            raise ValueError(f"comparison must be {good}: that side of {self.metric} is the good one")
        return self


@dataclass(frozen=True, slots=True)
class Rules:
    """The gates in the order of their file."""

    gates: tuple[Rule, ...]

    @property
    def rules_hash(self) -> str:
        text = json.dumps([rule.model_dump() for rule in self.gates], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def night_limit(self, metric: str) -> float:
        """Up to where a night can be judged: the strictest blocking rule of it, else any, else 24 h or 0."""
        rules = [rule for rule in self.gates if rule.metric == metric]
        blocking = [rule.limit for rule in rules if rule.severity == "blocking"]
        return min(blocking or [rule.limit for rule in rules] or [_FALLBACK[metric]])


def read_rules(path: Path | None = None) -> Rules:
    """The rules in a file, by default those that ship; UsageError names file, block and what is wrong."""
    place = path or DEFAULT_RULES
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The rules {place} cannot be read ({type(error).__name__}); name another file."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The rules {place} are no TOML ({error}); mend that place.") from error
    gates = content.pop("gates", None)
    if content:
        raise UsageError(f"{place}: {next(iter(content))} is no rule; each gate is a block [gates.NAME].")
    if not isinstance(gates, dict) or not gates:
        raise UsageError(f"{place} holds no gate; write at least one block [gates.NAME].")
    return Rules(tuple(_rule(place, name, block) for name, block in gates.items()))


def _rule(place: Path, name: str, block: Any) -> Rule:
    if not isinstance(block, dict):
        raise UsageError(f"{place}: gates.{name} is no block; write [gates.{name}] and its keys below it.")
    if "name" in block:
        raise UsageError(f"{place}, [gates.{name}]: name is the block's own; leave the key out.")
    try:
        return Rule(name=name, **block)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{place}, [gates.{name}]: {f'{key}: ' if key else ''}{problem}.") from error
