"""The parameters of a build: what models read through getvariable(), with the defaults and their reasons.

What belongs here: numbers and words that change what a model says. What does not: limits of the machine
(connection.py) and parameters of the analyses (pipelines/analysis/policy.toml).
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class BuildPolicy:
    """Each field is a session variable of the build; `params_hash` names the whole set."""

    time_zone: str = "UTC"
    people_words: list[str] = field(default_factory=lambda: ["system", "ci"])
    """Words in triggered_by that are no person."""
    protected_branches: list[str] = field(default_factory=list)
    """Empty: the most frequent branch of each suite × variant."""
    storm_test_minimum: int = 20
    """Tests with a passing baseline that an infra storm needs (statistics.md 0.5)."""
    storm_failing_share: float = 0.8
    """Share of them that must fail, exclusive; by 4,500 real invocations (statistics.md 0.5)."""
    design_effect_days: int = 28
    invocation_minimum: int = 5
    """Invocations below which no interval is given (statistics.md 2.1)."""
    p95_minimum: int = 72
    """Fewest values for which a two-sided 95 % interval of the p95 exists (statistics.md 3.1)."""
    history_days: int = 60
    slow_days: int = 7
    known_days: int = 28
    """A suite or project that has not run for so long is no longer expected."""
    fresh_hours: int = 26
    """A daily run that is late by two hours still is of yesterday."""

    @property
    def params_hash(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True)
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
        return derived | asdict(self)
