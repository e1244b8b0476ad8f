"""The register of costs: what an entry may say, and the sentence about one that cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from warehouse.costs import Cost, cost_table, read_costs
from warehouse.errors import UsageError
from warehouse.policy import BuildPolicy

DAY = date(2026, 11, 30)
COST = '[[cost]]\nsince = 2026-01-01\nby = "QA"\non = 2026-11-30\nreason = "contract"\n'
MONEY = 'currency = "EUR"\nengineer_hour_cost = 80\nmachine_minute_cost = 0.012\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "costs.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_entries_are_read_by_the_day_from_which_they_hold(tmp_path: Path) -> None:
    earlier = COST.replace("2026-01-01", "2025-01-01") + "investigation_minutes = 25\n"
    assert read_costs(written(tmp_path, COST + MONEY + earlier)) == [
        Cost(date(2025, 1, 1), "QA", DAY, "contract", investigation_minutes=25),
        Cost(date(2026, 1, 1), "QA", DAY, "contract", "EUR", 80, 0.012),
    ]


def test_no_file_no_costs() -> None:
    assert read_costs(None) == []
    assert cost_table([]).rows == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (COST + "engineer_hour_cost = 80\n", "entry 1: currency is missing beside a cost"),
        (COST + MONEY + "investigation_minutes = -1\n", "it must be a number that is not below 0"),
        (
            COST + 'currency = "EUR"\nengineer_hour_cost = "80"\n',
            "engineer_hour_cost is '80'; it must be a number",
        ),
        (COST + "machine_minute_cost = true\n", "machine_minute_cost is True; it must be a number"),
        (COST + "machine_minute_cost = nan\n", "machine_minute_cost is nan; it must be a number"),
        (COST + COST, "entry 2: it is about the same as entry 1"),
        (
            COST + MONEY + COST.replace("2026-01-01", "2025-01-01") + MONEY.replace("EUR", "USD"),
            "costs are in EUR and USD; say them all in one currency",
        ),
        (COST.replace("since = 2026-01-01\n", ""), "entry 1: since is missing; say it"),
        (COST.replace("QA", "qa@example.org"), "by is an address"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_costs(written(tmp_path, text))
    assert sentence in str(raised.value)
    assert "costs.toml" in str(raised.value)


def test_other_costs_are_another_policy() -> None:
    cost = Cost(DAY, "QA", DAY, "contract", investigation_minutes=25)
    hashes = {BuildPolicy(costs=costs).params_hash for costs in ([], [cost])}
    assert len(hashes) == 2
