"""One night, end to end: the one place that strings the stages together, for the command line and Dagster.

What belongs here: the order of the stages and what passes between them. What does not: the stages.
"""

import logging
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from importlib.metadata import version
from typing import Final

import polars as pl

from pipelines.analysis.tables import ANALYSES
from pipelines.extract.extraction import Progress, extract, no_progress
from pipelines.extract.known import Extracted, Known
from pipelines.extract.people import People
from pipelines.extract.reader import Source
from pipelines.extract.spool import Spool
from pipelines.gates.evaluate import evaluate, stored_verdicts, verdict_rows
from pipelines.gates.rules import Rules, read_rules
from pipelines.home import Home
from pipelines.reports.render import ReportFiles, render
from pipelines.settings import Settings
from pipelines.transform import catalog
from pipelines.transform.day import TransformPolicy
from pipelines.transform.merge import merge
from pipelines.transform.namesakes import namesakes
from pipelines.transform.standing import MIXED, bring_up_to_date, was_read_with
from warehouse.connection import open_release
from warehouse.costs import read_costs
from warehouse.drafts import Draft
from warehouse.errors import DataError, SourceError, UsageError
from warehouse.gate_verdicts import VerdictRow
from warehouse.generations import Generation
from warehouse.history import keep_history
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy, read_parameters
from warehouse.registers import read_accepted_regressions, read_aliases
from warehouse.releases import Release, current_release, publish_draft
from warehouse.releases import open_draft as new_draft
from warehouse.requests import BuildRequest, LakeFiles, Limits
from warehouse.tables import (
    DECLARED_TOTALS,
    EXECUTIONS,
    ITEMS,
    QUARANTINE,
    SOURCE_DAYS,
    SOURCE_FILES,
    SUITES,
    TESTS,
    USERS,
)

DISTRIBUTION: Final = "execution-reporting"

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a night brought into the lake."""

    generation: Generation
    changed_days: tuple[date, ...]
    document_counts: dict[str, int]
    quarantined_count: int


def load(  # noqa: PLR0913 - the inputs of a night, each of its own kind
    home: Home,
    source: Source,
    settings: Settings,
    *,
    as_of: datetime,
    read_at: datetime,
    progress: Progress = no_progress,
    retry_quarantined: bool = False,
    days: tuple[date, ...] | None = None,
) -> Loaded:
    """Reads the source into the home's lake and publishes one generation. The caller holds the home's lock.

    `days` reads what is of these days again and nothing else, whatever changed; the next night reads as if
    this had not been. Other settings of what is read of a document have the whole source read again.

    Raises SourceError where the source cannot be read or is not the one this home was made from.
    """
    lake = Lake(home.lake)
    lake.rollback()
    _require_same_source(lake, source)
    people = People(home.people, settings.people_words)
    known = replace(_known(lake), is_retried=retry_quarantined, days=days)
    is_alike = was_read_with(lake, settings.reading)
    if days is None and known.watermarks and not is_alike:
        _LOG.warning("Settings of what is read of a document changed: the whole source is read again.")
        known = known.from_the_start()
    extracted = extract(
        source,
        settings,
        known,
        Spool(home.spool),
        people,
        as_of=as_of,
        read_at=read_at,
        progress=progress,
    )
    policy = TransformPolicy(settings.timezone, settings.error_outcome_types)
    reading = settings.reading if days is None or is_alike else MIXED
    remade = bring_up_to_date(lake, settings.timezone, settings.group_executions, reading)
    merged = merge(lake, extracted.spool, policy, settings.group_executions)
    _keep_tables(lake, extracted, as_of)
    generation = lake.commit(extracted.watermarks, source.identity, as_of)
    extracted.spool.clear()
    quarantined = lake.scan(QUARANTINE).select(pl.len()).collect().item()
    changed = tuple(sorted({*remade, *merged}))
    return Loaded(generation, changed, extracted.document_counts, quarantined)


def code_version() -> str:
    """The version of this code, as releases name it."""
    return version(DISTRIBUTION)


def open_draft(
    home: Home,
    settings: Settings,
    *,
    as_of: datetime,
    code_version: str,
    name: str | None = None,
    is_seeded: bool = False,
) -> Draft:
    """A draft over the lake's generation; seeded, it begins with the current release. Hold the home's lock.

    Raises UsageError where nothing was extracted yet.
    """
    lake = Lake(home.lake)
    if lake.generation.number == 0:
        raise UsageError(f"Home {home.root} holds no data yet; run `exr extract` or `exr nightly` first.")
    former = _former_release(home)
    request = BuildRequest(
        lake=LakeFiles.of(lake, lake.generation),
        as_of=as_of,
        code_version=code_version,
        policy=build_policy(settings),
        analyses=ANALYSES,
    )
    limits = Limits(settings.threads, settings.memory_limit_mb, settings.fact_rows_in_release)
    return new_draft(home.root, request, limits, name=name, seed=former if is_seeded else None)


def build_policy(settings: Settings) -> BuildPolicy:
    """What models and analyses are told; UsageError where a file of the user's cannot be used."""
    return BuildPolicy(
        settings.timezone,
        list(settings.people_words),
        read_parameters(settings.policy),
        read_aliases(settings.aliases),
        read_accepted_regressions(settings.accepted_regressions),
        read_costs(settings.costs),
    )


def judge(draft: Draft, rules: Rules) -> list[VerdictRow]:
    """What the gates say of a whole draft, kept in it."""
    return draft.judge(lambda connection: verdict_rows(evaluate(connection, rules), rules))


def publish(home: Home, draft: Draft) -> Release:
    """The draft as the current release, and its figures kept for later nights."""
    release = publish_draft(home.root, draft)
    keep_history(home.lake, release)
    return release


def build(home: Home, settings: Settings, *, as_of: datetime, code_version: str) -> Release:
    """A new release of the lake's generation, judged and published. The caller holds the home's lock.

    Raises UsageError where nothing was extracted yet or the gates' rules cannot be used.
    """
    rules = read_rules(settings.rules)
    with open_draft(home, settings, as_of=as_of, code_version=code_version) as draft:
        draft.build_all()
        judge(draft, rules)
        return publish(home, draft)


def report(release: Release) -> ReportFiles:
    """The nightly report of a release, as HTML and PDF beside its tables; the same bytes each time."""
    with open_release(release.folder) as connection:
        verdicts = stored_verdicts(connection)
    return render(release.folder, verdicts, release.folder / "reports")


def _former_release(home: Home) -> Release | None:
    """The current release, its figures kept; none where it cannot be read: the next one takes its place."""
    try:
        former = current_release(home.root)
        if former:
            keep_history(home.lake, former)  # where a night was killed after it published
    except (DataError, UsageError) as error:
        reason = str(error).partition("; ")[0]  # what follows is what to do, and this build does it
        _LOG.warning("A new release takes the place of the current one, which cannot be read: %s.", reason)
        return None
    return former


def _require_same_source(lake: Lake, source: Source) -> None:
    former = lake.generation.source
    if former is not None and former != source.identity:
        raise SourceError(
            f"Home {lake.root.parent} belongs to {former}, not to {source.identity}; "
            "choose another home with --home."
        )


def _known(lake: Lake) -> Known:
    in_flight = lake.scan(EXECUTIONS).filter(pl.col("outcome").is_null()).select("execution_key").collect()
    quarantined = lake.scan(QUARANTINE).select("document_id").collect()["document_id"]
    return Known(
        watermarks=dict(lake.generation.watermarks),
        source_days=lake.scan(SOURCE_DAYS).collect(),
        in_flight=frozenset(in_flight["execution_key"]),
        quarantined=frozenset(quarantined),
        namesakes=partial(namesakes, lake),
        content_hashes=dict(lake.scan(SOURCE_FILES).collect().rows()),
    )


def _keep_tables(lake: Lake, extracted: Extracted, as_of: datetime) -> None:
    for table in (TESTS, SUITES, ITEMS, USERS):
        if table.name in extracted.catalog:
            catalog.keep_dimension(lake, table, extracted.catalog[table.name], as_of)
    catalog.keep_totals(lake, extracted.spool.scan(DECLARED_TOTALS).collect())
    catalog.keep_quarantine(lake, extracted.refused, extracted.mended, as_of)
    catalog.keep_source_days(lake, extracted.source_days, extracted.compared_days)
    catalog.keep_source_files(lake, extracted.content_hashes)
