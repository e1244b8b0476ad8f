"""The home in the hands of one run: what the run has read, and the draft that it builds.

What belongs here: what steps of one run share. What does not: Dagster (resources.py) and the stages
(pipelines/night.py).
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from pipelines import night
from pipelines.extract.sources import open_source
from pipelines.gates.rules import read_rules
from pipelines.home import Home
from pipelines.reports.render import ReportFiles
from pipelines.settings import Settings
from warehouse.drafts import Draft
from warehouse.errors import UsageError
from warehouse.gate_verdicts import VerdictRow
from warehouse.lake import Lake
from warehouse.releases import Release, find_release


@dataclass(slots=True)
class HeldHome:
    """A locked home. `as_of`: what the run is true for; `started_at`: when it was asked for."""

    home: Home
    settings: Settings
    run_id: str
    as_of: datetime
    started_at: datetime
    _draft: Draft | None = field(default=None, init=False)

    @property
    def lake(self) -> Lake:
        """The lake's generation in force, opened anew."""
        return Lake(self.home.lake)

    def load(self, days: tuple[date, ...] | None) -> night.Loaded:
        """A night's reading of the source, or these days again."""
        # what cannot be used ends the night before it begins
        read_rules(self.settings.rules)
        night.build_policy(self.settings)
        source = open_source(self.settings, self.home)
        try:
            return night.load(
                self.home,
                source,
                self.settings,
                as_of=self.as_of,
                read_at=self.started_at,
                days=days,
            )
        finally:
            source.close()

    def open_draft(self, *, is_whole: bool) -> Draft:
        """The run's draft; one that is not to be whole begins with the current release."""
        self._draft = night.open_draft(
            self.home,
            self.settings,
            as_of=self.as_of,
            code_version=night.code_version(),
            name=self.run_id,
            is_seeded=not is_whole,
        )
        return self._draft

    def judge(self) -> list[VerdictRow]:
        """What the gates say of the run's draft."""
        return night.judge(self._require_draft(), read_rules(self.settings.rules))

    def publish(self) -> Release:
        """The run's draft as the current release."""
        return night.publish(self.home, self._require_draft())

    def report(self) -> ReportFiles:
        """The nightly report of the current release."""
        return night.report(find_release(self.home.root))

    def close(self) -> None:
        """The draft, when it was not published, is left for people to look at."""
        if self._draft:
            self._draft.close()

    def _require_draft(self) -> Draft:
        if self._draft is None:
            raise UsageError("This run builds no draft; materialise all models in the same run.")
        return self._draft
