"""How a long reading shows that it goes on: a moving line on a terminal, plain lines elsewhere.

What belongs here: progress for people. What does not: results (the commands print them).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from pipelines.cli.session import err
from pipelines.extract.extraction import Progress as Report

_EVERY_SECONDS: Final = 10.0


class RateColumn(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@dataclass(slots=True)
class PlainLines:
    """At most one line per collection in ten seconds: how many documents, at what rate, how long still."""

    _counts: dict[str, int] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)
    _said: dict[str, float] = field(default_factory=dict)

    def __call__(self, name: str, count: int, total: int | None) -> None:
        now = time.monotonic()
        begun = self._begun.setdefault(name, now)
        read = self._counts[name] = self._counts.get(name, 0) + count
        if now - self._said.setdefault(name, begun) < _EVERY_SECONDS:
            return
        self._said[name] = now
        rate = read / (now - begun)
        rest = f", about {max(total - read, 0) / rate:,.0f} s to go" if total else ""
        err.print(f"{name}: {read:,} documents, {rate:,.0f} per second{rest}")


@contextmanager
def reading() -> Iterator[Report]:
    """A progress report for the time of one extract."""
    if not err.is_terminal:
        yield PlainLines()
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, RateColumn(), TimeRemainingColumn(), console=err, transient=True) as progress:

        def report(name: str, count: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.advance(tasks[name], count)

        yield report
