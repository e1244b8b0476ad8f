"""Gates over a real release: what is measured and stored, exit codes, what a later moment changes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.cli.session import Session
from pipelines.gates.evaluate import evaluate, seen_at, stored_verdicts
from pipelines.gates.rules import DEFAULT_RULES, read_rules
from pipelines.gates.verdicts import Verdict, overall
from pipelines.settings import Settings
from tests.unit.gates.homes import AS_OF, Row, executions, few_models, home_of, judged, refused, released
from warehouse.connection import open_release
from warehouse.errors import UsageError
from warehouse.models import load_models
from warehouse.releases import Release, list_releases

GOOD = executions("p" * 100)
BAD = executions("p" * 50 + "f" * 50)
FEW = executions("p" * 60)

Shared = Callable[[list[Row]], tuple[Path, Release]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """The home of such executions and its release, built once, for tests that change nothing there."""
    made: dict[int, tuple[Path, Release]] = {}

    def of(rows: list[Row]) -> tuple[Path, Release]:
        if id(rows) not in made:
            home = home_of(tmp_path_factory.mktemp("home"), rows)
            made[id(rows)] = (home.root, released(home))
        return made[id(rows)]

    return of


@pytest.fixture(scope="module")
def gate_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All checks, and the metrics that gates read."""
    checks = [model.name for model in load_models() if model.folder == "checks"]
    return few_models(tmp_path_factory.mktemp("sql"), ["met_nights", "met_kpis_nightly", *checks])


def verdicts(release: Release) -> dict[str, Verdict]:
    with open_release(release.folder) as connection:
        return {verdict.gate_name: verdict for verdict in stored_verdicts(connection)}


def words(release: Release) -> list[tuple[str, str | None]]:
    return [(verdict.verdict, verdict.reason) for verdict in verdicts(release).values()]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (executions("p" * 100 + "s" * 30), [("pass", None), ("fail", None), ("pass", None), ("pass", None)]),
        (
            executions("p" * 100 + "i" * 20),
            [("pass", None), ("insufficient", "straddles"), ("pass", None), ("pass", None)],
        ),
        (executions("p" * 100, hours_ago=25), [("insufficient", "stale")] * 4),
        (executions("p" * 100, hours_ago=24), [("insufficient", "no_data")] * 4),
        (executions("p" * 100, hours_ago=20), [("pass", None)] * 4),
        (
            executions("s" * 100),
            [("insufficient", "no_data"), ("fail", None), ("pass", None), ("pass", None)],
        ),
        (executions("p" * 100, invocations=4), [("insufficient", "straddles")] + [("pass", None)] * 3),
    ],
)
def test_nights_and_their_verdicts(
    tmp_path: Path, gate_models: Path, rows: list[Row], expected: list[tuple[str, str | None]]
) -> None:
    assert words(judged(home_of(tmp_path, rows), gate_models)) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(GOOD, ("pass", None)), (BAD, ("fail", None)), (FEW, ("insufficient", "straddles"))],
)
def test_the_three_verdicts(shared: Shared, rows: list[Row], expected: tuple[str, str | None]) -> None:
    _, release = shared(rows)
    assert words(release) == [expected] + [("pass", None)] * 3


@pytest.mark.parametrize(
    ("document_id", "is_incomplete"),
    [("69cb110000000000000000ff", True), ("68cb110000000000000000ff", False), ("no object id", True)],
)
def test_a_document_of_the_night_in_quarantine_makes_it_incomplete(
    tmp_path: Path, gate_models: Path, document_id: str, is_incomplete: bool
) -> None:
    found = words(judged(home_of(tmp_path, GOOD, [refused(document_id)]), gate_models))
    assert found == [("insufficient", "incomplete") if is_incomplete else ("pass", None)] * 4


@pytest.mark.parametrize(("days_ago", "expected"), [(0, ("insufficient", "incomplete")), (2, ("pass", None))])
def test_a_declared_total_that_differs_is_the_nights_matter_when_it_is_of_the_night(
    tmp_path: Path, gate_models: Path, days_ago: int, expected: tuple[str, str | None]
) -> None:
    total: Row = {
        "result_key": "r",
        "suite_execution_id": "elsewhere",
        "total_count": 5,
        "aggregated_at": AS_OF - timedelta(days=days_ago),
    }
    assert words(judged(home_of(tmp_path, GOOD, totals=[total]), gate_models)) == [expected] * 4


def test_a_lake_without_executions_has_nothing_to_judge(tmp_path: Path) -> None:
    assert words(released(home_of(tmp_path, []))) == [("insufficient", "no_data")] * 4


def test_the_figures_stand_beside_the_verdict(tmp_path: Path, gate_models: Path) -> None:
    home = home_of(tmp_path, executions("p" * 90 + "f" * 10 + "s" * 4))
    found = verdicts(judged(home, gate_models))
    rate, share = found["final_pass_rate"], found["executed_share"]
    assert (rate.value, rate.numerator, rate.denominator, rate.limit, rate.unit) == (
        0.9,
        90,
        100,
        0.95,
        "rate",
    )
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < 0.9 < rate.high
    assert (share.numerator, share.denominator, share.low, share.high) == (100, 104, 100 / 104, 100 / 104)
    assert (found["freshness"].value, found["reconciliation"].value) == (1.0, 0)


def test_verdicts_are_in_table_and_manifest_before_publication(shared: Shared) -> None:
    _, release = shared(BAD)
    with open_release(release.folder) as connection:
        rows = connection.query("select gate_number, gate_name, verdict from gate_verdicts order by all").rows
        assert stored_verdicts(connection) == evaluate(connection, read_rules())
    assert rows[0] == (1, "final_pass_rate", "fail")
    manifest = release.manifest
    assert [row["verdict"] for row in manifest.gate_verdicts] == ["fail", "pass", "pass", "pass"]
    assert {row["rules_hash"] for row in manifest.gate_verdicts} == {read_rules().rules_hash}
    assert manifest.row_counts["gate_verdicts"] == 4


def test_a_wrong_rule_publishes_nothing(tmp_path: Path) -> None:
    home = home_of(tmp_path / "home", GOOD)
    rules = tmp_path / "rules.toml"
    rules.write_text("[gates.a]\nlimit = 3\n")
    with pytest.raises(UsageError, match=r"\[gates.a\]"):
        released(home, Settings(rules=rules, threads=1))
    assert list_releases(home.root) == []


def test_a_pass_that_has_grown_old_is_insufficient(shared: Shared) -> None:
    _, release = shared(GOOD)
    with open_release(release.folder) as connection:
        stored = stored_verdicts(connection)
        seen = {
            hours: seen_at(stored, connection, read_rules(), AS_OF + timedelta(hours=hours))
            for hours in (0, 23, 24)
        }
    assert [overall(found) for found in seen.values()] == ["pass", "pass", "insufficient"]
    assert {verdict.reason for verdict in seen[24]} == {"stale"}


@pytest.fixture
def at_as_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is asked at the as-of."""
    opened = Session.open

    def open_then(**given: object) -> Session:
        session = opened(**given)
        return Session(session.settings, session.home, AS_OF)

    monkeypatch.setattr(Session, "open", open_then)


@pytest.mark.usefixtures("at_as_of")
@pytest.mark.parametrize(
    ("rows", "code", "word"), [(GOOD, 0, "PASS"), (BAD, 1, "FAIL"), (FEW, 4, "INSUFFICIENT")]
)
def test_exit_codes(shared: Shared, rows: list[Row], code: int, word: str) -> None:
    home, release = shared(rows)
    result = CliRunner().invoke(app, ["gate", "--home", str(home)])
    assert result.exit_code == code
    assert f"Gates: {word}" in result.output
    assert f"Release {release.release_id}" in result.output
    assert "Final pass rate of the night ≥ 95%" in result.output


def test_the_current_release_is_seen_from_now_a_named_one_from_its_as_of(shared: Shared) -> None:
    home, release = shared(GOOD)
    now = CliRunner().invoke(app, ["gate", "--home", str(home)])
    named = CliRunner().invoke(app, ["gate", "--home", str(home), "--release", release.release_id])
    assert (now.exit_code, named.exit_code) == (4, 0)
    assert "INSUFFICIENT (stale)" in now.output


@pytest.mark.usefixtures("at_as_of")
def test_other_rules_judge_anew_and_store_nothing(shared: Shared, tmp_path: Path) -> None:
    home, release = shared(BAD)
    before = (release.database.stat().st_mtime_ns, release.manifest)
    rules = tmp_path / "rules.toml"
    rules.write_text(DEFAULT_RULES.read_text().replace("limit = 0.95", "limit = 0.10"))
    arguments = ["gate", "--home", str(home), "--rules", str(rules)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (release.database.stat().st_mtime_ns, list_releases(home)[0].manifest) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rules", "none.toml"], "cannot be read"),
        (["--release", "20200101T000000Z-g1"], "There is no release"),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_usage_error(
    shared: Shared, arguments: list[str], said: str
) -> None:
    home, _ = shared(GOOD)
    result = CliRunner().invoke(app, ["gate", "--home", str(home), *arguments])
    assert result.exit_code == 2
    assert said in result.output


def test_a_home_without_a_release_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["gate", "--home", str(tmp_path)])
    assert (result.exit_code, "no release yet" in result.output) == (2, True)
