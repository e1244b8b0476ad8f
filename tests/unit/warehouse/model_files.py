"""Small model files that are right, and a build of them: tests change one line and see what is said.

What belongs here: texts of models and how they are put on disk and run. What does not: expectations.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from warehouse.build import WarehouseBuild
from warehouse.connection import open_build
from warehouse.models import LAYERS, load_models
from warehouse.policy import BuildPolicy
from warehouse.tables import TESTS

AS_OF: Final = datetime(2026, 3, 31, tzinfo=UTC)

STAGING: Final = """-- model:   stg_things
-- grain:   one row per test_key
-- inputs:  lake_tests
-- units:   none
-- owner:   us
select
        test_key,
        test_name
from lake_tests
"""
FACT: Final = """-- model:   fct_things
-- grain:   one row per test_key
-- inputs:  stg_things
-- units:   none
-- rules:   all
--          things
-- owner:   us
with final as (
    select
        test_key,
        test_name
    from stg_things
)

select * from final
"""
METRIC: Final = """-- model:   met_things
-- grain:   one row per test_key
-- inputs:  fct_things
-- units:   thing_count = things
-- columns: thing_count = Things, counted
-- owner:   us
select test_key, count(*) as thing_count from fct_things group by all
"""
CHECK: Final = """-- model:   chk_names_are_given
-- grain:   one row per test_key
-- inputs:  fct_things
-- units:   none
-- severity: blocking
-- owner:   us
select test_key from fct_things where test_name = ''
"""


def write_models(folder: Path, **models: str) -> Path:
    """One model file per layer below folder/sql, named as its header says it is."""
    root = folder / "sql"
    for layer in LAYERS:
        (root / layer).mkdir(parents=True, exist_ok=True)
    (root / "macros.sql").write_text("")
    known = {"marts": "fct_things", "intermediate": "stg_things"}
    for layer, text in models.items():
        name = known.get(layer) or text.split("\n", 1)[0].split()[-1]
        (root / layer / f"{name}.sql").write_text(text)
    return root


def build_of(root: Path, tests: list[tuple[str | None, str]]) -> duckdb.DuckDBPyConnection:
    """Every model below root, run over tests of these keys and names."""
    connection = open_build(None, threads=1, memory_limit_mb=512)
    build = WarehouseBuild(connection)
    build.start(AS_OF, BuildPolicy(), root)
    build.attach_lake({})
    frame = pl.DataFrame(tests, schema={"test_key": pl.String, "test_name": pl.String}, orient="row")
    rows = pl.concat([TESTS.empty(), frame], how="diagonal").to_arrow()
    connection.register("given", rows)
    connection.execute("drop view lake_tests")
    connection.execute("create temp table lake_tests as from given")
    build.run(load_models(root))
    return connection
