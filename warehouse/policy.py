"""The parameters of a build: what models read through getvariable() and analyses are given.

What belongs here: reading sql/policy.toml and what a user changes of it, and the variables of a build.
What does not: limits of the machine (connection.py); what a parameter means stands beside its default.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, get_type_hints
from zoneinfo import ZoneInfo

import warehouse
from warehouse.costs import Cost
from warehouse.errors import UsageError
from warehouse.registers import AcceptedRegression, Alias
from warehouse.toml_files import toml_content

DEFAULT_POLICY: Final = Path(warehouse.__file__).parents[1] / "sql" / "policy.toml"

_MOST_DAYS: Final = 36_500
_MOST: Final = 1_000_000_000
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
    regression_sample_days: int
    regression_basis_days: int
    regression_run_minimum: int
    regression_failure_minimum: int
    regression_drop_share: float
    regression_extreme_drop_share: float
    regression_false_discovery_level: float
    regression_recovered_drop_share: float
    regression_recovered_p_level: float
    regression_target_rate: float
    trend_days: int
    trend_run_minimum: int
    trend_day_minimum: int
    trend_false_discovery_level: float
    trend_smallest_change: float
    control_baseline_days: int
    control_current_days: int
    control_day_minimum: int
    alias_proposal_days: int
    alias_gap_days: int
    alias_absent_position_count: int
    alias_similarity_floor: float
    alias_pair_maximum: int
    time_use_days: int
    step_sample_days: int
    step_basis_days: int
    step_day_minimum: int
    step_smallest_shift_ms: int
    coverage_fresh_days: int
    coverage_fresh_change_maximum: int
    repair_mended_minimum: int
    co_failure_minimum: int
    co_failure_false_discovery_level: float
    co_failure_lift_minimum: float
    co_failure_group_share: float
    co_failure_fingerprint_share: float
    co_failure_pair_maximum: int
    pattern_failure_minimum: int
    pattern_false_discovery_level: float
    pattern_timeout_tolerance_share: float
    pattern_timeout_failed_share: float
    pattern_timeout_smallest_ms: int
    pattern_new_days: int
    forecast_days: int
    forecast_horizon_days: int
    forecast_day_minimum: int
    forecast_tested_days: int
    forecast_widening_days: int
    forecast_tested_day_minimum: int
    forecast_prediction_minimum: int
    forecast_half_life_run_count: int
    forecast_interval_level: float
    forecast_coverage_least_share: float
    forecast_coverage_most_share: float
    forecast_block_days: int
    forecast_resample_count: int
    forecast_threshold_rate: float
    forecast_threshold_days: int
    duration_smallest_ratio: float
    duration_false_discovery_level: float
    duration_cut_ratio: float
    duration_cut_p_level: float
    duration_censored_share: float
    duration_smallest_shift_ms: int
    duration_current_minimum: int
    duration_baseline_minimum: int
    duration_evidence_count: int
    confidence_days: int
    confidence_build_maximum: int
    confidence_driver_maximum: int
    confidence_settled_probability: float
    confidence_pass_maximum: int
    confidence_evidence_count: int
    confidence_hazard_factor: float
    confidence_lucky_pass_factor: float
    confidence_resample_count: int
    cluster_similarity_floor: float


def read_parameters(path: Path | None = None) -> Parameters:
    """The defaults, changed by what the file says; UsageError names the file, the key and what is wrong."""
    values = dict(toml_content("policy", DEFAULT_POLICY))
    if path is not None:
        values |= toml_content("policy", path)
    kinds = get_type_hints(Parameters)
    known = {key: _checked(path or DEFAULT_POLICY, key, value, kinds) for key, value in values.items()}
    parameters = Parameters(**known)
    _require_room(path or DEFAULT_POLICY, parameters)
    return parameters


@lru_cache(maxsize=1)
def default_parameters() -> Parameters:
    """The parameters as they ship."""
    return read_parameters()


@dataclass(frozen=True, slots=True)
class BuildPolicy:
    """Parameters, zone and words are session variables of the build, registers are tables of the release.

    `params_hash` names the whole set.
    """

    time_zone: str = "UTC"
    people_words: list[str] = field(default_factory=lambda: ["system", "ci"])
    """Words in triggered_by that are no person."""
    parameters: Parameters = field(default_factory=default_parameters)
    aliases: list[Alias] = field(default_factory=list)
    accepted_regressions: list[AcceptedRegression] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    @property
    def params_hash(self) -> str:
        registers = {
            "aliases": [asdict(alias) for alias in self.aliases],
            "accepted_regressions": [asdict(accepted) for accepted in self.accepted_regressions],
            "costs": [asdict(cost) for cost in self.costs],
        }
        # an empty register is none: without registers the hash is of the parameters alone
        decided = {name: entries for name, entries in registers.items() if entries}
        text = json.dumps(self._values() | decided, sort_keys=True, default=str)
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
    elif kind is int and value > (most := _MOST_DAYS if key.endswith("_days") else _MOST):
        raise UsageError(f"{path}: {key} is {value}; it must be at most {most}.")
    return value


def _require_room(path: Path, parameters: Parameters) -> None:
    """Segments tell which runs of the flakiness window were broken; charts are drawn of the trend's days."""
    chart_days = parameters.control_baseline_days + parameters.control_current_days
    for name, days, inner, inner_days in (
        (
            "segment_history_days",
            parameters.segment_history_days,
            "flakiness_window_days",
            parameters.flakiness_window_days,
        ),
        (
            "trend_days",
            parameters.trend_days,
            "control_baseline_days and control_current_days",
            chart_days,
        ),
    ):
        if days < inner_days:
            raise UsageError(
                f"{path}: {name} is {days}, less than {inner} with {inner_days}; change one of them."
            )
