"""Small homes for tests of gates: executions written straight into a lake, then built and judged.

What belongs here: rows with defaults, one call that makes a home of them, releases of all models or of few.
What does not: expectations.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.analysis.tables import ANALYSES
from pipelines.gates.evaluate import evaluate, verdict_rows
from pipelines.gates.rules import read_rules
from pipelines.home import Home
from pipelines.night import build
from pipelines.settings import Settings
from warehouse.lake import Lake
from warehouse.models import SQL_ROOT, load_models
from warehouse.policy import BuildPolicy
from warehouse.releases import Release, build_release
from warehouse.requests import BuildRequest, LakeFiles, Limits
from warehouse.schema import Table
from warehouse.tables import ATTEMPTS, DECLARED_TOTALS, EXECUTIONS, QUARANTINE

AS_OF: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)

Row = dict[str, object]

ONE_THREAD: Final = Settings(threads=1)
_EXECUTION: Final[Row] = {
    "execution_type": "ci_cd_execution",
    "test_key": "t1",
    "suite_key": "s1",
    "project": "default",
    "variant_key": "linux||",
    "environment": "linux",
    "triggered_at_source": "triggered_at",
    "tags": [],
    "attempt_count": 1,
    "attempt_source": "single",
    "duration_ms": 100,
    "branch": "main",
    "invocation_source": "pipeline",
    "step_count": 0,
    "step_source": "none",
}


def executions(outcomes: str, *, hours_ago: float = 1, invocations: int = 10, prefix: str = "e") -> list[Row]:
    """One execution per letter, spread over invocations: p passed, f failed, s skipped, i in flight."""
    words = {"p": "passed", "f": "failed", "s": "skipped", "i": None}
    moment = AS_OF - timedelta(hours=hours_ago)
    return [
        _EXECUTION
        | {
            "execution_key": f"{prefix}{number}",
            "test_key": f"t{number}",
            "triggered_at": moment,
            "changed_at": moment,
            "triggered_date": moment.date(),
            "bucket_date": moment.date(),
            "status": words[letter] or "running",
            "outcome": words[letter],
            "first_outcome": words[letter],
            "is_decided": letter in "pf",
            "is_flaky": False,
            "is_unverified": False,
            "invocation_key": f"i{number % invocations}",
        }
        for number, letter in enumerate(outcomes)
    ]


def refused(document_id: str) -> Row:
    """A document that could not be read."""
    return {
        "collection": "execution_traces",
        "document_id": document_id,
        "reason": "odd",
        "document_hash": "0",
        "readable_fields": "{}",
        "first_seen_at": AS_OF,
    }


def home_of(
    root: Path, rows: Iterable[Row], refusals: Iterable[Row] = (), totals: Iterable[Row] = ()
) -> Home:
    """A home whose lake holds these executions, each with its one attempt."""
    home = Home(root)
    lake = Lake(home.lake)
    found = _frame(EXECUTIONS, rows)
    days = set(found["triggered_date"])
    lake.replace_days(EXECUTIONS, days, found)
    attempts = found.with_columns(pl.lit(1).alias("attempt_number"))
    lake.replace_days(ATTEMPTS, days, ATTEMPTS.typed(attempts))
    lake.replace_table(QUARANTINE, _frame(QUARANTINE, refusals))
    lake.replace_table(DECLARED_TOTALS, _frame(DECLARED_TOTALS, totals))
    lake.commit({}, source="dump", as_of=AS_OF)
    return home


def released(home: Home, settings: Settings = ONE_THREAD, *, as_of: datetime = AS_OF) -> Release:
    """A release of the home."""
    return build(home, settings, as_of=as_of, code_version="1.2.3")


def few_models(root: Path, names: Iterable[str]) -> Path:
    """The shipped models of these names and all that they read, below root: they are built sooner."""
    models = {model.name: model for model in load_models()}
    found, waiting = {"macros"}, [*names]
    while waiting:
        name = waiting.pop()
        if name in models and name not in found:
            found.add(name)
            waiting += models[name].inputs
    for path in SQL_ROOT.rglob("*.sql"):
        if path.stem in found:
            copy = root / path.relative_to(SQL_ROOT)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
    return root


def judged(home: Home, models: Path) -> Release:
    """A release of these models alone, judged by the rules that are shipped."""
    lake, rules = Lake(home.lake), read_rules()
    files = LakeFiles.of(lake, lake.generation)
    request = BuildRequest(files, AS_OF, "1.2.3", BuildPolicy(), sql_root=models, analyses=ANALYSES)
    return build_release(
        home.root,
        request,
        Limits(threads=1),
        judge=lambda connection: verdict_rows(evaluate(connection, rules), rules),
    )


def _frame(table: Table, rows: Iterable[Row]) -> pl.DataFrame:
    known = [{name: row.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(known, schema=table.schema)
