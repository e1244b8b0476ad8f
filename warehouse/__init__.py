"""The columnar side: lake tables, the DuckDB build, releases. Knows nothing of MongoDB, Dagster or reports."""
