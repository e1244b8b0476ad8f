"""Rows that stand in a lake when settings or rules change: what is made anew, what is only noted.

What belongs here: pipelines/transform/standing.py over a real lake. What does not: what rollups say
(test_rollups.py).
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from polars.testing import assert_frame_equal

from pipelines.transform import rollups
from pipelines.transform.day import TransformPolicy
from pipelines.transform.standing import bring_up_to_date, was_read_with
from tests.unit.transform.raw_rows import raw_execution, transformed
from warehouse.lake import Lake
from warehouse.tables import APPLIED_SETTINGS, ATTEMPTS, EXECUTIONS, ROLLUPS, STEPS, TEST_DAYS

DAY: Final = date(2026, 3, 1)


def loaded(root: Path, timezone: str) -> Lake:
    """As a first night in this zone leaves it: an execution late in the evening, one that ran next day."""
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    raw = [
        raw_execution(execution_key="e1", triggered_at=late, environment="lab"),
        raw_execution(execution_key="e2", started_at=late + timedelta(days=1), pipeline_id="p1"),
    ]
    rows = transformed(raw, policy=TransformPolicy(timezone, ()))
    lake = Lake(root)
    bring_up_to_date(lake, timezone, 1, "r1")
    for table, given in ((EXECUTIONS, rows.executions), (ATTEMPTS, rows.attempts), (STEPS, rows.steps)):
        lake.replace_days(table, [DAY], given)
    rollups.rebuild(lake, [DAY])
    return lake


def test_another_zone_makes_the_same_rows_as_a_new_load(tmp_path: Path) -> None:
    lake = loaded(tmp_path / "a", "UTC")
    fresh = loaded(tmp_path / "b", "Asia/Tokyo")
    before = lake.scan(EXECUTIONS).collect()
    assert bring_up_to_date(lake, "Asia/Tokyo", 1, "r1") == (DAY,)
    for table in (EXECUTIONS, APPLIED_SETTINGS, *ROLLUPS):
        assert_frame_equal(lake.scan(table).collect(), fresh.scan(table).collect())
    assert not lake.scan(EXECUTIONS).collect().equals(before)


def test_the_same_zone_writes_nothing(tmp_path: Path) -> None:
    lake = loaded(tmp_path / "a", "UTC")
    files = lake.files(EXECUTIONS)
    assert bring_up_to_date(lake, "UTC", 1, "r1") == ()
    assert lake.files(EXECUTIONS) == files


def test_other_settings_of_reading_are_noted_and_rewrite_nothing(tmp_path: Path) -> None:
    lake = loaded(tmp_path / "a", "UTC")
    files = lake.files(EXECUTIONS)
    assert was_read_with(lake, "r1")
    assert bring_up_to_date(lake, "UTC", 1, "r2") == ()
    assert (was_read_with(lake, "r1"), was_read_with(lake, "r2")) == (False, True)
    assert lake.files(EXECUTIONS) == files


def test_other_rules_make_the_rollups_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = loaded(tmp_path / "a", "UTC")
    whole = lake.scan(TEST_DAYS).collect()
    lake.replace_days(TEST_DAYS, [DAY], TEST_DAYS.empty())
    monkeypatch.setattr(rollups, "VERSION", "another")
    assert bring_up_to_date(lake, "UTC", 1, "r1") == (DAY,)
    assert lake.scan(TEST_DAYS).collect().equals(whole)
