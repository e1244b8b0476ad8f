"""A release with its facts as views over the lake says what the same release says with them as tables."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipelines.gates.evaluate import evaluate
from pipelines.gates.rules import read_rules
from pipelines.reports.nightly import read_nightly
from tests.unit.reports.report_rows import AS_OF
from tests.unit.warehouse.fact_homes import (
    AS_TABLES,
    AS_VIEWS,
    FACT_NAMES,
    FACT_TABLES,
    files_of,
    home_of,
    released,
    request_of,
)
from warehouse.connection import ReleaseConnection, open_release
from warehouse.policy import BuildPolicy
from warehouse.registers import Alias
from warehouse.releases import Release, build_release, open_draft
from warehouse.requests import Limits

CATALOG = [
    """
    select table_name, column_name, data_type, comment from duckdb_columns()
    where not internal and schema_name = 'main' order by all
    """,
    """
    select table_name, comment from duckdb_tables() where schema_name = 'main'
    union all
    select view_name, comment from duckdb_views() where not internal
    order by all
    """,
    "select column_name, column_type from (describe fct_executions)",
    "show tables",
]

Both = tuple[Release, Release]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    home = home_of(tmp_path_factory.mktemp("home"))
    return released(home, AS_TABLES), released(home, AS_VIEWS)


@pytest.fixture
def readers(both: Both) -> Iterator[tuple[ReleaseConnection, ReleaseConnection]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(open_release(both[0].folder)),
            stack.enter_context(open_release(both[1].folder)),
        )


def test_counts_and_checksums_are_the_same(both: Both) -> None:
    tables, views = both[0].manifest, both[1].manifest
    assert tables.fact_views is None
    assert views.fact_views is not None
    assert [view.name for view in views.fact_views.views] != []
    assert tables.row_counts == views.row_counts
    assert min(tables.row_counts[name] for name in FACT_NAMES) > 0
    changed = {name for name, text in tables.row_checksums.items() if views.row_checksums[name] != text}
    assert changed == {"release_info"}


def test_every_row_is_the_same(both: Both, readers: tuple[ReleaseConnection, ReleaseConnection]) -> None:
    for name in both[0].manifest.row_counts.keys() - {"release_info"}:
        query = f"from {name} order by all"
        assert readers[0].query(query) == readers[1].query(query), name


def test_gates_and_report_say_the_same(
    both: Both, readers: tuple[ReleaseConnection, ReleaseConnection]
) -> None:
    rules = read_rules()
    assert evaluate(readers[0], rules) == evaluate(readers[1], rules)
    said = [repr(read_nightly(release.folder, ())).replace(release.release_id, "") for release in both]
    assert said[0] == said[1]


def test_the_catalog_explains_views_as_it_explains_tables(
    readers: tuple[ReleaseConnection, ReleaseConnection],
) -> None:
    for query in CATALOG:
        assert readers[0].query(query) == readers[1].query(query), query


def test_the_file_holds_tables_only_and_none_of_the_facts(
    readers: tuple[ReleaseConnection, ReleaseConnection],
) -> None:
    held = "select table_name from duckdb_tables() where starts_with(table_name, 'fct_')"
    assert readers[1].query(held).rows == [("fct_kpi_history",)]
    kept = "select count(*) from duckdb_views() where not internal and not temporary"
    assert readers[1].query(kept).rows == [(0,)]


def test_what_a_reader_sets_changes_no_fact(readers: tuple[ReleaseConnection, ReleaseConnection]) -> None:
    query = "from fct_executions order by all"
    before = readers[1].query(query)
    readers[1].query("set variable as_of = timestamptz '2000-01-01'")
    assert readers[1].query(query) == before


@pytest.mark.parametrize(("more", "is_held"), [(1, True), (0, False)])
def test_facts_are_tables_below_the_limit(tmp_path: Path, more: int, is_held: bool) -> None:
    home = home_of(tmp_path)
    in_lake = sum(
        pl.scan_parquet(file).select(pl.len()).collect().item()
        for table in FACT_TABLES
        for file in files_of(home, table)
    )
    release = released(home, Limits(threads=1, memory_limit_mb=512, fact_rows_in_release=in_lake + more))
    assert (release.manifest.fact_views is None) == is_held


@pytest.mark.parametrize(("seed", "limits"), [(0, AS_VIEWS), (1, AS_TABLES), (1, AS_VIEWS)])
def test_a_draft_that_begins_with_a_release_of_the_other_kind(both: Both, seed: int, limits: Limits) -> None:
    home = both[0].folder.parents[1]
    with open_draft(home, request_of(home), limits, seed=both[seed]) as draft:
        run = draft.build("fct_steps")
        assert run.row_count == both[0].manifest.row_counts["fct_steps"]
        assert draft.build("met_kpis_nightly").row_count == both[0].manifest.row_counts["met_kpis_nightly"]


def test_a_renamed_test_is_one_test_in_both(tmp_path: Path) -> None:
    home = home_of(tmp_path)
    alias = Alias("breaks", "newcomer", "Anna", AS_OF.date(), "moved")
    request = replace(request_of(home), policy=BuildPolicy(aliases=[alias]))
    found = []
    for limits in (AS_TABLES, AS_VIEWS):
        with open_release(build_release(home, request, limits).folder) as reader:
            keys = "select distinct recorded_test_key from fct_executions where test_key = 'newcomer'"
            found.append(reader.query("from fct_executions order by all"))
            assert sorted(reader.query(keys).rows) == [("breaks",), ("newcomer",)]
            assert reader.query("select stated_by from ref_test_aliases").rows == [("Anna",)]
    assert found[0] == found[1]
