"""A small history for tests of reports, written straight into a lake and built into a release.

What belongs here: rows with defaults, the one history that most tests read, verdicts.
What does not: expectations.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.analysis.tables import ANALYSES
from pipelines.gates.verdicts import Verdict
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy
from warehouse.releases import build_release
from warehouse.requests import BuildRequest, LakeFiles
from warehouse.schema import Table
from warehouse.tables import ATTEMPTS, EXECUTIONS, TESTS

AS_OF: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
TONIGHT: Final = AS_OF.date()
MISSING_NIGHT: Final = date(2026, 3, 25)
NIGHTS: Final = 14

Row = dict[str, object]

_EXECUTION: Final[Row] = {
    "execution_type": "ci_cd_execution",
    "project": "default",
    "variant_key": "linux||",
    "environment": "linux",
    "triggered_at_source": "triggered_at",
    "tags": [],
    "attempt_count": 1,
    "attempt_source": "single",
    "branch": "main",
    "invocation_source": "pipeline",
    "step_count": 0,
    "step_source": "none",
    "is_flaky": False,
    "is_unverified": False,
}
_FAILING: Final = ("failed", "error", "timed_out")


def execution(test: str, day: date, outcome: str = "passed", **more: object) -> Row:
    """One execution at one o'clock, in suite `api`; a failing one has a message."""
    suite = str(more.get("suite_key", "api"))
    moment = datetime.combine(day, time(int(str(more.pop("hour", 1)))), UTC)
    failure = {"error_message": "boom", "fingerprint": "f-boom"} if outcome in _FAILING else {}
    return {
        **_EXECUTION,
        "execution_key": f"{day:%m%d}-{moment:%H}-{suite}-{test}"[:80],
        "test_key": test,
        "suite_key": suite,
        "triggered_at": moment,
        "changed_at": moment,
        "triggered_date": day,
        "bucket_date": day,
        "status": outcome,
        "outcome": outcome,
        "first_outcome": outcome,
        "is_decided": outcome in ("passed", *_FAILING),
        "duration_ms": 100,
        "invocation_key": f"{suite}-{day}-{moment:%H}",
        "build_version": f"1.{day:%j}",
        **failure,
        **more,
    }


def history() -> list[Row]:
    """Two suites over 14 nights, one of them missing: what breaks, is mended, wobbles, is slow, is new."""
    days = [TONIGHT - timedelta(days=number) for number in reversed(range(NIGHTS))]
    rows: list[Row] = []
    for day in days:
        if day == MISSING_NIGHT:
            continue
        rows += [execution(f"steady-{number:02d}", day, duration_ms=100 + number) for number in range(24)]
        rows += [execution(f"web-{number}", day, suite_key="web", hour=2) for number in range(8)]
        rows.append(execution("slow", day, duration_ms=95_000))
        rows.append(execution("broken", day, "failed", error_message="always 1", fingerprint="f-always"))
        rows.append(execution("skipped", day, "skipped"))
        rows.append(execution("wobbly", day, "failed" if day.day % 2 else "passed"))
        rows.append(execution("mended", day, "passed" if day == TONIGHT else "error"))
        if day == TONIGHT:
            new = {"error_message": "never seen <before>", "fingerprint": "f-new"}
            rows.append(execution("breaks", day, "failed", **new))
            rows.append(execution("newcomer", day, "error", suite_key="web", hour=2, **new))
        else:
            rows.append(execution("breaks", day))
    return rows


def release_of(root: Path, rows: Iterable[Row], names: dict[str, str] | None = None) -> Path:
    """The folder of a release over these executions, each with its one attempt; `names` titles tests."""
    lake = Lake(root / "lake")
    executions = frame_of(EXECUTIONS, rows)
    days = set(executions["triggered_date"])
    lake.replace_days(EXECUTIONS, days, executions)
    attempts = executions.with_columns(pl.lit(1, pl.Int32).alias("attempt_number"))
    lake.replace_days(ATTEMPTS, days, ATTEMPTS.typed(attempts))
    titles = [
        {
            "test_key": key,
            "test_name": name,
            "tags": [],
            "item_keys": [],
            "is_archived": False,
            "first_seen_at": AS_OF,
            "last_seen_at": AS_OF,
        }
        for key, name in (names or {}).items()
    ]
    lake.replace_table(TESTS, frame_of(TESTS, titles))
    lake.commit({}, source="dump:tiny", as_of=AS_OF)
    request = BuildRequest(
        LakeFiles.of(lake, lake.generation), AS_OF, "1.2.3", BuildPolicy(), analyses=ANALYSES
    )
    return build_release(root, request).folder


def frame_of(table: Table, rows: Iterable[Row]) -> pl.DataFrame:
    """Rows as the table declares them."""
    known = [{name: row.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(known, schema=table.schema)


def verdict(word: str = "pass", **more: object) -> Verdict:
    """A verdict on the pass rate with what a test does not care about filled in."""
    values: dict[str, object] = {
        "gate_name": "final_pass_rate",
        "title": "Final pass rate",
        "verdict": word,
        "reason": None,
        "value": 0.91,
        "low": 0.86,
        "high": 0.95,
        "numerator": 910,
        "denominator": 1000,
        "limit": 0.85,
        "unit": "rate",
        "sentence": "Compared.",
    }
    return Verdict(**(values | more))  # type: ignore[arg-type]


VERDICTS: Final = (
    verdict("pass"),
    verdict("insufficient", gate_name="strict", title="Strict pass rate", reason="straddles", limit=0.9),
    verdict(
        "insufficient",
        gate_name="coverage",
        title="Coverage",
        reason="no_data",
        value=None,
        low=None,
        high=None,
        numerator=None,
        denominator=None,
        severity="warning",
    ),
)
