"""`make bench`: every figure with its limit or peer, one line each; exit code 1 where a limit is exceeded.

What belongs here: the list. What does not: a measurement.
"""

from typing import Final

from benchmarks.analyses import analyses
from benchmarks.clusters import clusters
from benchmarks.confidence import confidence
from benchmarks.coverage import coverage
from benchmarks.decoding import decoding
from benchmarks.durations import durations
from benchmarks.forecasts import forecasts
from benchmarks.labels import labels
from benchmarks.latency import latency
from benchmarks.nights import nights
from benchmarks.on_demand import on_demand
from benchmarks.patterns import patterns
from benchmarks.regressed import regressed
from benchmarks.reports import reports

BENCHMARKS: Final = (
    *(labels, regressed, latency, coverage),
    *(durations, clusters, patterns, forecasts, confidence),
    *(analyses, on_demand, decoding, nights, reports),
)


def main() -> int:
    exceeded = 0
    for benchmark in BENCHMARKS:
        for figure in benchmark():
            print(figure.line(), flush=True)
            exceeded += figure.limit_name == "limit" and figure.value > figure.limit
    return min(exceeded, 1)


if __name__ == "__main__":
    raise SystemExit(main())
