"""Every lake table with its grain, every column with type, unit and meaning: the one place to declare one.

What belongs here: the lists of tables; the declarations stand in the modules below, by what they are about.
What does not: how rows come to be (pipelines/transform) and where they are stored (lake.py). The columns'
meanings become the comments of the warehouse catalog.
"""

from typing import Final

from warehouse.tables.bookkeeping import (
    APPLIED_SETTINGS,
    DECLARED_TOTALS,
    QUARANTINE,
    SOURCE_DAYS,
    SOURCE_FILES,
)
from warehouse.tables.catalog import ITEMS, SUITES, TESTS, USERS
from warehouse.tables.executions import ATTEMPTS, EXECUTIONS, STATE_CHANGES, STEPS
from warehouse.tables.histories import KPI_HISTORY, LABEL_HISTORY, REGRESSION_HISTORY
from warehouse.tables.rollups import STEP_DAYS, TEST_DAYS, TEST_POSITIONS

__all__ = [
    "APPLIED_SETTINGS",
    "ATTEMPTS",
    "BUILD_TABLES",
    "DAY_TABLES",
    "DECLARED_TOTALS",
    "EXECUTIONS",
    "HISTORY_TABLES",
    "ITEMS",
    "KPI_HISTORY",
    "LABEL_HISTORY",
    "LAKE_TABLES",
    "QUARANTINE",
    "REGRESSION_HISTORY",
    "ROLLUPS",
    "SOURCE_DAYS",
    "SOURCE_FILES",
    "STATE_CHANGES",
    "STEPS",
    "STEP_DAYS",
    "SUITES",
    "TESTS",
    "TEST_DAYS",
    "TEST_POSITIONS",
    "USERS",
    "WHOLE_TABLES",
]

ROLLUPS: Final = (TEST_DAYS, TEST_POSITIONS, STEP_DAYS)
"""Day tables that are computed from the other day tables of the same days."""

DAY_TABLES: Final = (EXECUTIONS, ATTEMPTS, STEPS, STATE_CHANGES, *ROLLUPS)
"""Tables partitioned by triggered_date, rewritten by touched days."""

WHOLE_TABLES: Final = (
    DECLARED_TOTALS,
    TESTS,
    SUITES,
    ITEMS,
    USERS,
    QUARANTINE,
    SOURCE_DAYS,
    SOURCE_FILES,
    APPLIED_SETTINGS,
)
"""Tables without partition, replaced whole."""

LAKE_TABLES: Final = (*DAY_TABLES, *WHOLE_TABLES)
"""Tables whose versions make up a generation of the lake."""

HISTORY_TABLES: Final = (KPI_HISTORY, LABEL_HISTORY, REGRESSION_HISTORY)
"""Tables that releases leave behind (history.py), in no generation of the lake."""

BUILD_TABLES: Final = (*LAKE_TABLES, *HISTORY_TABLES)
"""What a build can read."""
