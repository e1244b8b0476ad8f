"""`make bench`: every figure with its limit or peer, one line each; exit code 1 where a limit is exceeded.

What belongs here: the list. What does not: a measurement.
"""

from typing import Final

from benchmarks.analyses import analyses
from benchmarks.coverage import coverage
from benchmarks.decoding import decoding
from benchmarks.labels import labels
from benchmarks.latency import latency
from benchmarks.nights import nights
from benchmarks.regressed import regressed
from benchmarks.reports import reports

BENCHMARKS: Final = (labels, regressed, latency, coverage, analyses, decoding, nights, reports)


def main() -> int:
    exceeded = 0
    for benchmark in BENCHMARKS:
        for figure in benchmark():
            print(figure.line(), flush=True)
            exceeded += figure.limit_name == "limit" and figure.value > figure.limit
    return min(exceeded, 1)


if __name__ == "__main__":
    raise SystemExit(main())
