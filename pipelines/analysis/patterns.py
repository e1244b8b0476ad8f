"""How failures depend on a factor: one level against the others, or several levels at once.

What belongs here: the tests of statistics.md 5.4 on counts of many tests at once. What does not: which counts
there are (ana_patterns.sql), and families and findings (patterns_table.py).
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.stats import binom, chi2

from pipelines.analysis.intervals import Floats, fishers_worse

LEAST_EXPECTED: Final = 5.0
"""Below that in any cell the distribution of chi-square is not to be trusted (Cochran 1954)."""

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LevelsTests:
    """Per test: whether failures differ between the levels of a factor, and which level is the worst."""

    p: Floats
    """NaN where there is nothing to compare: one level, or all runs with one outcome."""
    worst: Ints
    """The level with the smallest one-sided p, the first of several."""
    is_chi_square: Flags
    """Whether p is chi-square's, else Fisher's of the worst level, times the levels with runs."""


def levels_tests(failed: Ints, total: Ints) -> LevelsTests:
    """Of a row per test and a column per level; which of the two tests is asked follows from the margins."""
    all_failed, all_total = failed.sum(axis=1, keepdims=True), total.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.stack([total * all_failed, total * (all_total - all_failed)]) / all_total
        parts = (np.stack([failed, total - failed]) - expected) ** 2 / expected
    has_runs = total > 0
    level_count = has_runs.sum(axis=1)
    statistic = np.where(has_runs, parts.sum(axis=0), 0.0).sum(axis=1)
    least = np.where(has_runs, expected.min(axis=0), np.inf).min(axis=1, initial=np.inf)
    chances = np.where(has_runs, level_chances(failed, total, all_failed, all_total), 2.0)
    worst = chances.argmin(axis=1)
    is_chi_square = least >= LEAST_EXPECTED
    of_worst = np.minimum(1.0, chances.min(axis=1) * level_count)
    p = np.where(is_chi_square, chi2.sf(statistic, np.maximum(level_count - 1, 1)), of_worst)
    is_told = (level_count > 1) & (all_failed > 0)[:, 0] & (all_failed < all_total)[:, 0]
    return LevelsTests(np.where(is_told, p, np.nan), worst, is_chi_square)


def level_chances(failed: Ints, total: Ints, all_failed: Ints, all_total: Ints) -> Floats:
    """One-sided Fisher of each level against all other runs of its test."""
    other_failed = all_failed - failed
    return fishers_worse(failed, total - failed, other_failed, all_total - total - other_failed)


def best_chances(total: Ints, all_failed: Ints, all_total: Ints) -> Floats:
    """The smallest p that `level_chances` could give: its runs failed, as far as there are failures.

    It knows nothing of how many did, so that to leave out levels that could not be found biases none of the
    others (Tarone 1990).
    """
    return level_chances(np.minimum(total, all_failed), total, all_failed, all_total)


def chances_of_all(hits: Ints, total: Ints) -> Floats:
    """Chance of so many hits or more, were a hit as likely as none."""
    return np.asarray(binom.sf(hits - 1, total, 0.5), np.float64)
