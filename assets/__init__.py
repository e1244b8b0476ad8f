"""Everything Dagster, and nothing else: assets, checks, schedules around the functions of pipelines/."""
