"""Tables without days: dimensions that keep what vanished, declared totals, quarantine, days as compared.

What belongs here: how a night's rows join the standing ones. What does not: reading them (pipelines/extract).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl

from pipelines.extract.batches import Refused
from pipelines.extract.documents import AGENT
from pipelines.extract.redact import redact_frame
from pipelines.transform.words import newest_copies
from warehouse.lake import Lake
from warehouse.schema import TIMESTAMP, Table
from warehouse.tables import DECLARED_TOTALS, QUARANTINE, SOURCE_DAYS, SOURCE_FILES

_PEOPLE_FIELDS = frozenset({"triggered_by", "owner_id", "email", "audit", AGENT})
"""Fields that name people, as the agent of a manual run may: left out of what the quarantine keeps."""


def keep_dimension(lake: Lake, table: Table, seen: pl.DataFrame, as_of: datetime) -> None:
    """Rows seen now replace theirs; rows not seen stay, with the time they were last seen at."""
    standing = lake.scan(table).collect()
    key = table.grain[0]
    moment = pl.lit(as_of, TIMESTAMP)
    first = pl.coalesce(pl.min_horizontal("first_seen_at", moment), moment)
    last = pl.coalesce(pl.max_horizontal("last_seen_at", moment), moment)
    sights = standing.select(key, "first_seen_at", "last_seen_at")
    fresh = seen.join(sights, on=key, how="left").with_columns(first_seen_at=first, last_seen_at=last)
    vanished = standing.join(seen, on=key, how="anti")
    lake.replace_table(table, pl.concat([vanished, table.typed(fresh)]))


def keep_totals(lake: Lake, read: pl.DataFrame) -> None:
    """Declared totals by key as read now; of copies read in one night the newest."""
    standing = lake.scan(DECLARED_TOTALS).collect()
    newest = newest_copies(DECLARED_TOTALS.typed(read), ["result_key"], "aggregated_at")
    rows = pl.concat([standing, newest])
    lake.replace_table(DECLARED_TOTALS, rows.unique("result_key", keep="last", maintain_order=True))


def keep_quarantine(
    lake: Lake, refused: Sequence[tuple[str, Refused]], mended: Sequence[tuple[str, str]], as_of: datetime
) -> None:
    """Refused documents come in; those that could be read (collection, document_id) go.

    Damage of a file goes too: every night meets it again while it is there.
    """
    standing = lake.scan(QUARANTINE).collect()
    kept = [(collection, one.without(_PEOPLE_FIELDS)) for collection, one in refused]
    rows = [
        {
            "collection": collection,
            "document_id": one.document_id,
            "reason": one.reason,
            "document_hash": one.document_hash,
            "readable_fields": one.readable_fields,
        }
        for collection, one in kept
    ]
    schema = {name: pl.String for name in QUARANTINE.names if name != "first_seen_at"}
    given = pl.DataFrame(rows, schema=schema)
    # The readable fields are redacted one by one: a pattern over all of them would break the JSON.
    fresh = redact_frame(given.drop("readable_fields")).with_columns(given["readable_fields"])
    fresh = fresh.unique(QUARANTINE.grain, keep="last", maintain_order=True)
    grain = list(QUARANTINE.grain)
    first_seen = pl.coalesce("first_seen_at", pl.lit(as_of, TIMESTAMP))
    sights = standing.select(*grain, "first_seen_at")
    dated = fresh.join(sights, on=grain, how="left").with_columns(first_seen)
    read = pl.DataFrame(mended, schema=dict.fromkeys(grain, pl.String), orient="row")
    is_damage = pl.col("document_id").str.starts_with(pl.col("collection") + ".bson")
    others = standing.filter(is_damage.not_())
    others = others.join(fresh, on=grain, how="anti").join(read, on=grain, how="anti")
    lake.replace_table(QUARANTINE, pl.concat([others, QUARANTINE.typed(dated)]))


def keep_source_days(
    lake: Lake, found: Sequence[pl.DataFrame], compared: Mapping[str, tuple[date, ...]]
) -> None:
    """Days compared whole this night replace theirs."""
    standing = lake.scan(SOURCE_DAYS).collect()
    for collection, days in compared.items():
        was_compared = (pl.col("collection") == collection) & pl.col("document_date").is_in(list(days))
        standing = standing.filter(was_compared.not_())
    lake.replace_table(SOURCE_DAYS, pl.concat([standing, *found]))


def keep_source_files(lake: Lake, content_hashes: Mapping[str, str]) -> None:
    """Hashes of files read now replace theirs."""
    known = dict(lake.scan(SOURCE_FILES).collect().rows()) | dict(content_hashes)
    rows = list(known.items())
    lake.replace_table(SOURCE_FILES, pl.DataFrame(rows, schema=SOURCE_FILES.schema, orient="row"))
