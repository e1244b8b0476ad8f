"""Which execution a satellite row (step, state change, queue entry) belongs to.

What belongs here: turning `execution_ref` into `execution_number`, the row of the execution among those given
(sorted as the lake sorts days and keys), and back into lake columns: numbers sort and join several times
faster than 24 characters do. What does not: what is done with the rows.
"""

import polars as pl


def numbered(executions: pl.DataFrame) -> pl.DataFrame:
    """The executions sorted by triggered_date and execution_key, with execution_number from 0."""
    return executions.sort("triggered_date", "execution_key").with_row_index("execution_number")


def resolve(rows: pl.DataFrame, executions: pl.DataFrame) -> pl.DataFrame:
    """The rows with `execution_number` for `execution_ref`; those of no or several executions are left out.

    The source names an execution by its _id or by its execution_id, which it does not keep unique
    (source-schema.md 3, 4 and 12): _id wins, execution_id counts only where one given execution has it.
    """
    names = pl.concat([_by_key(executions), _by_id(executions)])
    return rows.join(names, on="execution_ref", how="inner").drop("execution_ref")


def with_execution(rows: pl.DataFrame, executions: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The rows with columns of their execution, which is looked up by its number."""
    return rows.with_columns(executions[name].gather(rows["execution_number"]) for name in columns)


def _by_key(executions: pl.DataFrame) -> pl.DataFrame:
    return executions.select(pl.col("execution_key").alias("execution_ref"), "execution_number")


def _by_id(executions: pl.DataFrame) -> pl.DataFrame:
    named = executions.select(pl.col("execution_id").alias("execution_ref"), "execution_number").drop_nulls()
    unique = named.filter(pl.col("execution_ref").is_unique())
    return unique.join(_by_key(executions), on="execution_ref", how="anti")
