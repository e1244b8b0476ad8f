"""What an execution is an execution of, and with which others it was started: keys with stated fallbacks.

What belongs here: expressions for test, suite, variant, project and invocation. What does not: lifting these
values out of documents (pipelines/extract, configured paths) and outcomes (executions.py).
"""

import polars as pl

from pipelines.transform.words import first_known, present

IDENTITY_TEXTS = (
    "execution_id",
    "parent_execution_id",
    "test_case_id",
    "test_suite_id",
    "triggered_by_key",
    "environment",
    "browser",
    "platform",
    "build_version",
    "project",
    "suite",
    "commit_id",
    "branch",
    "pipeline_id",
    "suite_run_id",
    "execution_agent",
)
"""Texts in which blank means unknown: a blank pipeline must not join all executions that have none."""


def with_identity(executions: pl.DataFrame, default_project: str) -> pl.DataFrame:
    """Adds test_key, suite_key, project, variant_key, invocation_key, invocation_source.

    Needs execution_type and bucket_date as the lake holds them.
    """
    is_suite_run = pl.col("execution_type") == "test_suite"
    named = executions.with_columns(present(name) for name in IDENTITY_TEXTS).with_columns(
        pl.col("project").fill_null(default_project),
        pl.when(~is_suite_run).then(pl.col("test_case_id")).alias("test_key"),
        pl.coalesce("suite", "test_suite_id").alias("suite_key"),
        pl.concat_str(_known("environment"), _known("browser"), _known("platform"), separator="|").alias(
            "variant_key"
        ),
    )
    key, source = _invocation(is_suite_run)
    return named.with_columns(key.alias("invocation_key"), source.alias("invocation_source"))


def _known(column: str) -> pl.Expr:
    return pl.col(column).fill_null("")


def _invocation(is_suite_run: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Key and source: the first that is known; a suite run without any of the first three is its own."""
    pipeline = pl.format("pipeline:{}|{}", pl.col("pipeline_id"), _known("suite_key"))
    own = pl.format("suite_run:{}", pl.col("execution_key"))
    suite_run = pl.format("suite_run:{}", pl.col("suite_run_id"))
    parent = pl.format("parent:{}", pl.col("parent_execution_id"))
    build = pl.format("build:{}|{}", pl.col("environment"), pl.col("build_version"))
    day = pl.format("day:{}|{}", _known("environment"), pl.col("bucket_date"))
    key, source = first_known(
        {
            "pipeline": pipeline,
            "suite_run": suite_run,
            "parent": parent,
            "own": pl.when(is_suite_run).then(own),
            "derived_build": build,
            "derived_day": day,
        }
    )
    return key, source.replace({"own": "suite_run"})
