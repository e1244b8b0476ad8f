"""The parameters of a build: what models read through getvariable() and analyses are given.

What belongs here: reading sql/policy.toml and what a user changes of it, and the variables of a build.
What does not: limits of the machine (connection.py); what a parameter means stands beside its default.
"""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, get_type_hints
from zoneinfo import ZoneInfo

import warehouse
from warehouse.errors import UsageError

DEFAULT_POLICY: Final = Path(warehouse.__file__).parents[1] / "sql" / "policy.toml"

_SHARES: Final = ("_share", "_rate", "_prior", "_probability", "_level", "_floor")
"""Endings of what lies between 0 and 1, both exclusive."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The statistics' parameters; sql/policy.toml says what each means, and holds the defaults."""

    protected_branches: list[str]
    storm_test_minimum: int
    storm_failing_share: float
    design_effect_days: int
    invocation_minimum: int
    p95_minimum: int
    history_days: int
    slow_days: int
    known_days: int
    fresh_hours: int
    segment_history_days: int
    segment_cut_prior: float
    segment_broken_share: float
    segment_lucky_pass_share: float
    segment_broken_probability: float
    flakiness_window_days: int
    flakiness_half_life_days: int
    flakiness_rate_floor: float
    flakiness_false_discovery_level: float
    flakiness_run_minimum: int
    flakiness_invocation_minimum: int
    flakiness_prior_run_minimum: int
    flakiness_stable_rate: float
    flakiness_recovery_days: int
    flakiness_recovery_run_count: int
    flakiness_retry_needs_commit: bool
    flakiness_evidence_count: int


def read_parameters(path: Path | None = None) -> Parameters:
    """The defaults, changed by what the file says; UsageError names the file, the key and what is wrong."""
    values = dict(_content(DEFAULT_POLICY))
    if path is not None:
        values |= _content(path)
    kinds = get_type_hints(Parameters)
    known = {key: _checked(path or DEFAULT_POLICY, key, value, kinds) for key, value in values.items()}
    return Parameters(**known)


@lru_cache(maxsize=1)
def default_parameters() -> Parameters:
    """The parameters as they ship."""
    return read_parameters()


@dataclass(frozen=True, slots=True)
class BuildPolicy:
    """Each field and parameter is a session variable of the build; `params_hash` names the whole set."""

    time_zone: str = "UTC"
    people_words: list[str] = field(default_factory=lambda: ["system", "ci"])
    """Words in triggered_by that are no person."""
    parameters: Parameters = field(default_factory=default_parameters)

    @property
    def params_hash(self) -> str:
        text = json.dumps(self._values(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def variables(self, as_of: datetime) -> dict[str, object]:
        """Every session variable of a build for one as-of."""
        local = as_of.astimezone(ZoneInfo(self.time_zone))
        midnight = datetime.combine(local.date(), time())
        derived: dict[str, object] = {
            "as_of": as_of,
            "as_of_date": local.date(),
            # by the clock on the wall, as jobs are scheduled: 23 or 25 h where it is changed
            "night_from_at": (local - timedelta(days=1)).astimezone(UTC),
            "night_end": local.replace(tzinfo=None) - midnight,
            "params_hash": self.params_hash,
        }
        return derived | self._values()

    def _values(self) -> dict[str, object]:
        own = {"time_zone": self.time_zone, "people_words": self.people_words}
        return own | asdict(self.parameters)


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The policy {path} cannot be read ({type(error).__name__}); name another file."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The policy {path} is no TOML ({error}); mend that place.") from error


def _checked(path: Path, key: str, value: Any, kinds: dict[str, Any]) -> Any:
    """The value in the parameter's type; a whole number will do for a fraction, true is no number."""
    if key not in kinds:
        raise UsageError(f"{path}: {key} is no parameter; sql/policy.toml lists those there are.")
    kind = kinds[key]
    if kind is float and type(value) is int:
        value = float(value)
    if kind == list[str]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise UsageError(f'{path}: {key} is {value!r}; it must be a list of words, such as ["main"].')
    elif type(value) is not kind:
        named = {int: "a whole number", float: "a number", bool: "true or false"}[kind]
        raise UsageError(f"{path}: {key} is {value!r}; it must be {named}.")
    elif kind is float and key.endswith(_SHARES) and not 0 < value < 1:
        raise UsageError(f"{path}: {key} is {value}; it must lie between 0 and 1.")
    elif kind in (int, float) and value <= 0:
        raise UsageError(f"{path}: {key} is {value}; it must be above 0.")
    return value
