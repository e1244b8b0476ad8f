"""What executions are executions of: cases, suites, items, and the accounts of people, as rows.

What belongs here: flattening these documents to the lake's tables (without first and last sight). What does
not: keeping rows that vanished (pipelines/transform/catalog.py).
"""

import polars as pl

from pipelines.extract.documents import CASE, ITEM, SUITE
from pipelines.extract.keys import safe_lists, with_safe_keys
from pipelines.extract.people import People
from pipelines.extract.redact import redact_frame


def _sorted_texts(column: pl.Expr) -> pl.Expr:
    return column.fill_null([]).list.drop_nulls().list.unique().list.sort()


def _plain(frame: pl.DataFrame, people: People, columns: dict[str, pl.Expr | str]) -> pl.DataFrame:
    rows = frame.select(**columns)
    if "item_keys" in columns:
        rows = rows.with_columns(safe_lists(rows["item_keys"], people))
    return redact_frame(_newest(rows))


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key, the first column: the newest, of equally new ones the larger, whatever their order.

    owner_key compares last: it is random, so another home has another one.
    """
    key, *others = rows.columns
    if not rows[key].is_duplicated().any():
        return rows
    clock = pl.coalesce(*(name for name in ("updated_at", "created_at") if name in others))
    others.sort(key=lambda name: name == "owner_key")
    texts = [
        pl.col(name).list.join("\n") if rows.schema[name] == pl.List(pl.String) else pl.col(name)
        for name in others
    ]
    newest_last = rows.sort(clock, *texts, nulls_last=False)
    return newest_last.unique(key, keep="last", maintain_order=True)


def tests(frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """Test cases; one row per test_key."""
    return _plain(
        with_safe_keys(CASE, frame, people).with_columns(owner_key=people.replace(frame["owner_id"])),
        people,
        {
            "test_key": "_id",
            "test_name": "title",
            "status": pl.col("status").str.to_lowercase(),
            "is_archived": _is_archived(),
            "test_type": pl.col("test_type").str.to_lowercase(),
            "priority": pl.col("priority").str.to_lowercase(),
            "tags": _sorted_texts(pl.col("tags")),
            "owner_key": "owner_key",
            "item_keys": _sorted_texts(pl.col("related_test_items")),
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
    )


def suites(frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """Suites; one row per suite_key. The service writes `suite_items`, the model says `items`."""
    return _plain(
        with_safe_keys(SUITE, frame, people).with_columns(owner_key=people.replace(frame["owner_id"])),
        people,
        {
            "suite_key": "_id",
            "suite_name": "title",
            "status": pl.col("status").str.to_lowercase(),
            "is_archived": _is_archived(),
            "priority": pl.col("priority").str.to_lowercase(),
            "tags": _sorted_texts(pl.col("tags")),
            "owner_key": "owner_key",
            "item_keys": _listed_items(),
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
    )


def _is_archived() -> pl.Expr:
    """Soft deletion has two forms: a flag beside an unchanged status, or the status itself."""
    by_status = pl.col("status").str.to_lowercase() == "archived"
    return pl.any_horizontal("is_archived", by_status).fill_null(value=False)


def _listed_items() -> pl.Expr:
    """Items of a suite that are not skipped, in its order."""
    has_stored_form = pl.col("suite_items").list.len() > 0
    listed = pl.when(has_stored_form).then("suite_items").otherwise("items").fill_null([])
    item = pl.element().struct.field
    ordered = (
        pl.element()
        .filter(item("skip").fill_null(value=False).not_())
        .sort_by(item("order").filter(item("skip").fill_null(value=False).not_()), maintain_order=True)
    )
    return listed.list.eval(ordered.struct.field("test_item_id")).list.drop_nulls()


def items(frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """Items; one row per item_key. Their times and owner stand under `audit`."""
    audit, metadata = pl.col("audit").struct.field, pl.col("metadata").struct.field
    owners = frame.select(audit("created_by_user_id")).to_series()
    return _plain(
        with_safe_keys(ITEM, frame, people).with_columns(owner_key=people.replace(owners)),
        people,
        {
            "item_key": "_id",
            "item_name": "title",
            "feature_key": "feature_id",
            "scenario_key": "scenario_id",
            "status": metadata("status").str.to_lowercase(),
            "test_type": pl.col("test_type").str.to_lowercase(),
            "tags": _sorted_texts(metadata("tags")),
            "owner_key": "owner_key",
            "created_at": audit("created_at"),
            "updated_at": audit("updated_at"),
        },
    )


def users(frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """Accounts by surrogate; an account's id and its address are one person from here on."""
    pairs = frame.select("_id", "email").rows()
    people.link([[name for name in pair if name] for pair in pairs])
    keys = people.replace(frame["_id"])
    rows = frame.select(person_key=keys, is_active="is_active", created_at="created_at")
    return _newest(rows)
