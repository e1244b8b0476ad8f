"""The policy: defaults that ship, what a user may change, and the sentence about what cannot be used."""

from dataclasses import fields
from pathlib import Path

import pytest

from warehouse.errors import UsageError
from warehouse.policy import DEFAULT_POLICY, BuildPolicy, Parameters, default_parameters, read_parameters


def written(folder: Path, text: str) -> Path:
    path = folder / "my-policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_parameter_is_documented_where_its_default_stands() -> None:
    lines = DEFAULT_POLICY.read_text(encoding="utf-8").splitlines()
    for parameter in fields(Parameters):
        (place,) = [number for number, line in enumerate(lines) if line.startswith(f"{parameter.name} = ")]
        assert lines[place - 1].startswith("# "), parameter.name


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    changed = read_parameters(written(tmp_path, 'flakiness_window_days = 30\nprotected_branches = ["main"]'))
    assert (changed.flakiness_window_days, changed.protected_branches) == (30, ["main"])
    assert changed.history_days == default_parameters().history_days
    assert BuildPolicy(parameters=changed).params_hash != BuildPolicy().params_hash


def test_a_whole_number_will_do_for_a_fraction(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must lie between 0 and 1"):
        read_parameters(written(tmp_path, "segment_broken_share = 1"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("flakiness_windowdays = 30", "flakiness_windowdays is no parameter; sql/policy.toml lists"),
        ("history_days = 1.5", "history_days is 1.5; it must be a whole number"),
        ("history_days = true", "history_days is True; it must be a whole number"),
        ("history_days = 0", "history_days is 0; it must be above 0"),
        ("history_days = 36501", "history_days is 36501; it must be at most 36500"),
        ("flakiness_evidence_count = 9223372036854775808", "must be at most 1000000000"),
        ("control_baseline_days = 60", "trend_days is 60, less than control_baseline_days and control_curr"),
        ("segment_history_days = 89", "segment_history_days is 89, less than flakiness_window_days with 90"),
        ("flakiness_rate_floor = 1.5", "flakiness_rate_floor is 1.5; it must lie between 0 and 1"),
        ('flakiness_rate_floor = "1%"', "it must be a number"),
        ("flakiness_retry_needs_commit = 1", "it must be true or false"),
        ('protected_branches = "main"', "it must be a list of words"),
        ("history_days = ", "is no TOML"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        read_parameters(written(tmp_path, text))
    assert "my-policy.toml" in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(FileNotFoundError\); name another file"):
        read_parameters(tmp_path / "none.toml")
