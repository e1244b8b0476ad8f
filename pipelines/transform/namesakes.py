"""Names that tell no single execution: the source does not keep execution_id unique (source-schema.md 3, 12).

What belongs here: the same judgement over all executions read and all in the lake, whatever group of days or
night they are in. What does not: joining companions to executions (references.py, merge.py).
"""

import polars as pl

from pipelines.extract.raw_tables import RAW_EXECUTIONS
from pipelines.extract.spool import Spool
from pipelines.transform.executions import CHANGE_TIMES, with_changed_at
from warehouse.lake import Lake
from warehouse.tables import EXECUTIONS

KEY = "execution_key"


def namesakes(lake: Lake, read: pl.DataFrame) -> frozenset[str]:
    """Lake executions that a name of one of those read (execution_key, execution_id) means too.

    The names these had before count as well: who joins or leaves a name decides whose its companions are.
    """
    given, standing = read.lazy(), _standing(lake)
    former = standing.join(given.select(KEY), on=KEY, how="semi").select(name="execution_id")
    names = (
        pl.concat([given.select(name=KEY), given.select(name="execution_id"), former]).drop_nulls().unique()
    )
    others = standing.join(names, left_on="execution_id", right_on="name", how="semi")
    found = others.join(given.select(KEY), on=KEY, how="anti").collect(engine="streaming")
    return frozenset(found[KEY])


def misleading_names(lake: Lake, spool: Spool) -> pl.DataFrame:
    """Each execution_id (as execution_ref) that several executions bear, or that is another one's key."""
    copies = with_changed_at(spool.scan(RAW_EXECUTIONS).select(KEY, "execution_id", *CHANGE_TIMES).collect())
    newest = copies.sort(KEY, "changed_at", "execution_id").unique(KEY, keep="last", maintain_order=True)
    read = newest.lazy().select(KEY, "execution_id")
    names = read.select("execution_id").drop_nulls().unique()
    known = pl.concat([read, _standing(lake).join(read, on=KEY, how="anti")])
    bearers = known.join(names, on="execution_id", how="semi")
    owners = known.join(names, left_on=KEY, right_on="execution_id", how="semi").select(owner=KEY)
    shared = bearers.group_by("execution_id").len().filter(pl.col("len") > 1)
    borrowed = bearers.join(owners, left_on="execution_id", right_on="owner").filter(
        pl.col(KEY) != pl.col("execution_id")
    )
    both = pl.concat([shared.select("execution_id"), borrowed.select("execution_id")]).unique()
    return both.rename({"execution_id": "execution_ref"}).collect(engine="streaming")


def _standing(lake: Lake) -> pl.LazyFrame:
    return lake.scan(EXECUTIONS).select(KEY, "execution_id")
