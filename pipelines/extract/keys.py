"""Keys whose text holds what looks like a secret: redacted like every text, but no two become one.

What belongs here: the mark that keeps such keys apart. What does not: the patterns (redact.py). A test that
is named `login[ann@example.com]` and one that is named `login[bob@example.com]` would otherwise be one test,
and of two executions with such an `_id` one would be lost.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.extract.batches import Refused
from pipelines.extract.documents import USER, Document
from pipelines.extract.fields import Kind
from pipelines.extract.people import People
from pipelines.extract.redact import redact_frame

_PEOPLE: Final = frozenset({"triggered_by", "owner_id"})


def with_safe_keys(document: Document, frame: pl.DataFrame, people: People) -> pl.DataFrame:
    """The decoded frame with its own keys and those it refers to made safe; people are left alone."""
    names = [name for name, kind in document.fields.items() if kind is Kind.REFERENCE and name not in _PEOPLE]
    return frame.with_columns(safe_keys(frame[name], people) for name in names)


def safe_ids(document: Document, frame: pl.DataFrame, people: People) -> pl.Series:
    """`_id` of documents as the quarantine names them: safe keys, and for accounts their surrogates."""
    if document.name != USER.name:
        return safe_keys(frame["_id"], people)
    pairs = frame.select("_id", "email").rows()
    people.link([[name for name in pair if name] for pair in pairs])  # before either has one of its own
    return people.replace(frame["_id"])


def safe_refused(document: Document, refused: Sequence[Refused], people: People) -> list[Refused]:
    """Refused documents under ids that may be kept; an account's own id is nowhere in them."""
    known = [one for one in refused if "_id" in one.readable]
    others = [one for one in refused if "_id" not in one.readable]  # named by their bytes or their place
    if not known:
        return others
    emails = [one.readable.get("email") for one in known]
    frame = pl.DataFrame(
        {"_id": [one.document_id for one in known], "email": emails},
        schema={"_id": pl.String, "email": pl.String},
    )
    hidden = frozenset({"_id", "email"}) if document.name == USER.name else frozenset[str]()
    safe = safe_ids(document, frame, people).fill_null("blank")
    return [*others, *(one.named(name, hidden) for one, name in zip(known, safe, strict=True))]


def is_marked(key: str) -> bool:
    """Whether `safe_keys` changed this key, so that no source knows it by this name."""
    return re.search(r"~[0-9a-f]{16}$", key) is not None


def safe_lists(lists: pl.Series, people: People) -> pl.Series:
    """Lists of keys, each key as `safe_keys` gives it."""
    flat = lists.explode(empty_as_null=False, keep_nulls=False)
    safe = safe_keys(flat, people)
    if flat.equals(safe):
        return lists
    changed = dict(zip(flat, safe, strict=True))
    return pl.Series(
        lists.name, [None if one is None else [changed[key] for key in one] for one in lists], lists.dtype
    )


def safe_keys(keys: pl.Series, people: People) -> pl.Series:
    """Keys in their redacted form, each of these with a random mark of its own that stays the same."""
    unique = keys.drop_nulls().unique().alias("key")
    clean = redact_frame(unique.to_frame())["key"]
    changed = pl.DataFrame({"key": unique, "clean": clean}).filter(pl.col("key") != pl.col("clean"))
    if changed.is_empty():
        return keys
    hidden = [f"key:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}" for key in changed["key"]]
    marks = people.surrogates(hidden)
    safe = [f"{text}~{marks[name]}" for text, name in zip(changed["clean"], hidden, strict=True)]
    return keys.replace(changed["key"], pl.Series(safe, dtype=pl.String))
