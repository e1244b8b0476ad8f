"""A home with rows in every table of facts, and its release with the facts as tables or as views.

What belongs here: rows and how they become a home and releases. What does not: expectations.
"""

from datetime import timedelta
from pathlib import Path
from typing import Final

from pipelines.analysis.tables import ANALYSES
from tests.unit.reports.report_rows import AS_OF, Row, execution, frame_of, history
from warehouse.lake import Lake
from warehouse.policy import BuildPolicy
from warehouse.releases import Release, build_release
from warehouse.requests import BuildRequest, LakeFiles, Limits
from warehouse.schema import Table
from warehouse.tables import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS, TESTS

FACT_TABLES: Final = (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES)
FACT_NAMES: Final = ("fct_executions", "fct_attempts", "fct_steps", "fct_state_changes")

AS_TABLES: Final = Limits(threads=1, memory_limit_mb=512)
AS_VIEWS: Final = Limits(threads=1, memory_limit_mb=512, fact_rows_in_release=0)


def home_of(root: Path) -> Path:
    """A history of two suites; one execution and one change are later than the release will be true for."""
    late = execution("late", AS_OF.date(), hour=23)
    rows = [*history(), late]
    lake = Lake(root / "lake")
    days = {row["triggered_date"] for row in rows}
    for table, made in (
        (EXECUTIONS, rows),
        (ATTEMPTS, [{**row, "attempt_number": 1} for row in rows]),
        (STEPS, [step for row in rows for step in _steps(row)]),
        (STATE_CHANGES, [change for row in rows for change in _changes(row)]),
    ):
        lake.replace_days(table, days, frame_of(table, made))  # type: ignore[arg-type]
    lake.replace_table(TESTS, frame_of(TESTS, [_test("steady-00"), _test('it\'s, "quoted"')]))
    lake.commit({}, source="dump:tiny", as_of=AS_OF)
    return root


def request_of(home: Path) -> BuildRequest:
    """The shipped models over the home's generation."""
    lake = Lake(home / "lake")
    return BuildRequest(LakeFiles.of(lake, lake.generation), AS_OF, "1.2.3", BuildPolicy(), analyses=ANALYSES)


def released(home: Path, limits: Limits) -> Release:
    return build_release(home, request_of(home), limits)


def files_of(home: Path, table: Table) -> list[Path]:
    """The files of a table's newest version, absolute."""
    return [home / "lake" / path for path in Lake(home / "lake").files(table)]


def _steps(row: Row) -> list[Row]:
    known = {name: row[name] for name in ("execution_key", "triggered_date", "outcome")}
    step = {"attempt_number": 1, "step_type": "action", "retry_count": 0, "is_warning": False}
    return [
        {**step, **known, "step_number": number, "step_key": f"s{number}", "step_name": f"Step {number}"}
        for number in (1, 2)
    ]


def _changes(row: Row) -> list[Row]:
    known = {name: row[name] for name in ("execution_key", "triggered_date")}
    moments = (("running", row["triggered_at"]), (row["outcome"], AS_OF + timedelta(hours=1)))
    return [{**known, "changed_at": moment, "to_status": status} for status, moment in moments]


def _test(key: str) -> Row:
    seen = {"first_seen_at": AS_OF, "last_seen_at": AS_OF, "is_archived": False}
    return {"test_key": key, "test_name": f"Test {key}", "tags": [], "item_keys": [], **seen}
