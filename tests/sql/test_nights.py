"""The night: which executions are of it, how fresh it is, its figures per scope, what failed on it.

What belongs here: met_*_nightly and fct_kpi_history. What does not: intervals (test_pass_rates.py).
"""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.sql.workbench import AS_OF, Row, Workbench
from warehouse.connection import open_build
from warehouse.policy import BuildPolicy

YESTERDAY = AS_OF - timedelta(days=1)
BEFORE = AS_OF - timedelta(days=2)
NEXT_NIGHT = AS_OF + timedelta(days=1)


def runs(outcomes: str, **changes: object) -> list[Row]:
    """One execution per letter: p passed, f failed, s skipped, c cancelled, a aborted, i in flight."""
    words = {"p": "passed", "f": "failed", "s": "skipped", "c": "cancelled", "a": "aborted", "i": None}
    suite = str(changes.get("suite_key", "s1"))
    rows: list[Row] = []
    for number, letter in enumerate(outcomes):
        row: Row = {
            "execution_key": f"{suite}-{number}",
            "test_key": f"{suite}-t{number // 2}",
            "outcome": words[letter],
            "first_outcome": words[letter],
            "status": words[letter] or "running",
            "is_decided": letter in "pf",
            "invocation_key": f"{suite}-i{number % 6}",
            "duration_ms": 100 + number,
        }
        rows.append(row | changes)
    return rows


def test_without_executions_there_is_still_a_night(model: Workbench) -> None:
    assert model.rows("met_nights", "as_of", "night_date", "execution_count", "freshness_hours") == [
        (AS_OF, date(2026, 3, 31), 0, None)
    ]
    assert model.rows("met_kpis_nightly", "scope_key", "kpi", "value", "numerator", "denominator") == [
        ("all", "duration_p50", None, None, 0),
        ("all", "executed_share", None, 0, 0),
        ("all", "executions", 0.0, 0, None),
        ("all", "failing_tests", 0.0, 0, 0),
        ("all", "final_pass_rate", None, 0, 0),
        ("all", "first_attempt_pass_rate", None, 0, 0),
    ]


@pytest.mark.parametrize(
    ("hours_ago", "night"),
    [(0, AS_OF), (11, AS_OF), (13, AS_OF), (23.99, AS_OF), (24, YESTERDAY), (40, YESTERDAY), (48, BEFORE)],
)
def test_what_ran_in_the_last_24_hours_is_of_the_night(
    model: Workbench, hours_ago: float, night: datetime
) -> None:
    model.given_days(runs("pf", triggered_at=AS_OF - timedelta(hours=hours_ago)))
    assert model.rows("fct_executions", "night_date", where="test_key = 's1-t0'") == [(night.date(),)] * 2
    assert model.rows("met_pass_rate_nightly", "night_date", "decided_count", where="scope_type = 'all'") == [
        (night.date(), 2)
    ]
    assert model.rows("met_nights", "execution_count") == [(2 if night == AS_OF else 0,)]


def test_a_night_at_two_o_clock_holds_the_evening_before(model: Workbench) -> None:
    model.as_of = datetime(2026, 3, 31, 2, tzinfo=UTC)
    for hours_ago, key in ((1, "night"), (4, "evening"), (25, "day before")):
        triggered_at = model.as_of - timedelta(hours=hours_ago)
        model.given_days(runs("pf", suite_key=key, triggered_at=triggered_at))
    by_night = ("met_pass_rate_nightly", "night_date", "execution_count")
    by_day = ("met_pass_rate_daily", "bucket_date", "execution_count")
    everything = "scope_type = 'all'"
    assert model.rows(*by_night, where=everything) == [(date(2026, 3, 30), 2), (date(2026, 3, 31), 4)]
    assert model.rows(*by_day, where=everything) == [(date(2026, 3, 30), 4), (date(2026, 3, 31), 2)]
    assert model.breaches("chk_counts_add_up") == 0


@pytest.mark.parametrize(
    ("hours", "night"),
    [
        ({"triggered_at": -30, "completed_at": -20}, AS_OF),
        ({"triggered_at": -30, "started_at": -29, "completed_at": -25}, YESTERDAY),
        ({"triggered_at": -30, "started_at": -20}, AS_OF),
        ({"triggered_at": -2, "completed_at": 0}, AS_OF),
        ({"triggered_at": -2, "completed_at": 0.01}, NEXT_NIGHT),
        ({"triggered_at": -2, "started_at": -75, "completed_at": -74}, AS_OF),
        ({"triggered_at": -2, "started_at": 9_000, "completed_at": 9_001}, AS_OF),
    ],
    ids=["ended", "ended before", "began", "as it ended", "ended later", "clock behind", "clock ahead"],
)
def test_an_execution_is_of_the_night_in_which_it_was_known_how_it_went(
    model: Workbench, hours: dict[str, float], night: datetime
) -> None:
    times = {name: AS_OF + timedelta(hours=value) for name, value in hours.items()}
    model.given("lake_executions", [{"execution_key": "a", **times}])
    assert model.rows("fct_executions", "night_date") == [(night.date(),)]
    is_told = night <= AS_OF
    assert len(model.rows("met_test_history", "night_date")) == is_told
    assert model.breaches("chk_counts_add_up") == 0


@pytest.mark.parametrize(("started", "night"), [(-2, AS_OF), (-30, YESTERDAY), (9_000, AS_OF)])
def test_what_is_in_flight_is_of_the_night_in_which_it_began(
    model: Workbench, started: float, night: datetime
) -> None:
    row: Row = {"execution_key": "a", "status": "running", "outcome": None, "is_decided": False}
    times = {"triggered_at": AS_OF - timedelta(hours=40), "started_at": AS_OF + timedelta(hours=started)}
    model.given("lake_executions", [row | times])
    assert model.rows("fct_executions", "night_date") == [(night.date(),)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
def test_a_daily_job_judges_every_execution_once(zone: str) -> None:
    """Ten nights at 02:00 of the zone, through a change of its clock; each reads a minute after its as-of."""
    draw = random.Random(zone)
    first = datetime(2026, 10, 28 if zone.startswith("America") else 1, 2, tzinfo=ZoneInfo(zone))
    as_ofs = [first + timedelta(days=number) for number in range(10)]
    begin = as_ofs[0].astimezone(UTC)
    executions = {}
    for number in range(300):
        triggered_at = begin + timedelta(minutes=draw.randrange(-1_200, 60 * 24 * 8))
        started_at = triggered_at + timedelta(minutes=draw.choice([0, 0, 1, 45]))
        executions[str(number)] = (
            triggered_at,
            started_at,
            started_at + timedelta(minutes=draw.randrange(900)),
        )
    judged: list[str] = []
    for as_of in as_ofs:
        with open_build(None, threads=1, memory_limit_mb=512) as connection:
            model = Workbench(connection)
            model.as_of, model.policy = as_of.astimezone(UTC), BuildPolicy(time_zone=zone)
            read_at = model.as_of + timedelta(minutes=1)
            for key, (triggered_at, started_at, completed_at) in executions.items():
                ended = completed_at <= read_at
                row: Row = {"execution_key": key, "triggered_at": triggered_at}
                row |= {"started_at": started_at if started_at <= read_at else None}
                row |= {"completed_at": completed_at} if ended else {"outcome": None, "is_decided": False}
                model.given("lake_executions", [row | ({} if ended else {"status": "running"})])
            night = f"is_decided and night_date = '{as_of.date()}'"
            judged += [str(row[0]) for row in model.rows("fct_executions", "execution_key", where=night)]
    over = [key for key, times in executions.items() if begin < times[2] <= as_ofs[-1].astimezone(UTC)]
    assert sorted(set(over) - set(judged)) == [], "judged by no night"
    assert len(judged) == len(set(judged)), "judged by two nights"
    assert len(over) > 200


def test_the_night_is_named_by_the_projects_zone(model: Workbench) -> None:
    model.policy = BuildPolicy(time_zone="Asia/Tokyo")
    model.as_of = datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert model.rows("met_nights", "night_date", "night_from_at", "first_utc_date", "last_utc_date") == [
        (date(2026, 4, 1), datetime(2026, 3, 30, 16, tzinfo=UTC), date(2026, 3, 30), date(2026, 3, 31))
    ]


def test_suites_that_ran_and_that_may_be_expected(model: Workbench) -> None:
    for suite, days_ago in (("s1", 0), ("s2", 3), ("s3", 27), ("s4", 28)):
        model.given_days(runs("p", suite_key=suite, triggered_at=AS_OF - timedelta(days=days_ago)))
    assert model.rows("met_nights", "executed_suite_count", "known_suite_count") == [(1, 3)]


def test_figures_of_a_scope(model: Workbench) -> None:
    model.given_days(runs("ppff" + "sca" + "ii"))
    found = model.rows(
        "met_kpis_nightly", "kpi", "value", "numerator", "denominator", "unit", where="scope_type = 'suite'"
    )
    assert found == [
        ("duration_p50", 100.0, None, 2, "ms"),
        ("executed_share", pytest.approx(4 / 9), 4, 9, "rate"),
        ("executions", 9.0, 9, None, "executions"),
        ("failing_tests", 1.0, 1, 2, "tests"),
        ("final_pass_rate", 0.5, 2, 4, "rate"),
        ("first_attempt_pass_rate", 0.5, 2, 4, "rate"),
    ]
    share = model.rows("met_kpis_nightly", "low", "high", where="kpi = 'executed_share' and scope_key = 's1'")
    assert share == [(pytest.approx(4 / 9), pytest.approx(6 / 9))]


def test_rates_and_durations_are_those_of_the_day_where_night_and_day_are_one(model: Workbench) -> None:
    for suite, outcomes in (("s1", "pppppppfff"), ("s2", "ppfpppfppppp"), ("s3", "pp")):
        model.given_days(runs(outcomes, suite_key=suite))
    columns = ("low", "high", "numerator", "denominator", "n_eff")
    of_night = model.rows(
        "met_kpis_nightly", "scope_type", "scope_key", "value", *columns, where="kpi = 'final_pass_rate'"
    )
    of_day = model.rows(
        "met_pass_rate_daily",
        "scope_type",
        "scope_key",
        "final_pass_rate",
        "final_pass_rate_low",
        "final_pass_rate_high",
        "passed_count",
        "decided_count",
        "final_n_eff",
    )
    assert of_night == of_day
    assert len(of_night) == 6
    durations = model.rows(
        "met_kpis_nightly",
        "scope_key",
        "value",
        "denominator",
        where="kpi = 'duration_p50' and scope_type = 'suite'",
    )
    assert durations == model.rows("met_duration_daily", "suite_key", "duration_p50_ms", "passed_count")


def history(as_of: datetime, generation: int, value: float) -> Row:
    return {
        "as_of": as_of,
        "scope_type": "all",
        "scope_key": "all",
        "kpi": "executions",
        "lake_generation": generation,
        "value": value,
        "unit": "executions",
    }


def test_history_keeps_what_was_published_and_adds_this_night_once(model: Workbench) -> None:
    later = AS_OF + timedelta(days=1)
    model.given(
        "lake_kpi_history", [history(YESTERDAY, 0, 7.0), history(later, 0, 8.0), history(AS_OF, 9, 5.0)]
    )
    found = model.rows("fct_kpi_history", "as_of", "lake_generation", "value", where="kpi = 'executions'")
    assert found == [(YESTERDAY, 0, 7.0), (AS_OF, 0, 0.0), (AS_OF, 9, 5.0)]


def test_a_night_that_was_published_from_the_same_generation_adds_nothing(model: Workbench) -> None:
    model.given("lake_kpi_history", [history(AS_OF, 0, 3.0)])
    assert model.rows("fct_kpi_history", "as_of", "kpi", "value") == [(AS_OF, "executions", 3.0)]


def outcomes_by_night(test: str, words: str) -> list[Row]:
    """One execution per night, the last letter on the night of as_of; a dot is a night without."""
    names = {"p": "passed", "f": "failed", "e": "error", "s": "skipped"}
    return [
        {
            "execution_key": f"{test}-{number}",
            "test_key": test,
            "triggered_at": AS_OF - timedelta(days=len(words) - 1 - number, hours=1),
            "outcome": names[word],
            "first_outcome": names[word],
            "is_decided": word != "s",
        }
        for number, word in enumerate(words)
        if word != "."
    ]


def test_failing_tests_of_the_night_and_their_streaks(model: Workbench) -> None:
    histories = {
        "anew": "ffpf",
        "since": "pfff",
        "with a pause": "pf.f",
        "first": "...f",
        "skipped before": "pfsf",
        "mended": "fffp",
        "not run": "fff.",
    }
    for test, words in histories.items():
        model.given("lake_executions", outcomes_by_night(test, words))
    columns = ("test_key", "streak_night_count", "is_newly_failing", "is_first_run", "failing_since_date")
    night = AS_OF.date()
    assert model.rows("met_failing_tests_nightly", *columns) == [
        ("anew", 1, True, False, night),
        ("first", 1, True, True, night),
        ("since", 3, False, False, night - timedelta(days=2)),
        ("skipped before", 2, False, False, night - timedelta(days=2)),
        ("with a pause", 2, False, False, night - timedelta(days=2)),
    ]
    changes = (
        *("test_count", "compared_count", "failing_count", "newly_failing_count"),
        *("first_run_failing_count", "mended_count", "infra_suspect_count"),
    )
    found = model.rows("met_changes_nightly", *changes, where=f"night_date = '{night}'")
    assert found == [(6, 5, 5, 2, 1, 1, 0)]


def test_what_fails_in_a_storm_tonight_is_listed_and_nothing_is_said_of_it(model: Workbench) -> None:
    histories = {**{f"t{number}": "pf" for number in range(25)}, "of the storm alone": ".f"}
    for test, words in histories.items():
        rows = outcomes_by_night(test, words)
        model.given("lake_executions", [row | {"invocation_key": str(row["triggered_at"])} for row in rows])
    columns = ("count(*)", "count_if(is_infra_suspect)", "count_if(is_newly_failing or is_first_run)")
    assert model.rows("met_failing_tests_nightly", *columns) == [(26, 26, 0)]
    changes = ("test_count", "failing_count", "newly_failing_count", "mended_count", "infra_suspect_count")
    tonight = f"night_date = '{AS_OF.date()}'"
    assert model.rows("met_changes_nightly", *changes, where=tonight) == [(0, 0, 0, 0, 26)]


def test_evidence_is_the_newest_failing_execution_of_the_night(model: Workbench) -> None:
    tries = [("a", "failed", 3), ("b", "error", 2), ("c", "passed", 1), ("d", "failed", 30)]
    for key, outcome, hours_ago in tries:
        row = {"execution_key": key, "triggered_at": AS_OF - timedelta(hours=hours_ago)}
        model.given("lake_executions", [row | {"outcome": outcome, "first_outcome": outcome}])
    found = model.rows(
        "met_failing_tests_nightly", "evidence_execution_key", "outcome", "failing_count", "decided_count"
    )
    assert found == [("b", "error", 2, 3)]


def test_stability_counts_changes_and_mixed_nights(model: Workbench) -> None:
    for test, words in {"wobbly": "pfpf", "broken": "ffff", "steady": "pppp", "paused": "p.sf"}.items():
        model.given("lake_executions", outcomes_by_night(test, words))
    model.given("lake_executions", [row | {"is_flaky": True} for row in outcomes_by_night("retried", "..pp")])
    columns = ("test_key", "change_count", "failing_night_count", "decided_night_count")
    assert model.rows("met_test_stability", *columns) == [
        ("broken", 0, 4, 4),
        ("paused", 1, 1, 2),
        ("retried", 2, 0, 2),
        ("wobbly", 3, 2, 4),
    ]


@pytest.mark.parametrize(("words", "changes"), [("pmp", 1), ("pmf", 2), ("fmp", 2), ("mmm", 3), ("pfm", 2)])
def test_a_mixed_night_is_one_change_and_not_three(model: Workbench, words: str, changes: int) -> None:
    """m: the night saw a pass and a failure."""
    for place, letters in enumerate((words.replace("m", "p"), words.replace("m", "f"))):
        rows = outcomes_by_night("t", letters)
        model.given(
            "lake_executions", [row | {"execution_key": f"{place}-{row['execution_key']}"} for row in rows]
        )
    assert model.rows("met_test_stability", "change_count") == [(changes,)]


def test_test_time_of_a_suite_and_night(model: Workbench) -> None:
    model.given_days(runs("pfsi", invocation_key="i"))
    model.given_days(
        runs("p", triggered_at=YESTERDAY, duration_ms=None, invocation_key="j", execution_key="y")
    )
    columns = ("night_date", "invocation_count", "duration_count", "duration_sum_ms")
    assert model.rows("met_test_time_nightly", *columns) == [
        (YESTERDAY.date(), 1, 0, 0),
        (AS_OF.date(), 1, 4, 406),
    ]


def test_durations_of_a_test_are_of_seven_nights(model: Workbench) -> None:
    for days_ago, duration_ms in ((0, 300), (1, 100), (6, 200), (7, 9_000)):
        rows = outcomes_by_night("t", "p" + "." * days_ago)
        model.given(
            "lake_executions",
            [row | {"duration_ms": duration_ms, "execution_key": str(days_ago)} for row in rows],
        )
    columns = ("passed_count", "duration_p50_ms", "duration_min_ms", "duration_max_ms", "duration_sum_ms")
    assert model.rows("met_test_durations", *columns) == [(3, 200, 100, 300, 600)]
