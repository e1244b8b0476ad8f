"""Analyses on demand: the statistics of some executions, computed anew and kept nowhere unless asked for.

What belongs here: which tables that are, and stringing release, population and build together. What does not:
the build (warehouse/scopes.py), filters (warehouse/populations.py) and what is printed (pipelines/cli).
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipelines.analysis.tables import ANALYSES
from pipelines.night import build_policy
from pipelines.settings import Settings
from warehouse.connection import DATABASE_NAME
from warehouse.errors import UsageError
from warehouse.populations import Population
from warehouse.releases import Release
from warehouse.requests import Limits
from warehouse.scopes import Scope, ScopeRequest
from warehouse.storage import storage_errors

STATISTICS: Final = (
    "met_flakiness",
    "met_segments",
    "met_suite_flakiness",
    "met_regressions",
    "met_pass_rate_trend",
    "met_pass_rate_control",
    "met_pass_rate_segments",
    "met_mix_effect",
    "met_duration_quantiles",
    "met_duration_shift",
    "met_duration_cuts",
    "met_step_time",
    "met_time_use",
    "met_failure_clusters",
    "met_co_failures",
    "met_patterns",
    "met_repair_times",
    "met_flake_cost",
)
"""Tables that say something of the executions they are made of, and so of a part of them too."""


@contextmanager
def scope(
    release: Release, settings: Settings, population: Population, kept: Path | None = None
) -> Iterator[Scope]:
    """The population of a release, ready to be analysed; `kept`: a file that holds the tables afterwards.

    Families of false-discovery control are those of the population: fewer tests, other q-values.
    """
    if kept and kept.exists():
        raise UsageError(f"{kept} is there already; name another file or remove it.")
    limits = Limits(settings.threads, settings.memory_limit_mb, settings.fact_rows_in_release)
    request = ScopeRequest(population, build_policy(settings), ANALYSES)
    with tempfile.TemporaryDirectory(dir=kept.parent if kept else None) as folder:
        database = Path(folder) / DATABASE_NAME
        with Scope(release, request, database, limits) as opened:
            yield opened
        if kept:
            with storage_errors("write", kept):
                database.replace(kept)


def require_statistics(tables: Sequence[str]) -> tuple[str, ...]:
    """These tables, or all; UsageError where one is no statistic of a part."""
    unknown = sorted(set(tables) - set(STATISTICS))
    if unknown:
        raise UsageError(f"{unknown[0]} is not computed on demand; {', '.join(STATISTICS)} are.")
    return tuple(tables) or STATISTICS
