"""`make bench`: every figure with its limit or peer, one line each; exit code 1 where a limit is exceeded.

What belongs here: the list. What does not: a measurement.
"""

from benchmarks.decoding import decoding
from benchmarks.labels import labels
from benchmarks.nights import nights
from benchmarks.reports import reports


def main() -> int:
    exceeded = 0
    for benchmark in (labels, decoding, nights, reports):
        for figure in benchmark():
            print(figure.line(), flush=True)
            exceeded += figure.limit_name == "limit" and figure.value > figure.limit
    return min(exceeded, 1)


if __name__ == "__main__":
    raise SystemExit(main())
