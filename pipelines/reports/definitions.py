"""Which reports there are: names, titles and sections, with how each section's numbers are made.

What belongs here: words about reports that hold for every release, printed on the page itself.
What does not: reading a release (sections/) and laying out a page (page.py, reports_templates/).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report and the printed answer to: how is this computed?"""

    key: str
    title: str
    tables: tuple[str, ...]
    definition: str
    method: str


@dataclass(frozen=True, slots=True)
class Report:
    """A report: `name` is the stem of its templates and of the files it writes."""

    name: str
    title: str
    sections: tuple[Section, ...]

    def section(self, key: str) -> Section:
        return next(section for section in self.sections if section.key == key)


NIGHTLY: Final = Report(
    name="nightly-quality",
    title="Nightly quality",
    sections=(
        Section(
            key="summary",
            title="Summary",
            tables=(
                "met_nights",
                "met_pass_rate_nightly",
                "met_changes_nightly",
                "met_test_time_nightly",
            ),
            definition="The night is the day up to the as-of: what ended in it, or began in it and is in "
            "flight. Nights before it end at the same time of day. Final pass rate = "
            "passed / decided; decided = passed (verified), failed, error, timed out; a pass after a "
            "failed attempt counts as passed. Executed share = executions that were run / all. Newly "
            "failing = failing this night and not at its previous decided night (it passed, or was never "
            "decided). Test time = sum of the durations of all executions of the night.",
            method="95% Wilson interval with the effective number of independent executions, stratified "
            "by suite and variant. The change of the pass rate is that of the same tests: (mended - newly "
            "failing that passed before) / tests × variants decided this night and on a night before; the "
            "rate itself also moves with which tests ran. Newly failing is held against the median and "
            "range of the last 7 nights, and grey within the range. Executed share and test time are held "
            "against each suite's own median of its last 7 nights, weighted by what ran this night. "
            "Changes of the pass rate and of test time have no interval and stay grey. Nights of infra "
            "storms count for no test in newly failing and mended.",
        ),
        Section(
            key="gates",
            title="Quality gates",
            tables=("met_nights", "met_kpis_nightly", "data_quality_results"),
            definition="A gate passes when the whole interval is on the good side of its limit and "
            "fails when the whole interval is on the bad side.",
            method="Anything else is INSUFFICIENT (the interval straddles the limit) or NO DATA "
            "(nothing was decided, or the night is stale or incomplete): never a pass.",
        ),
        Section(
            key="confidence",
            title="Can the newest build be trusted?",
            tables=("met_release_confidence", "met_release_confidence_drivers", "met_quality_score"),
            definition="Release confidence = chance that none of the required tests has a genuine failure at "
            "the newest build; every root cause counts once. Quality score = chance that a required test, "
            "drawn at random, gives a fresh, correct and healthy signal.",
            method="Bayes: before its attempts at the build a test is broken with 1 - (1 - hazard)^changes, "
            "after them as its failures and passes say, given its flake rate; tests that were not executed "
            "keep the first. Confidence is the product over root causes; low to high: hazards halved and "
            "doubled, lucky passes ten times as rare and as frequent. Uncalibrated: no outcome of a release "
            "is known.",
        ),
        Section(
            key="new_failures",
            title="Failures of the night, by cause",
            tables=(
                "met_failure_clusters",
                "met_failure_cluster_members",
                "met_co_failure_groups",
                "met_co_failure_summary",
                "fct_executions",
            ),
            definition="Executions that failed, broke or timed out this night, grouped by the fingerprint "
            "of their message and the failing step; wordings that are nearly alike are one cluster once "
            "their first week is over. New = no execution before this night was in the cluster. Tests fail "
            "together: in the same invocations of 90 days, more often than chance has it.",
            method="Fingerprint fp-v1: the message with times, ids, paths, addresses and numbers "
            "masked, hashed; merged at a cosine of 0.85 of word pairs. Ranked: new ones first, then by "
            "pipelines that failed with it. Pairs: hypergeometric test, false-discovery share 1% over all "
            "pairs of the project, at least twice as often as by chance; groups are what such pairs connect.",
        ),
        Section(
            key="broken",
            title="Broken and regressed tests",
            tables=("met_regressions", "met_flakiness", "met_segments", "dim_tests", "dim_variants"),
            definition="Broken = with a probability of 95% or more it has failed for a reason since it was "
            "last good. Regressed = it passes less often in the last 7 days than in the 30 before: 7 runs, 3 "
            "failures and a drop of more than 5 points at least; a run that fails and passes at the same "
            "commit counts as passed. An open regression keeps the basis of its opening. Days and limits are "
            "those of the default policy.",
            method="Segments: exact most probable cuts under a beta-binomial model; the window holds the cut "
            "with 99%, and names the builds or commits in it. Regressions: Fisher's one-sided exact test, "
            "false-discovery share 5% over the project (q), Newcombe's 95% interval of the drop; without a "
            "basis Wilson's interval against 95%. Protected branches, infra storms left out.",
        ),
        Section(
            key="flaky",
            title="Flaky tests",
            tables=("met_flakiness", "met_suite_flakiness", "met_label_history", "dim_tests", "dim_variants"),
            definition="A flake = a run that failed first though an attempt at the same commit passed, "
            "within 90 days and outside broken stretches. Flaky = flakes in 2 invocations or more, and a "
            "rate above 1%; rarely flaky = the rate is not proved; suspected = one flake, or one failure "
            "alone between commits that passed.",
            method="Rate and 95% interval by a beta prior over the tests of the project; Bayesian "
            "false-discovery share 5%. Grade A: retried, or several runs at a commit; B: a commit, one run; "
            "C: no commit, never called flaky. A run of all: 1 - product of (1 - rate).",
        ),
        Section(
            key="trend",
            title="Pass rate over time",
            tables=(
                "met_pass_rate_nightly",
                "met_pass_rate_trend",
                "met_pass_rate_control",
                "met_mix_effect",
            ),
            definition="Final pass rate per night, a day that ends at the as-of's time of day: of all suites "
            "that ran, and of each suite. The trend is of calendar days, each day's rate brought to one mix "
            "of tests.",
            method="95% Wilson interval: clustered by invocation within a suite, stratified over "
            "several. The line breaks at nights without executions. Hollow dots: fewer than 20 decided "
            "executions. Trend: Mann-Kendall, the larger p of it and of Hamed and Rao's correction, Sen's "
            "slope; improving or declining only with q ≤ 5% over the project and 1 point over the window. "
            "Worse days: Laney's chart and EWMA, baseline the 28 days before; of quiet days 1 to 4% are "
            "among them. Same tests: last 7 days less the 30 before, standardised by test; by the mix = the "
            "rest of the crude difference.",
        ),
        Section(
            key="forecasts",
            title="What to expect",
            tables=("met_forecast_pass_rate", "met_forecast_backtest", "met_forecast_threshold"),
            definition="The final pass rate of the next days on protected branches, shown for scopes alone "
            "whose forecasts of the last 28 days were better than the same day of the week before and than "
            "the mean of the history. A threshold date only where the trend declines.",
            method="Smoothed level and weekdays of the daily rate; 80% interval, widened by the errors of "
            "the 28 days before. Shown with a skill above 0 (95% block bootstrap) and 70 to 90% of the "
            "tested days within the interval. Threshold: Sen's slope and the ends of its interval, 60 days "
            "at most.",
        ),
        Section(
            key="stability",
            title="Least stable tests",
            tables=("met_test_stability", "met_test_history", "dim_tests", "dim_variants"),
            definition="One row per test and variant, one column per night; a cell shows the night's "
            "worst outcome, and ~ where the night saw both outcomes or a pass on retry.",
            method="Ranked by changes: nights with both outcomes, and nights unlike the decided one before "
            "them; then by failing nights. Infra storms left out. Counts within the window, no estimate.",
        ),
        Section(
            key="durations",
            title="Slower and slowest tests",
            tables=(
                "met_duration_shift",
                "met_duration_cuts",
                "met_step_time",
                "met_test_durations",
                "met_durations_nightly",
                "dim_tests",
                "dim_variants",
            ),
            definition="Slower = the last 20 passes took 5% and 250 ms longer, proved, than up to 60 "
            "before; a step: its daily medians of 7 days against 28, 5% and 50 ms. Slowest = tests by the "
            "median duration of their verified passes in the last 7 nights; per suite the quantiles of this "
            "night.",
            method="Ratio: Hodges-Lehmann with its 95% interval, Mann-Whitney, false-discovery share 5% "
            "over the project (q); means are never compared. Since = first day of the level of now, by "
            "change points. Quantiles are inverse CDF (rank ceil(p n)) of what was measured; infra storms "
            "and unverified passes (passed with a warning only) are left out; p95 needs 72 values. Tests "
            "with one passed execution are ranked too: see n and the range.",
        ),
        Section(
            key="failing",
            title="Failing tests",
            tables=("met_failing_tests_nightly", "fct_executions", "dim_variants"),
            definition="Every test and variant that failed, broke or timed out this night, with the "
            "night since which each decided night failed, infra storms passed over, within the last 60 "
            "days.",
            method="Newly failing first, then the shortest failing streak. The evidence is the newest "
            "failing execution of the night.",
        ),
        Section(
            key="coverage",
            title="Coverage and its gaps",
            tables=("met_coverage", "met_coverage_gaps", "met_coverage_pairs"),
            definition="Of the catalogue's tests that are neither archived nor deprecated those that ran "
            "within 14 days and 50 changes on a protected branch; skipped is not run. Fails = in a variant, "
            "at its last result.",
            method="Exact counts, no estimate. Gaps: breaks per change of the suite or feature, learnt from "
            "all of them where they are many, times the changes that unexecuted tests missed, times their "
            "share; the interval is that of the rate of breaks.",
        ),
        Section(
            key="storms",
            title="Infra storms",
            tables=("met_infra_storms",),
            definition="An invocation in which more than 80% of the tests fail that had passed at their "
            "previous decided run, of at least 20 such tests.",
            method="The share has Wilson's 95% interval. Executions of storms are counted and shown, but are "
            "in no flake rate, segment, regression, trend or duration.",
        ),
        Section(
            key="checks",
            title="Is the data right?",
            tables=("data_quality_results", "quarantine"),
            definition="Statements about our own data that were checked when the release was built.",
            method="A breached blocking check keeps a release from being published; a warning is shown "
            "here. Documents that could not be read are in quarantine, and in no other number.",
        ),
    ),
)

REPORTS: Final = (NIGHTLY,)
