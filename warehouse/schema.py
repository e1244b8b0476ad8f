"""What a table is: columns with type, unit and meaning, and the grain that makes a row unique.

What belongs here: the Column and Table declarations and the check that a frame is what its table says.
What does not: the tables themselves (tables/) and how they are stored (lake.py).
"""

from dataclasses import dataclass

import polars as pl

from warehouse.errors import DataError

TIMESTAMP = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `unit` is null for text, keys and flags."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    unit: str | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A lake table: one row per `grain`, rows sorted by `order` inside a partition."""

    name: str
    grain: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    partition: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def sort_by(self) -> tuple[str, ...]:
        """A total order, since the grain is in it: the partition, the declared order, then the grain."""
        head = (self.partition,) if self.partition else ()
        return tuple(dict.fromkeys((*head, *self.order, *self.grain)))

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The declared columns in the declared types, nothing else looked at."""
        return frame.select(pl.col(name).cast(dtype) for name, dtype in self.schema.items())

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with exactly the declared columns, sorted; DataError where it breaks the declaration."""
        missing = [name for name in self.names if name not in frame.columns]
        if missing:
            raise DataError(f"Table {self.name}: columns missing: {', '.join(missing)}.")
        result = self.typed(frame)
        self._require_values(result)
        if result.select(self.grain).n_unique() != result.height:
            raise DataError(f"Table {self.name}: more than one row per {', '.join(self.grain)}.")
        return self._sorted(result)

    def _sorted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows in `sort_by` order; each partition by itself costs a fifth of one sort over all (5M rows)."""
        if self.partition is None:
            return frame.sort(self.sort_by, nulls_last=True)
        parts = sorted(frame.partition_by(self.partition, as_dict=True).items())
        inner = self.sort_by[1:]
        return pl.concat([frame.clear(), *(part.sort(inner, nulls_last=True) for _, part in parts)])

    def _require_values(self, frame: pl.DataFrame) -> None:
        required = [column.name for column in self.columns if not column.nullable]
        counts = frame.select(pl.col(required).null_count()).row(0, named=True)
        empty = [name for name, count in counts.items() if count]
        if empty:
            raise DataError(f"Table {self.name}: null in {', '.join(empty)}, declared as never null.")
