"""Frames on disk between extract and transform: Parquet files of one night, thrown away after it.

What belongs here: writing and reading them. What does not: raw documents; only typed, redacted frames with
surrogates for people come here, so that a killed night leaves nothing that should not be kept.
"""

import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse.schema import Table
from warehouse.storage import storage_errors


@dataclass(frozen=True, slots=True)
class Spool:
    """One folder; files are numbered in reading order, so that the newest copy of a row stands last."""

    root: Path

    def clear(self) -> None:
        """Begins anew; what a killed night left is dropped."""
        with storage_errors("write", self.root):
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir(parents=True)

    def write(self, table: Table, number: int, frame: pl.DataFrame) -> None:
        if frame.is_empty():
            return
        folder = self.root / table.name
        with storage_errors("write", folder):
            folder.mkdir(exist_ok=True)
            # Not straight into the file: of a full disk Polars says no more than "transport error".
            content = io.BytesIO()
            frame.write_parquet(content, compression="zstd", compression_level=1)
            (folder / f"{number:08d}.parquet").write_bytes(content.getbuffer())

    def scan(self, table: Table) -> pl.LazyFrame:
        files = sorted((self.root / table.name).glob("*.parquet"))
        return pl.scan_parquet(files) if files else pl.LazyFrame(schema=table.schema)
