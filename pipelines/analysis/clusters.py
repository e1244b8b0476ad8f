"""What failures have in common: the fingerprint of a message, and two tests that fail together.

What belongs here: the formulas of statistics.md 5.1 and 5.3 on one text and on counts. What does not: which
near-duplicates are one cluster (cluster_merges.py), which pairs are looked at (co_failures_table.py), and the
masks, which transform uses on every row (transform/fingerprints.py).
"""

import math
from dataclasses import dataclass

from scipy.stats import hypergeom

from pipelines.transform.fingerprints import Fingerprint, fingerprint, trace_fingerprint

__all__ = ["CoFailure", "Fingerprint", "co_failure", "fingerprint", "trace_fingerprint"]


@dataclass(frozen=True, slots=True)
class CoFailure:
    """How far two tests fail together; null where the counts leave it undefined."""

    jaccard: float | None
    """Runs in which both failed, of those in which at least one did."""
    lift: float | None
    """How many times as often as if the one knew nothing of the other."""
    phi: float | None
    """Correlation of the two outcomes, −1 to 1."""
    p: float | None
    """One-sided: as many common failures or more by chance, given how often each failed."""


def co_failure(n: int, a: int, b: int, ab: int) -> CoFailure:
    """Of n runs that executed both tests, a in which the first failed, b the second, ab both.

    p is the upper tail of the hypergeometric distribution, Fisher's exact test (statistics.md 5.3). Raises
    ValueError for counts that no runs can give.
    """
    if not max(0, a + b - n) <= ab <= min(a, b) or max(a, b) > n:
        raise ValueError(f"No {n} runs have {a} and {b} failures, {ab} of them common.")
    either, spread = a + b - ab, a * (n - a) * b * (n - b)
    return CoFailure(
        jaccard=ab / either if either else None,
        lift=ab * n / (a * b) if a and b else None,
        phi=(n * ab - a * b) / math.sqrt(spread) if spread else None,
        p=float(hypergeom.sf(ab - 1, n, a, b)) if n else None,
    )
