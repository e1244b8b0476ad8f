"""What time costs, as a team says it: hours of people, minutes of machines, from a day on.

What belongs here: reading this register and the table of a release that holds it. What does not: how
registers are read (registers.py) and what is made of costs (sql/metrics). Nothing is assumed: without an
entry there are hours and minutes, and no money.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from warehouse.errors import UsageError
from warehouse.registers import REF_COSTS, RegisterTable, entries_of, require_once


@dataclass(frozen=True, slots=True)
class Cost:
    """What holds from a day on until the next entry; the fields are the keys of an entry."""

    since: date
    by: str
    on: date
    reason: str
    currency: str | None = None
    engineer_hour_cost: float | None = None
    machine_minute_cost: float | None = None
    investigation_minutes: float | None = None
    """Minutes that somebody takes to find out why a pipeline failed."""


_COLUMNS: Final = {
    "since_date": ("date", "Day from which it holds, until that of the next row."),
    "currency": ("varchar", "Currency of the costs, as written; null where no cost is said."),
    "engineer_hour_cost": ("double", "Cost of an hour of a person; null where nothing is said."),
    "machine_minute_cost": ("double", "Cost of a minute of a worker; null where nothing is said."),
    "investigation_minutes": ("double", "Minutes that looking into a failed pipeline takes; null: not said."),
    "stated_by": ("varchar", "Who says so, as written."),
    "stated_on": ("date", "When it was said."),
    "reason": ("varchar", "Why, as written."),
}


def read_costs(path: Path | None) -> list[Cost]:
    """The costs by the day from which they hold; UsageError names the file, the entry and what is wrong."""
    entries = entries_of(path, "cost", Cost)
    for place, cost in entries:
        is_money = cost.engineer_hour_cost is not None or cost.machine_minute_cost is not None
        if is_money and cost.currency is None:
            raise UsageError(f'{place}: currency is missing beside a cost; say it, such as "EUR".')
    currencies = sorted({cost.currency for _, cost in entries if cost.currency})
    if len(currencies) > 1:
        raise UsageError(f"{path}: costs are in {' and '.join(currencies)}; say them all in one currency.")
    require_once(entries, lambda cost: cost.since)
    return sorted((cost for _, cost in entries), key=lambda cost: cost.since)


def cost_table(costs: Sequence[Cost]) -> RegisterTable:
    """The register as a release holds it."""
    rows = [
        (
            cost.since,
            cost.currency,
            cost.engineer_hour_cost,
            cost.machine_minute_cost,
            cost.investigation_minutes,
            cost.by,
            cost.on,
            cost.reason,
        )
        for cost in costs
    ]
    return RegisterTable(REF_COSTS, "One row per day from which other costs hold, as said.", _COLUMNS, rows)
