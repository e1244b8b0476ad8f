"""Lake tables of what executions are executions of: tests, suites, items, people by surrogate; kept for ever.

What belongs here: declarations. What does not: how rows that vanished are kept
(pipelines/transform/catalog.py).
"""

from typing import Final

import polars as pl

from warehouse.schema import Column, Table
from warehouse.tables.columns import FIRST_SEEN, LAST_SEEN, text, time

TESTS: Final = Table(
    name="tests",
    grain=("test_key",),
    meaning="One row per test case ever seen; kept after it vanished at the source.",
    columns=(
        Column("test_key", pl.String, "The test case's _id as text."),
        text("test_name", "Title of the case, redacted."),
        text("status", "draft, active, deprecated or archived."),
        Column("is_archived", pl.Boolean, "Deleted softly at the source."),
        text("test_type", "generic, bdd or manual."),
        text("priority", "high, medium or low."),
        Column("tags", pl.List(pl.String), "Tags of the case, sorted."),
        text("owner_key", "Surrogate of the owner."),
        Column("item_keys", pl.List(pl.String), "Items the case is related to, sorted."),
        time("created_at", "When the case was created."),
        time("updated_at", "When the case was last edited."),
        FIRST_SEEN,
        LAST_SEEN,
    ),
)

SUITES: Final = Table(
    name="suites",
    grain=("suite_key",),
    meaning="One row per suite ever seen; kept after it vanished at the source.",
    columns=(
        Column("suite_key", pl.String, "The suite's _id as text."),
        text("suite_name", "Title of the suite, redacted."),
        text("status", "draft, active or archived."),
        Column("is_archived", pl.Boolean, "Deleted softly at the source."),
        text("priority", "high, medium or low."),
        Column("tags", pl.List(pl.String), "Tags of the suite, sorted."),
        text("owner_key", "Surrogate of the owner."),
        Column("item_keys", pl.List(pl.String), "Items of the suite that are not skipped, in its order."),
        time("created_at", "When the suite was created."),
        time("updated_at", "When the suite was last edited."),
        FIRST_SEEN,
        LAST_SEEN,
    ),
)

ITEMS: Final = Table(
    name="items",
    grain=("item_key",),
    meaning="One row per test item ever seen; kept after it vanished at the source.",
    columns=(
        Column("item_key", pl.String, "The item's _id as text."),
        text("item_name", "Title of the item, redacted."),
        text("feature_key", "The feature the item belongs to."),
        text("scenario_key", "The scenario the item belongs to."),
        text("status", "draft, active or archived."),
        text("test_type", "generic, bdd or manual."),
        Column("tags", pl.List(pl.String), "Tags of the item, sorted."),
        text("owner_key", "Surrogate of the person who created it."),
        time("created_at", "When the item was created."),
        time("updated_at", "When the item was last edited."),
        FIRST_SEEN,
        LAST_SEEN,
    ),
)

USERS: Final = Table(
    name="users",
    grain=("person_key",),
    meaning="One row per user account ever seen, by surrogate; names and addresses are not kept here.",
    columns=(
        Column("person_key", pl.String, "Random surrogate of the person."),
        Column("is_active", pl.Boolean, "Whether the account is active.", nullable=True),
        time("created_at", "When the account was created."),
        FIRST_SEEN,
        LAST_SEEN,
    ),
)
