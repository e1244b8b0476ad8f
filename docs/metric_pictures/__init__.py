"""The pictures of docs/metrics.md, drawn from what our own functions say of small made-up histories.

What belongs here: which picture stands below which heading. What does not: what each shows (of_*.py).
`make docs` writes them to docs/pictures/metrics/; a test compares what lies there with what this gives.
"""

from collections.abc import Callable
from typing import Final

from docs.metric_pictures.of_breaks import regressions, segment_strip
from docs.metric_pictures.of_confidence import drivers, quality
from docs.metric_pictures.of_coverage import coverage, flake_cost, gaps, repair
from docs.metric_pictures.of_durations import cuts, quantiles, shifts
from docs.metric_pictures.of_failures import clusters, co_failures, patterns
from docs.metric_pictures.of_flakiness import flaky_ranking, label_history, renamed
from docs.metric_pictures.of_forecasts import next_run, pass_rates
from docs.metric_pictures.of_mixes import mix_effect
from docs.metric_pictures.of_pass_rates import control_chart, levels, trend_of_rate
from docs.metric_pictures.of_suites import flaky_pipelines, storm_grid
from docs.metric_pictures.of_times import capacity, step_shares, time_use, weighed_use

PICTURES: Final[dict[str, Callable[[], str]]] = {
    "met_flakiness": flaky_ranking,
    "met_segments": segment_strip,
    "met_regressions": regressions,
    "met_label_history": label_history,
    "met_suite_flakiness": flaky_pipelines,
    "met_infra_storms": storm_grid,
    "met_pass_rate_trend": trend_of_rate,
    "met_pass_rate_control": control_chart,
    "met_pass_rate_segments": levels,
    "met_mix_effect": mix_effect,
    "met_duration_quantiles": quantiles,
    "met_duration_shift": shifts,
    "met_duration_cuts": cuts,
    "met_time_use": time_use,
    "met_step_time": step_shares,
    "met_resource_use": weighed_use,
    "met_capacity": capacity,
    "met_coverage": coverage,
    "met_coverage_gaps": gaps,
    "met_repair_times": repair,
    "met_flake_cost": flake_cost,
    "met_failure_clusters": clusters,
    "met_co_failures": co_failures,
    "met_patterns": patterns,
    "met_forecast_next_run": next_run,
    "met_forecast_pass_rate": pass_rates,
    "met_release_confidence": drivers,
    "met_quality_score": quality,
    "renamed_tests": renamed,
}
