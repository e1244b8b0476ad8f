"""The one resource: the home, locked from before a run's first step until after its last, whatever happens.

What belongs here: how a run comes by its settings, its instants and the lock. What does not: what it does
with them (held.py). It reads the settings when a run starts, so a source's password is in no definition.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
from pydantic import Field, PrivateAttr

from assets.held import HeldHome
from pipelines.extract.sources import as_of_night, home_of
from pipelines.settings import Settings

SCHEDULED_FOR: Final = ".dagster/scheduled_execution_time"
"""Tag of a run that a schedule asked for: the time of its tick, ISO 8601."""


class HomeResource(dg.ConfigurableResource["HomeResource"]):
    """`given`: settings over those in force, as on the command line; `as_of`: ISO 8601, as `--as-of`."""

    given: dict[str, Any] = Field(default_factory=dict)
    as_of: str | None = None
    _held: HeldHome | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, given: Mapping[str, object], as_of: str | None) -> "HomeResource":
        """With paths as text, since Dagster's configuration has no other form for them."""
        plain = {
            name: value if isinstance(value, int | bool) else str(value) for name, value in given.items()
        }
        return cls(given=plain, as_of=as_of)

    @property
    def held(self) -> HeldHome:
        """The home of the run that goes on."""
        assert self._held is not None, "a resource is used inside a run"
        return self._held

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeResource"]:
        """Holds the home's lock for the whole run: the executor is in-process, so this is entered once."""
        assert context.run
        assert context.instance
        record = context.instance.get_run_record_by_id(context.run.run_id)
        assert record is not None
        settings = Settings.load(**self.given)
        # a night that its schedule asked for is true for that time, however late it starts
        asked_for = self.as_of or context.run.tags.get(SCHEDULED_FOR)
        as_of = as_of_night(settings, record.create_timestamp, asked_for)
        home = home_of(settings)
        with home.locked():
            held = HeldHome(home, settings, context.run.run_id, as_of, record.create_timestamp)
            self._held = held
            try:
                yield self
            finally:
                held.close()
