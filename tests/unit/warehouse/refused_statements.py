"""Statements that a release refuses, whoever asks: a connection in the process, or the command line.

What belongs here: the statements by what they try, and the files they reach for. What does not: how they are
asked and what is said (test_connection.py, tests/integration/test_readers.py).
In a statement {release} is the folder of the release, {table} a table of it with the text column {column},
and {elsewhere} a folder with the files of `plant`, in which it may write as well.
"""

from pathlib import Path
from typing import Final

import duckdb

SECRET: Final = "hidden"
"""What is in the planted files, as a value and as the name of a column; nobody may be shown it."""

WRITES: Final = (
    "copy (select 1) to '{elsewhere}/out.csv'",
    "copy {table} to '{elsewhere}/out.csv'",
    "copy (select {column} as a, 1 as b from {table}) to '{elsewhere}/out' (partition_by (b))",
    "copy {table} to '{release}/out.csv'",
    "copy {table} to '{release}/manifest.json'",
    "explain analyze copy {table} to '{elsewhere}/out.csv'",
    "/* select 1 */ copy {table} to '{elsewhere}/out.csv'",
    "-- select 1\ncopy {table} to '{elsewhere}/out.csv'",
    ";copy {table} to '{elsewhere}/out.csv'",
    "select 1; copy (select 1) to '{elsewhere}/out.csv'",
    "explain select 1; copy {table} to '{elsewhere}/out.csv'",
    "with more as (copy {table} to '{elsewhere}/out.csv') from more",
    "with more as (copy {table} to '{release}/out.csv') from more",
    "prepare stolen as copy {table} to '{elsewhere}/out.csv'; execute stolen",
    "export database '{elsewhere}/export'",
    "export database '{elsewhere}/export' (format parquet)",
    "attach '{elsewhere}/new.duckdb' as other; create table other.stolen as from {table}",
    "attach '{elsewhere}/other.duckdb' as other; create table other.stolen as from {table}",
    "pragma enable_profiling = 'json'; set profiling_output = '{elsewhere}/profile.json'; select 1",
)
"""Each writes a file for a plain read-only connection."""

WRITES_INTO_ITSELF: Final = tuple(
    f"with more as (copy (select 1) to '{{release}}/warehouse.duckdb{end}' {options}) from more"
    for end, options in (
        ("", "(format csv, use_tmp_file false)"),
        (".wal", ""),
        (".wal.checkpoint", ""),
        (".wal.recovery", ""),
    )
)
"""Each writes where DuckDB lets a connection without access to files write: beside what it has attached."""

READS: Final = (
    "from read_csv('{elsewhere}/secret.csv')",
    "from read_csv_auto('{elsewhere}/secret.csv')",
    "select * from read_text('{elsewhere}/secret.csv')",
    "from read_text(['{elsewhere}/secret.csv'])",
    "from read_blob('{elsewhere}/secret.csv')",
    "from read_blob('file://{elsewhere}/secret.csv')",
    "from read_json('{elsewhere}/secret.json')",
    "from read_ndjson('{elsewhere}/secret.json')",
    "from read_json_objects('{elsewhere}/secret.json')",
    "from read_parquet('{elsewhere}/secret.parquet')",
    "from parquet_scan('{elsewhere}/*.parquet')",
    "from parquet_schema('{elsewhere}/secret.parquet')",
    "from parquet_metadata('{elsewhere}/secret.parquet')",
    "from read_duckdb('{elsewhere}/other.duckdb')",
    "from sniff_csv('{elsewhere}/secret.csv')",
    "from '{elsewhere}/secret.csv'",
    "from '{elsewhere}/secret.parquet'",
    "(select * from '{elsewhere}/secret.csv')",
    "describe '{elsewhere}/secret.csv'",
    "summarize '{elsewhere}/secret.csv'",
    "from query_table('{elsewhere}/secret.csv')",
    "from query('from read_text(''{elsewhere}/secret.csv'')')",
    "from json_execute_serialized_sql(json_serialize_sql('from read_text(''{elsewhere}/secret.csv'')'))",
    "select (select content from read_text('{elsewhere}/secret.csv'))",
    "values ((select content from read_text('{elsewhere}/secret.csv')))",
    "with x as (from '{elsewhere}/secret.csv') from x",
    "with x as materialized (from read_text('{elsewhere}/secret.csv')) from x",
    "from {table}, lateral (from read_text('{elsewhere}/secret.csv'))",
    "explain analyze select * from '{elsewhere}/secret.csv'",
    "explain select * from '{elsewhere}/secret.csv'",
    "attach '{elsewhere}/other.duckdb' as other; from other.results",
    "create temp view stolen as from '{elsewhere}/secret.csv'; from stolen",
    "create temp macro stolen() as table from read_text('{elsewhere}/secret.csv'); from stolen()",
    "create temp table stolen (word varchar); copy stolen from '{elsewhere}/secret.csv'; from stolen",
    "set variable x = (select content from read_text('{elsewhere}/secret.csv')); select getvariable('x')",
    "prepare stolen as from '{elsewhere}/secret.csv'; execute stolen",
    "pivot '{elsewhere}/secret.csv' on hidden",
    "import database '{elsewhere}'; from stolen",
)
"""Each shows the secret to a plain read-only connection."""

OTHER_READS: Final = (
    "select * from glob('{elsewhere}/*')",
    "from glob('{release}/../../*')",
    "from read_text('{release}/manifest.json')",
    "from read_text('{release}/../../current.json')",
    "from read_parquet('{release}/../../lake/*/*/*.parquet')",
    "set variable x = (select content from read_text('{elsewhere}/secret.csv'))",
    "select 1 where exists (from read_text('{elsewhere}/secret.csv'))",
    "from read_csv('/dev/stdin')",
    "from read_text('/etc/passwd')",
    "from read_text('/proc/self/environ')",
    "from 'https://example.com/secret.csv'",
    "from 's3://bucket/secret.parquet'",
    "from sqlite_scan('{elsewhere}/other.sqlite', 'results')",
    "from read_xlsx('{elsewhere}/secret.xlsx')",
    "from duckdb_secrets()",
    "from which_secret('s3://bucket', 's3')",
    "from duckdb_extensions()",
    "from python_variable",
    "from sys.modules",
    "select getenv('HOME')",
    "set variable x = getenv('HOME')",
    ".read {elsewhere}/secret.csv",
)

CHANGES: Final = (
    "create table stolen as select 1",
    "create temp table stolen as select 1",
    "create table memory.main.stolen as from {table}",
    "create view stolen as select 1",
    "create or replace temp view {table} as select 1",
    "create macro stolen() as 1",
    "create temp macro stolen() as table select 1",
    "create sequence stolen",
    "create schema stolen",
    "create type stolen as enum ('a')",
    "create index stolen on {table} ({column})",
    "create secret stolen (type s3)",
    "create persistent secret stolen (type s3)",
    "insert into {table} from {table}",
    "with more as (insert into {table} from {table} returning {column}) select * from more",
    "with more as (delete from {table} returning {column}) from more",
    "with more as (update {table} set {column} = null returning {column}) from more",
    "update {table} set {column} = null",
    "delete from {table}",
    "truncate {table}",
    "merge into {table} using (select 1 as b) as other on true when matched then delete",
    "drop table {table}",
    "drop table if exists stolen",
    "alter table {table} add column stolen integer",
    "alter table {table} rename to stolen",
    "comment on table {table} is 'mine'",
    "copy {table} from '{elsewhere}/secret.csv'",
    "import database '{elsewhere}'",
    "copy from database release to memory",
)

SETTINGS: Final = (
    "set enable_external_access = true",
    "set global enable_external_access = true",
    "set lock_configuration = false",
    "set lock_configuration to false",
    "reset lock_configuration",
    "reset temp_directory",
    "reset variable x",
    "set memory_limit = '1TB'",
    "set session memory_limit = '1TB'",
    "set /* variable */ memory_limit = '1TB'",
    "set threads = 100",
    "set temp_directory = '{elsewhere}'",
    "set home_directory = '{elsewhere}'",
    "set secret_directory = '{elsewhere}'",
    "set file_search_path = '{elsewhere}'",
    "set allowed_paths = ['{elsewhere}/secret.csv']",
    "set allowed_directories = ['{elsewhere}']",
    "set python_enable_replacements = true",
    "set log_query_path = '{elsewhere}/log'",
    "set profiling_output = '{elsewhere}/profile.json'",
    "set schema = 'memory'",
    "set TimeZone = 'Europe/Berlin'",
    "pragma memory_limit = '1TB'",
    "pragma enable_profiling",
    "pragma database_list",
    "pragma add_parquet_key('k', '0123456789112345')",
    "pragma import_database('{elsewhere}')",
)

OTHERS: Final = (
    "attach '{elsewhere}/new.duckdb' as other",
    "attach '{elsewhere}/other.duckdb' as other (read_only)",
    "attach ':memory:' as other",
    "detach release",
    "use memory",
    "call pragma_version()",
    "call enable_logging()",
    "from enable_logging(storage = 'file', storage_config = {{'path': '{elsewhere}/log'}})",
    "call force_checkpoint('release')",
    "from force_checkpoint('release')",
    "install httpfs",
    "force install httpfs from '{elsewhere}'",
    "load httpfs",
    "load '{elsewhere}/stolen.duckdb_extension'",
    "update extensions",
    "checkpoint",
    "force checkpoint release",
    "vacuum",
    "vacuum analyze {table}",
    "analyze",
    "prepare stolen as select 1",
    "execute stolen",
    "deallocate stolen",
    "begin",
    "commit",
    "rollback",
    "explain analyze select 1",
    "explain (analyze) select 1",
    "explain (format json) select 1",
    "/* a */ explain -- b\n analyze select 1",
    "explain copy {table} to '{elsewhere}/out.csv'",
    "explain insert into {table} from {table}",
    "explain set memory_limit = '1TB'",
    "select 1; select 2",
    "from query('copy {table} to ''{elsewhere}/out.csv''')",
    "from query('select 1; copy {table} to ''{elsewhere}/out.csv''')",
    "set variable x = (copy {table} to '{elsewhere}/out.csv')",
    "select (with more as (copy {table} to '{release}/warehouse.duckdb.wal') from more)",
    "selec 1",
    "",
    ";",
    "-- select 1",
)

_WRITING: Final = "with more as (copy (select 1) to '{elsewhere}/out.csv') from more"

NESTED: Final = (
    f"select ({_WRITING})",
    f"from ({_WRITING})",
    f"select 1 union all ({_WRITING})",
    f"with outer_one as ({_WRITING}) from outer_one",
    f"with a as (select 1), b as (select * from a where exists ({_WRITING})) from b",
    f"with recursive r as (select 1 as a union all select a + ({_WRITING}) from r where a < 3) from r",
    f"with a as materialized ({_WRITING}) from a",
    f"from {{table}}, lateral ({_WRITING})",
    f"select list_transform([1], lambda x: x + ({_WRITING}))",
    f"select [x for x in [1] if x = ({_WRITING})]",
    f"select {{{{'a': ({_WRITING})}}}}",
    f"select case when true then ({_WRITING}) end",
    f"select 1 order by ({_WRITING})",
    f"select 1 limit ({_WRITING})",
    f"select count(*) filter (({_WRITING}) = 1) over (order by ({_WRITING})) from {{table}}",
    f"select {{column}} from {{table}} qualify row_number() over (order by ({_WRITING})) = 1",
    f"select columns(lambda name: name = ({_WRITING})) from {{table}}",
    f"values (({_WRITING}))",
    f"from range(({_WRITING}))",
    f"pivot ({_WRITING}) on count in (1) using sum(count)",
    f"unpivot ({_WRITING}) on count",
    f"describe {_WRITING}",
    f"summarize ({_WRITING})",
    f"set variable x = ({_WRITING})",
    f'set variable "a = 1" to ({_WRITING})',
    f"set variable x -- \r = 1\n = ({_WRITING})",
    f"explain {_WRITING}",
    f"explain analyze {_WRITING}",
    f"-- \r explain select 1 as \n explain analyze {_WRITING}",
    f"/* /* */ explain select 1 */ explain {_WRITING}",
    f"explain select ({_WRITING})",
    f"prepare stolen as {_WRITING}",
)
"""COPY where only the parsed query shows it."""

_AS_TEXT: Final = _WRITING.replace("'", "''")

RUN_AS_TEXT: Final = (
    f"from query('{_AS_TEXT}')",
    f"from json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}'))",
    f"from json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}')::json)",
    f"from system.main.\"Json_Execute_Serialized_Sql\"(json_serialize_sql('{_AS_TEXT}'))",
    f"explain from json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}'))",
    f"set variable x = (from json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}')))",
    f"describe from json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}'))",
    f"pragma json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}'))",
    f"call json_execute_serialized_sql(json_serialize_sql('{_AS_TEXT}'))",
    "from query('from json_exe' || 'cute_serialized_sql(json_serialize_sql(''select 1''))')",
    "from query(getvariable('x'))",
    "from query('select 1')",
    "from main.Query('select 1')",
    f"from query_table('{_AS_TEXT}')",
    f"from query_table('({_AS_TEXT})')",
)
"""The same, or anything, as a text that a function would run."""

REFUSED: Final = (
    *WRITES_INTO_ITSELF,
    *NESTED,
    *RUN_AS_TEXT,
    *WRITES,
    *READS,
    *OTHER_READS,
    *CHANGES,
    *SETTINGS,
    *OTHERS,
)


def plant(elsewhere: Path) -> Path:
    """A folder with files that hold the secret."""
    elsewhere.mkdir(parents=True, exist_ok=True)
    (elsewhere / "secret.csv").write_text(f"{SECRET}\n{SECRET}\n")
    (elsewhere / "secret.json").write_text(f'{{"{SECRET}": "{SECRET}"}}\n')
    (elsewhere / "schema.sql").write_text(f"create temp table stolen as select '{SECRET}' as {SECRET};\n")
    (elsewhere / "load.sql").write_text("")
    with duckdb.connect(str(elsewhere / "other.duckdb")) as connection:
        connection.execute(f"create table results as select '{SECRET}' as {SECRET}")
        connection.execute(f"copy results to '{elsewhere}/secret.parquet'")
    return elsewhere


def filled(statement: str, *, release: Path, elsewhere: Path, table: str, column: str) -> str:
    """The statement about these places."""
    return statement.format(release=release, elsewhere=elsewhere, table=table, column=column)


def state_of(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
