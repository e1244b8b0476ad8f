"""`exr analyse`: statistics of a part of the executions, and the sentence about what cannot be asked."""

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli.main import app
from tests.unit.gates.homes import AS_OF, executions, home_of, released
from warehouse.releases import find_release


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two suites over thirty days; `checkout` fails every third day, and one whole invocation was a storm."""
    rows = []
    for day in range(30):
        for suite, outcomes in (("checkout", "f" if day % 3 == 0 else "p"), ("search", "p" * 25)):
            storm = "f" * 25 if (day, suite) == (5, "search") else outcomes
            made = executions(storm, hours_ago=24 * day + 1, invocations=1, prefix=f"{suite}-{day}-")
            named = {"suite_key": suite, "invocation_key": f"{suite}-{day}", "commit_id": f"c{30 - day:02}"}
            moment = AS_OF - timedelta(hours=24 * day + 1)
            more = {"environment": "mac" if day % 2 else "linux", "tags": ["smoke", f"day {day}"], **named}
            rows += [
                row | more | {"test_key": f"{suite}-{row['test_key']}", "triggered_date": moment.date()}
                for row in made
            ]
    home = home_of(tmp_path_factory.mktemp("home"), rows)
    released(home)
    return home.root


def analysed(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["analyse", "--home", str(home), *arguments])


def rows_of(home: Path, *arguments: str) -> list[dict[str, object]]:
    found = analysed(home, *arguments, "--format", "json")
    assert found.exit_code == 0, found.output
    rows: list[dict[str, object]] = json.loads(found.stdout)
    return rows


def test_only_what_passes_the_filter_is_computed(home: Path) -> None:
    (row,) = rows_of(home, "--filter", "suite=checkout", "--table", "met_flakiness")
    assert (row["test_key"], row["run_count"], row["hard_fail_count"]) == ("checkout-t0", 30, 10)


def test_the_same_as_in_the_release_where_the_part_is_all_there_is_of_a_test(home: Path) -> None:
    (row,) = rows_of(home, "--filter", "suite=checkout", "--table", "met_flakiness")
    database = find_release(home, None).database
    with duckdb.connect(str(database), read_only=True) as connection:
        names = ("run_count", "pass_count", "flake_count", "hard_fail_count", "label", "broken_probability")
        query = f"select {', '.join(names)} from met_flakiness where test_key = 'checkout-t0'"
        assert connection.execute(query).fetchall() == [tuple(row[name] for name in names)]


def test_storms_are_those_of_the_whole_release(home: Path) -> None:
    """Of one test of it nobody could tell that it was a storm."""
    (row,) = rows_of(home, "--filter", "test=search-t3", "--table", "met_flakiness")
    assert (row["run_count"], row["hard_fail_count"]) == (29, 0)


def test_values_of_one_name_are_alternatives_and_names_add_up(home: Path) -> None:
    both = rows_of(home, "--filter", "suite=checkout", "--filter", "suite=search", "--table", "met_flakiness")
    assert len(both) == 26
    linux = ("--filter", "suite=checkout", "--filter", "environment=linux", "--table", "met_time_use")
    (row,) = (row for row in rows_of(home, *linux) if row["scope_type"] == "all")
    assert row["execution_count"] == 14, "of 28 days"


def test_a_star_stands_for_any_text_and_a_tag_is_one_of_several(home: Path) -> None:
    arguments = ("--filter", "suite=*ck*", "--filter", "tag=day 3", "--table", "met_time_use")
    (row,) = (row for row in rows_of(home, *arguments) if row["scope_type"] == "all")
    assert row["execution_count"] == 1


def test_a_shorter_period(home: Path) -> None:
    (row,) = rows_of(home, "--filter", "suite=checkout", "--period", "7d", "--table", "met_flakiness")
    assert row["run_count"] == 7


def test_without_a_table_it_says_which_there_are(home: Path) -> None:
    shown = analysed(home, "--filter", "suite=checkout").stdout
    assert "30 executions of 1 tests, computed anew" in " ".join(shown.split())
    assert "rows met_duration_shift" in shown


def test_tables_can_be_kept_and_the_release_stays_as_it_was(home: Path, tmp_path: Path) -> None:
    release = find_release(home, None)
    before = (release.database.stat().st_mtime_ns, sorted(release.folder.parent.iterdir()))
    kept = tmp_path / "checkout.duckdb"
    said = analysed(home, "--filter", "suite=checkout", "--to", str(kept))
    assert said.exit_code == 0, said.output
    with duckdb.connect(str(kept), read_only=True) as connection:
        assert connection.execute("select count(*) from met_flakiness").fetchall() == [(1,)]
    assert (release.database.stat().st_mtime_ns, sorted(release.folder.parent.iterdir())) == before
    assert [path.name for path in tmp_path.iterdir()] == ["checkout.duckdb"], "nothing else is left behind"
    again = analysed(home, "--filter", "suite=checkout", "--to", str(kept))
    assert (again.exit_code, "is there already" in again.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--filter", "suite=chekcout"), "No execution has suite 'chekcout'; near it: checkout."),
        (("--filter", "sute=checkout"), "There is no filter 'sute'; did you mean suite?"),
        (("--filter", "suite"), "must read name=value, such as suite=checkout"),
        (("--filter", "suite=checkout", "--period", "3 weeks"), "must be a number of days, such as 90d"),
        (("--filter", "suite=checkout", "--table", "met_nights"), "met_nights is not computed on demand"),
        (("--filter", "suite=checkout", "--filter", "test=search-t3"), "No execution passes all filters"),
        (("--filter", "suite=checkout", "--format", "csv"), "--format is for tables; name one with --table"),
    ],
)
def test_what_cannot_be_asked_is_said(home: Path, arguments: tuple[str, ...], sentence: str) -> None:
    said = analysed(home, *arguments)
    assert said.exit_code == 2
    assert sentence in " ".join(said.output.split())
