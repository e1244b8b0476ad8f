"""The columnar side: lake tables, the DuckDB build, releases; knows nothing of MongoDB, Dagster, reports."""
