"""The pictures of docs/metrics.md, drawn from what our own functions say of small made-up histories.

What belongs here: which picture stands below which heading. What does not: what each shows (of_*.py).
`make docs` writes them to docs/pictures/metrics/; a test compares what lies there with what this gives.
"""

from collections.abc import Callable
from typing import Final

from docs.metric_pictures.of_breaks import regressions, segment_strip
from docs.metric_pictures.of_flakiness import flaky_ranking, label_history, renamed
from docs.metric_pictures.of_mixes import mix_effect
from docs.metric_pictures.of_pass_rates import control_chart, levels, trend_of_rate
from docs.metric_pictures.of_suites import flaky_pipelines, storm_grid

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
    "renamed_tests": renamed,
}
