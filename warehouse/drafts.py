"""A release in the making: a folder beside the releases, filled model by model, judged, summed up.

What belongs here: the one connection of a draft, and what of it is done. What does not: running a model
(build.py), which release is current and publishing (releases.py).

Staging and intermediate models are temporary objects of the connection, so one process fills a draft. A
seeded draft begins with the tables of a release: some models can be tried on it, but it is not whole.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from warehouse.build import ModelRun, WarehouseBuild, require_no_breach
from warehouse.connection import DATABASE_NAME, ReleaseConnection, open_build
from warehouse.errors import UsageError
from warehouse.fact_binding import FactBinder, fact_row_count
from warehouse.fact_views import FACTS, SUPPORT
from warehouse.gate_verdicts import GATE_VERDICTS, Judge, VerdictRow, write_gate_verdicts
from warehouse.manifest import Manifest
from warehouse.models import load_models
from warehouse.release_info import RELEASE_INFO, sum_up
from warehouse.requests import BuildRequest, Limits
from warehouse.storage import storage_errors

RELEASES: Final = "releases"
"""The folder of a home in which releases and drafts lie."""

_DRAFT: Final = ".draft-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft lies, and which release it may become."""

    home: Path
    name: str
    release_id: str
    seed: Path | None = None
    """Database of a release whose tables the draft begins with."""

    @property
    def folder(self) -> Path:
        return self.home / RELEASES / f"{_DRAFT}{self.name}"


class Draft:
    """One draft, open; use it in a `with` block. Closed and not published it lies there to be looked at."""

    def __init__(self, place: Place, request: BuildRequest, limits: Limits) -> None:
        """Takes the place of all drafts of the home."""
        self.folder = place.folder
        self.models = load_models(request.sql_root)
        self._by_name = {model.name: model for model in self.models}
        self._place, self._request, self._limits = place, request, limits
        self._runs: dict[str, ModelRun] = {}
        self._verdicts: list[VerdictRow] | None = None
        self._lay_out()
        self._connection = open_build(
            self.folder / DATABASE_NAME,
            threads=limits.threads,
            memory_limit_mb=limits.memory_limit_mb,
            temp_directory=self._spill,
        )
        # a draft is put on disk once, whole (sum_up): nobody needs one that a power cut has left behind
        self._connection.execute("set fsync_mode = 'NONE'")
        self._build = WarehouseBuild(self._connection, request.analyses)
        self._facts: FactBinder | None = None
        self._standing: set[str] = set()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def build(self, name: str) -> ModelRun:
        """This model, built once; before it those it reads that are not there."""
        if name in self._runs:
            return self._runs[name]
        model = self._by_name[name]
        for read in model.inputs:
            if read in self._by_name and read not in self._standing:
                self.build(read)
        run = self._runs[name] = self._build.run_model(model)
        self._standing.add(name)
        return run

    def build_all(self) -> None:
        """Every model and check; DataError where a blocking check is breached."""
        for model in self.models:
            self.build(model.name)
        self.require_sound()

    def require_sound(self) -> None:
        """DataError where a blocking check that was run found breaches."""
        require_no_breach(self._runs.values())

    def judge(self, judge: Judge) -> list[VerdictRow]:
        """What the judge says of the whole draft, kept in it; UsageError where a model was not built."""
        self._require_whole()
        self._verdicts = write_gate_verdicts(self._connection, judge(ReleaseConnection(self._connection)))
        return self._verdicts

    def finish(self) -> Manifest:
        """Say what the draft is, put it on disk and close it; UsageError where something was not built."""
        self._require_whole()
        self.require_sound()
        if self._verdicts is None:
            raise UsageError(f"No gate has judged this draft; materialise {GATE_VERDICTS} in the same run.")
        facts = self._facts.collected() if self._facts else None
        manifest = sum_up(self._connection, self._place.release_id, self._request, self._verdicts, facts)
        self.close()
        return manifest

    def close(self) -> None:
        """Let go of the file; what the connection spilled goes."""
        self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _spill(self) -> Path:
        return self.folder / "spill"

    def _lay_out(self) -> None:
        with storage_errors("write", self.folder):
            for former in self.folder.parent.glob(f"{_DRAFT}*"):
                shutil.rmtree(former)
            self.folder.mkdir(parents=True)
            if self._place.seed:
                shutil.copyfile(self._place.seed, self.folder / DATABASE_NAME)

    def _begin(self) -> None:
        """What models need; in a seeded draft what the release said of itself goes first."""
        request, lake = self._request, self._request.lake
        files = {name: [self._place.home / path for path in paths] for name, paths in lake.files.items()}
        self._build.attach_lake(files)
        is_beyond = fact_row_count(self._connection) >= self._limits.fact_rows_in_release
        if self._place.seed:
            for table in (RELEASE_INFO, GATE_VERDICTS, *(FACTS if is_beyond else ())):
                self._connection.execute(f"drop table if exists {table}")
            self._connection.execute(f"drop schema if exists {SUPPORT} cascade")
            self._standing = self._build.adopt() & self._by_name.keys()
        self._build.start(request.as_of, request.policy, request.sql_root, lake_generation=lake.generation)
        if is_beyond:
            self._facts = FactBinder(self._connection, self.models, files)
            self._build.offer_facts(self._facts)

    def _require_whole(self) -> None:
        missing = [model.name for model in self.models if model.name not in self._runs]
        if missing:
            named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
            raise UsageError(
                f"This draft is not whole: {len(missing)} models and checks were not built in it ({named}); "
                "materialise all of them in the same run."
            )
