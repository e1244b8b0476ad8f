"""A first look at a source: given documents of a dump, what the report says and which settings it proposes.

What belongs here: sampling, tallies, proposals, the written exr.toml, and what must never be shown. What does
not: the same from a server (tests/integration/test_profile.py).
"""

import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.cli.profile_report import report_lines
from pipelines.extract.anatomy import MOST_NAMES, NEVER_READ, OTHER, Anatomy, parts
from pipelines.extract.documents import EXECUTION
from pipelines.extract.dump import open_dump
from pipelines.extract.indexes import create_index_command, index_needs, plain_indexes
from pipelines.extract.profile.look import Profile, profile
from pipelines.extract.profile.paths import Proposal
from pipelines.extract.profile.people import requesters
from pipelines.extract.profile.settings import percent, proposed_settings, shown, toml_text
from pipelines.extract.spread import spread
from pipelines.settings import Settings
from warehouse.errors import SourceError

Values = dict[str, Any]
START = datetime(2026, 3, 1, tzinfo=UTC)
SECRET = "hunter2-s3cret"
ADDRESS = "ada.lovelace@example.com"
TEXT = "The basket of customer 4711 was empty"


def oid(number: int) -> ObjectId:
    moment = int((START + timedelta(minutes=number)).timestamp())
    return ObjectId(moment.to_bytes(4, "big") + number.to_bytes(8, "big"))


def sha(number: int) -> str:
    return f"{number:x}fab{number * 7919:x}".ljust(40, "a")


def execution(number: int, **changes: Any) -> Values:
    moment = START + timedelta(minutes=number)
    document = {
        "_id": oid(number),
        "execution_id": f"run-{number}",
        "test_case_id": str(oid(number % 5)),
        "execution_type": "ci_cd_execution",
        "status": "passed",
        "triggered_by": "ci",
        "triggered_at": moment,
        "created_at": moment,
        "embedded_steps": [{"step_id": "s", "status": "passed", "duration_ms": 5}],
        "metadata": {},
    }
    return document | changes


def executions(count: int, **changes: Any) -> list[Values]:
    return [execution(number, **changes) for number in range(count)]


def dump(folder: Path, collections: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    (folder / "shop").mkdir(parents=True)
    for name, documents in collections.items():
        (folder / "shop" / f"{name}.bson").write_bytes(b"".join(map(bson.encode, documents)))
    return folder


def profiled(folder: Path, settings: Settings | None = None, size: int = 2_000) -> Profile:
    settings = settings or Settings()
    return profile(open_dump(folder, "shop", "name:test", 100), settings, size)


def report(found: Profile, settings: Settings | None = None) -> str:
    return "\n".join(report_lines(found, settings or Settings(), 2_000))


def proposal(found: Profile, kind: str) -> Proposal:
    return next(one for one in found.proposals if one.kind == kind)


def loaded(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings in force where this text is exr.toml."""
    folder.mkdir(exist_ok=True)
    (folder / "exr.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    return Settings.load()


# --- the file


def test_the_proposed_file_sets_what_is_sure_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [
        execution(
            number,
            triggered_by=("jenkins", "jenkins-nord", ADDRESS)[number % 3],
            step_results_collection="my_steps",
            error_details={"error_type": ("DriverError", "AssertionError")[number % 2]},
            metadata={
                "git": {"commit-sha": sha(number % 9), "sha": sha(number % 9)},
                "ci": {"branch_name": ("main", "feature/x")[number % 2], "job_url": "https://ci/1"},
                "project_key": "shop",
                "app": "cart",
            },
        )
        for number in range(100)
    ]
    folder = dump(
        tmp_path / "dump", {"execution_traces": documents, "testexecutions": executions(2), "my_steps": []}
    )
    given = Settings(source=str(folder))
    found = profiled(folder, given)
    settings = loaded(proposed_settings(found, given), tmp_path / "work", monkeypatch)
    assert settings.source == str(folder.resolve())
    assert settings.identity.commit_id == ("metadata.git.sha",)
    assert settings.identity.branch == ("metadata.ci.branch_name",)
    assert settings.identity.project == ("metadata.project_key",)
    assert settings.people_words == ("system", "ci", "jenkins")
    defaults = Settings.model_fields
    assert settings.step_collections == defaults["step_collections"].default
    assert settings.error_outcome_types == ()
    assert settings.collections == defaults["collections"].default
    text = proposed_settings(found, given)
    for commented in (
        '# people_words = ["system", "ci", "jenkins", "jenkins-nord"]',
        '# error_outcome_types = ["DriverError"]',
        '"my_steps"]',
        '# executions = ["testexecutions", "execution_traces"]',
        '# pipeline_id = ["metadata.ci.job_url"]',
        "# perhaps metadata.git.commit-sha",
    ):
        assert commented in text
    uncommented = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if line.startswith("# pipeline_id =")
    )
    assert tomllib.loads(uncommented) == {"pipeline_id": ["metadata.ci.job_url"]}


def test_what_was_in_force_stays_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings.model_validate(
        {
            "source": str(dump(tmp_path / "dump", {"runs": executions(30, nightly={"rev": sha(1)})})),
            "collections": {"executions": ("runs",)},
            "identity": {"commit_id": ("nightly.rev",), "project": ("metadata.team",)},
            "people_words": ("robot",),
            "error_outcome_types": ("GridError",),
            "step_collections": ("steps",),
            "timezone": "Europe/Berlin",
            "database": "shop",
        }
    )
    found = profiled(Path(str(given.source)), given)
    settings = loaded(proposed_settings(found, given), tmp_path / "work", monkeypatch)
    assert settings == given.model_copy(update={"people_words": ("robot", "ci")})


@pytest.mark.parametrize(
    "uri", ["mongodb://me:hunter2-s3cret@host/db", "mongodb://host/db?tlsPassword=hunter2-s3cret"]
)
def test_credentials_are_not_written(tmp_path: Path, uri: str) -> None:
    found = profiled(dump(tmp_path, {"execution_traces": executions(3)}))
    text = proposed_settings(found, Settings(source=uri))
    assert SECRET not in text
    assert "source" not in tomllib.loads(text)
    assert "EXR_SOURCE" in text


# --- what must never be shown


def test_no_free_text_no_secret_and_no_person_is_shown(tmp_path: Path) -> None:
    documents = executions(
        60,
        triggered_by=ADDRESS,
        status=TEXT,
        error_details={"error_type": TEXT, "error_message": TEXT, "stack_trace": TEXT},
        execution_config={"custom_config": {"webhook": SECRET}},
        debug_data={SECRET: SECRET},
        output_data={"token": SECRET},
        embedded_steps=[{"step_name": TEXT, "input_data": {SECRET: SECRET}, "status": TEXT}],
        metadata={"branch": TEXT, "note": TEXT, "owner": ADDRESS, ADDRESS: 1, "password=" + SECRET: 1},
        tags=[TEXT, f"owner:{ADDRESS}", f"branch:{SECRET}"],
        step_results_collection=TEXT,
    )
    documents += [execution(100 + number, triggered_by="adalovelace") for number in range(60)]
    users = [{"_id": oid(900), "email": ADDRESS, "hashed_password": SECRET}]
    found = profiled(dump(tmp_path, {"execution_traces": documents, "users": users}))
    text = report(found) + proposed_settings(found, Settings())
    for hidden in (TEXT, SECRET, ADDRESS, "adalovelace", *(NEVER_READ - {"password", "state_history"})):
        assert hidden not in text
    assert "(text that is no word)" in text
    assert "1 frequent short words  60  not shown; a surrogate" in text
    assert "! tags beginning branch: (60, 1 different) may say the branch" in text


HOSTILE = [
    "a.b",
    "$where",
    'quo"te',
    "back\\slash",
    "line\nbreak",
    "tab\t",
    "[bold red]",
    ":smile:",
    "esc\x1b[31m",
    "del\x7f",
    "bidi\u202eevil",
    "nel\x85",
    "'''",
    "commit.sha",
    "ünïcode",
    "x" * 10_000,
    "<script>",
    "",
]


def test_hostile_names_break_neither_the_report_nor_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = {name: sha(3) for name in HOSTILE}
    documents = executions(
        30, metadata=inner | {"deep": dict.fromkeys(HOSTILE, inner)}, **{"odd.top\n": "main"}
    )
    names = {f"h{number}\u202e\x1b": [{"a": 1}] for number in range(2)}
    folder = dump(tmp_path / "dump", {"execution_traces": documents, **names})
    found = profiled(folder)
    text = report(found)
    assert all(line.isprintable() for line in text.split("\n"))
    assert max(map(len, text.split("\n"))) < 400
    written = proposed_settings(found, Settings())
    assert all(line.isprintable() for line in written.split("\n"))
    assert loaded(written, tmp_path / "work", monkeypatch).identity == Settings().identity
    for name in HOSTILE:
        assert tomllib.loads(f"a = {toml_text(name)}") == {"a": name}
    assert shown(("metadata", "a.b")) == 'metadata."a.b"'
    # Nothing in the settings can name these, however much they look like commits.
    assert all(one.dotted is None or "." not in one.path[-1] for one in proposal(found, "commit_id").possible)


def test_a_lone_surrogate_is_replaced() -> None:
    assert tomllib.loads(f"a = {toml_text(chr(0xD800))}") == {"a": "\ufffd"}


def test_the_console_prints_names_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = dump(
        tmp_path / "dump", {"execution_traces": executions(3, metadata={"[bold]": 1, ":smile:": 1})}
    )
    output = CliRunner().invoke(app, ["profile", "--source", str(folder), "--output", "exr.toml"])
    assert output.exit_code == 0, output.output
    assert '"[bold]"' in output.output
    assert '":smile:"' in output.output
    assert "Proposed settings are in exr.toml" in output.output
    before = (tmp_path / "exr.toml").read_bytes()
    again = CliRunner().invoke(app, ["profile", "--source", str(folder), "--output", "exr.toml"])
    assert again.exit_code == 2
    assert "exr.toml is there already" in again.output
    assert (tmp_path / "exr.toml").read_bytes() == before
    assert not (tmp_path / "var").exists()


def test_no_folder_for_the_file(tmp_path: Path) -> None:
    output = CliRunner().invoke(app, ["profile", "--output", str(tmp_path / "no" / "exr.toml")])
    assert output.exit_code == 2
    assert "is not there" in output.output


# --- what is found


def test_fill_rates_and_types(tmp_path: Path) -> None:
    values = [1, "one", None, "", 2.0]
    documents = [execution(number, metadata={"x": value}) for number, value in enumerate(values)]
    documents += [execution(9)]
    found = profiled(dump(tmp_path, {"execution_traces": documents}))
    row = next(line for line in report(found).split("\n") if line.startswith("  metadata.x"))
    assert row.split() == [
        "metadata.x",
        "string",
        "or",
        "int",
        "or",
        "double",
        "!",
        "50",
        "%",
        "17",
        "%",
        "17",
        "%",
        "17",
        "%",
    ]
    numbers = [execution(number, metadata={"x": value}) for number, value in enumerate([1, Int64(2), 0.5])]
    found = profiled(dump(tmp_path / "numbers", {"execution_traces": numbers}))
    assert "metadata.x" in report(found)
    assert "!" not in next(line for line in report(found).split("\n") if line.startswith("  metadata.x"))


def test_elements_of_lists_are_counted_by_themselves(tmp_path: Path) -> None:
    steps = [{"status": "passed", "step_name": "a"}, {"status": "FAILED"}, {"status": None}]
    found = profiled(dump(tmp_path, {"execution_traces": executions(10, embedded_steps=steps)}))
    rows = {
        line.split()[0]: line.split()[1:] for line in report(found).split("\n") if "embedded_steps[]" in line
    }
    assert rows["embedded_steps[].step_name"] == ["string", "33", "%", "67", "%", "read"]
    words = [(one.word, one.count, one.meaning) for one in found.facts.step_statuses]
    assert sorted(words, key=str) == [
        ("(none)", 10, None),
        ("failed", 10, "failed"),
        ("passed", 10, "passed"),
    ]


def test_unknown_words_and_documents_for_the_quarantine(tmp_path: Path) -> None:
    documents = [*executions(3, status="Completed"), *[execution(10 + n, status="NOK") for n in range(2)]]
    documents += [execution(20, triggered_at="yesterday"), execution(21, total_duration_ms=1.5)]
    found = profiled(dump(tmp_path, {"execution_traces": documents}))
    assert [(one.word, one.count, one.meaning) for one in found.facts.statuses] == [
        ("completed", 3, "passed"),
        ("nok", 2, None),
    ]
    text = report(found)
    assert "! not known: becomes the outcome `unknown`" in text
    assert "! execution_traces: 2 of 7 (29 %) would go to quarantine, because of" in text
    assert "1 ×  total_duration_ms: a fraction instead of a whole number" in text


def test_durations_and_places_of_steps(tmp_path: Path) -> None:
    bare: Values = {"embedded_steps": []}
    ended = START + timedelta(hours=9)
    documents = [
        execution(1, total_duration_ms=0),
        execution(2, statistics={"total_duration_ms": 7}),
        execution(3, statistics={"total_duration_ms": 0}, started_at=START, completed_at=ended),
        execution(4),
        execution(5, completed_at=ended, **bare, step_results_collection="execution_steps"),
        execution(6, **bare, embedded_step_traces=[{"status": "passed"}]),
        execution(7, **bare),
        execution(8, status="running", total_duration_ms=4, step_results_collection="elsewhere", **bare),
    ]
    found = profiled(dump(tmp_path, {"execution_traces": documents, "execution_steps": []}))
    assert found.facts.duration_sources == {
        "total_duration_ms": 1,
        "statistics.total_duration_ms": 1,
        "completed_at − started_at": 1,
        "durations of embedded steps": 1,
        "completed_at − triggered_at (includes waiting)": 1,
        "none inside the execution": 2,
    }
    assert found.facts.step_places == {
        "embedded_steps": 4,
        "embedded_step_traces": 1,
        "a step collection": 2,
        "not in the execution": 1,
    }
    text = report(found)
    assert "step collection execution_steps, named 1 ×: there, read" in text
    assert "step collection elsewhere, named 1 ×: not in the source, ! not read" in text


def test_forms_of_times(tmp_path: Path) -> None:
    documents = [
        *executions(2),
        execution(5, triggered_at="2026-04-01T10:00:00Z"),
        execution(6, triggered_at=None),
    ]
    text = report(profiled(dump(tmp_path, {"execution_traces": documents})))
    row = next(line for line in text.split("\n") if line.startswith("  execution_traces.triggered_at"))
    assert row.split() == ["execution_traces.triggered_at", "50", "%", "25", "%", "25", "%"]
    assert "executions in the sample: 2026-03-01 00:00 to 2026-04-01 10:00 UTC" in text


@pytest.mark.parametrize(
    ("kind", "metadata", "state"),
    [
        ("commit_id", {"git_sha": sha}, "found"),
        ("commit_id", {"gitSha": lambda n: f"r{n}"}, "possible"),
        ("commit_id", {"anything": sha}, "possible"),
        ("commit_id", {"anything": lambda n: f"{n:07}"}, "nothing"),
        ("commit_id", {"anything": lambda n: str(oid(n))}, "nothing"),
        ("commit_id", {"commit": sha, "other": sha}, "known"),
        ("branch", {"git_branch": lambda n: "main"}, "found"),
        ("branch", {"where": lambda n: ("refs/heads/a", "main")[n % 2]}, "possible"),
        ("branch", {"git_branch": lambda n: ADDRESS}, "nothing"),
        ("branch", {"git_branch": sha}, "possible"),
        ("pipeline_id", {"ci_pipeline_id": lambda n: n // 4}, "found"),
        ("pipeline_id", {"run_id": lambda n: n // 4}, "possible"),
        ("pipeline_id", {"pipeline": lambda n: "nightly"}, "possible"),
        ("project", {"project": lambda n: "shop"}, "found"),
        ("project", {"project": lambda n: f"p{n}"}, "possible"),
        ("suite", {"testSuiteName": lambda n: f"suite {n % 3}"}, "found"),
        ("environment", {"env": lambda n: "stage"}, "found"),
        ("build_version", {"app_version": lambda n: f"1.0.{n}"}, "found"),
        ("project", {}, "nothing"),
    ],
)
def test_proposed_paths(tmp_path: Path, kind: str, metadata: dict[str, Any], state: str) -> None:
    documents = [
        execution(number, metadata={name: make(number) for name, make in metadata.items()})
        for number in range(40)
    ]
    found = proposal(profiled(dump(tmp_path, {"execution_traces": documents})), kind)
    states = {name: len(getattr(found, name)) for name in ("known", "found", "possible")}
    assert {name for name, count in states.items() if count} == ({state} - {"nothing"})
    assert sum(states.values()) <= 1


def test_a_commit_is_shown_by_four_characters(tmp_path: Path) -> None:
    text = report(
        profiled(dump(tmp_path, {"execution_traces": executions(30, metadata={"commit": "3f9a" + "b" * 36})}))
    )
    assert "metadata.commit: filled in 100 %, 1 value, hex like commits such as 3f9a…" in text
    assert "3f9ab" not in text


def test_paths_in_force_come_before_found_ones(tmp_path: Path) -> None:
    documents = [execution(n, metadata={("commit", "git_commit")[n % 2]: sha(n)}) for n in range(40)]
    found = proposal(profiled(dump(tmp_path, {"execution_traces": documents})), "commit_id")
    assert found.paths == ("metadata.commit", "metadata.git_commit")


def test_requesters_are_divided() -> None:
    names = Counter(
        {
            "ci": 50,
            "GitLab-Runner": 9,
            "svc-nord": 9,
            ADDRESS: 9,
            str(oid(1)): 9,
            "ada": 9,
            "Ada Lovelace": 9,
            "42": 1,
        }
    )
    found = requesters(names, ("ci",))
    assert found.words == {"ci": 50, "gitlab-runner": 9}
    assert found.possible == {"svc-nord": 9}
    assert (found.unnamed_word_count, found.unnamed_word_executions) == (1, 9)
    assert (found.id_executions, found.address_executions, found.other_executions) == (10, 9, 9)


def test_only_a_collection_of_no_other_use_is_offered_for_steps(tmp_path: Path) -> None:
    names = ("users", "steps_of_mine", "elsewhere")
    documents = [execution(number, step_results_collection=names[number % 3]) for number in range(9)]
    folder = dump(
        tmp_path, {"execution_traces": documents, "users": [{"_id": 1}], "steps_of_mine": [{"_id": 1}]}
    )
    text = proposed_settings(profiled(folder), Settings())
    line = next(line for line in text.splitlines() if line.startswith("# step_collections = "))
    assert "steps_of_mine" in line
    assert "users" not in line
    assert "elsewhere" not in text


def test_a_commit_path_in_force_that_holds_something_else_is_marked(tmp_path: Path) -> None:
    found = profiled(dump(tmp_path, {"execution_traces": executions(30, metadata={"commit": "release 7"})}))
    row = next(line for line in report(found).split("\n") if line.startswith("  commit_id"))
    assert "in force !" in row


def test_both_spellings_and_unread_collections(tmp_path: Path) -> None:
    collections = {
        "testexecutions": executions(3),
        "testcases": [],
        "audit": [],
        "test_cases": [{"_id": oid(1)}],
    }
    found = profiled(dump(tmp_path, collections))
    assert [(one.role, one.name, one.spare_names) for one in found.collections] == [
        ("executions", "testexecutions", ()),
        ("cases", "test_cases", ("testcases",)),
    ]
    assert found.unread == ("audit",)
    assert "! testcases is there too, but not read" in report(found)


def test_the_first_load_is_guessed(tmp_path: Path) -> None:
    found = profiled(dump(tmp_path, {"execution_traces": executions(500)}))
    assert 0 < found.load_seconds(4) == found.load_seconds(2) == found.load_seconds(1) / 2
    assert 0 < found.lake_bytes < 500 * found.executions.average_bytes
    assert "with 2 processes" in report(found)


# --- indexes


def test_indexes_of_a_dump(tmp_path: Path) -> None:
    folder = dump(tmp_path, {"execution_traces": executions(3), "execution_results": [{"_id": oid(1)}]})
    keys = [{"_id": {"$numberInt": "1"}}, {"created_at": -1, "status": 1}, {"execution_id": "hashed"}]
    indexes = [{"key": key, "name": str(key)} for key in keys]
    indexes.append({"key": {"updated_at": 1}, "partialFilterExpression": {"status": "passed"}})
    (folder / "shop" / "execution_traces.metadata.json").write_text(json.dumps({"indexes": indexes}))
    found = profiled(folder)
    needs = found.executions.index_needs
    assert needs is not None
    assert [need.missing for need in needs] == [("updated_at", "triggered_at"), ("execution_id",)]
    text = report(found)
    assert "not known, since the source does not list them: execution_results" in text
    assert "execution_traces, finding what changed: none, and none missed with so few documents" in text


def test_the_command_for_an_index() -> None:
    assert create_index_command("runs", "updated_at") == 'db.runs.createIndex({"updated_at": 1})'
    assert create_index_command('a"b', "x") == 'db.getCollection("a\\"b").createIndex({"x": 1})'
    complete = [(name,) for name in ("updated_at", "created_at", "triggered_at", "execution_id")]
    assert all(not need.missing for need in index_needs(EXECUTION, complete))
    assert plain_indexes([{"key": {"a": 1}, "hidden": True}, {"key": {}}, {"key": {"b": 1.0, "c": -1}}]) == [
        ("b", "c")
    ]


# --- reading


def test_the_anatomy_knows_every_type() -> None:
    values = {
        "double": 0.5,
        "string": "x",
        "object": {"a": 1},
        "array": [1, {"b": 2}],
        "binData": Binary(b"12"),
        "objectId": oid(1),
        "bool": True,
        "date": START,
        "null": None,
        "regex": Regex("a+", "i"),
        "javascript": Code("f()"),
        "javascriptWithScope": Code("f()", {"a": 1}),
        "int": 1,
        "timestamp": Timestamp(1, 1),
        "long": Int64(1),
        "decimal": Decimal128("1.5"),
        "maxKey": MaxKey(),
        "minKey": MinKey(),
    }
    assert [(part.name, part.type_name) for part in parts(bson.encode(values))] == [
        (name, name) for name in values
    ]


def test_broken_bytes_are_a_document_without_fields(tmp_path: Path) -> None:
    raw = bson.encode(execution(1))
    anatomy = Anatomy(lambda path: False)
    for end in range(len(raw)):
        anatomy.add(raw[:end])
        anatomy.add(raw[:end] + b"\xfe" + raw[end + 1 :])
    assert anatomy.document_count == 2 * len(raw)
    nested: Values = {}
    for _ in range(90):
        nested = {"a": nested}
    anatomy.add(bson.encode(nested))


def test_dictionaries_whose_keys_are_data_are_drawn_together() -> None:
    anatomy = Anatomy(lambda path: False)
    for number in range(500):
        anatomy.add(bson.encode({"metadata": {f"user-{number}": 1}}))
    assert len(anatomy.fields) == MOST_NAMES + 2
    assert anatomy.fields["metadata", OTHER].types["int"] == 500 - MOST_NAMES


def test_a_long_file_is_sampled_over_its_length(tmp_path: Path) -> None:
    filler = [{"_id": oid(number), "note": "x" * 900} for number in range(3)]
    documents = [
        bson.encode({"_id": oid(number), "number": number, "parts": filler}) for number in range(8_000)
    ]
    file = tmp_path / "a.bson"
    file.write_bytes(b"".join(documents))
    drawn = [bson.decode(raw)["number"] for raw in spread(file, 400)]
    assert 350 <= len(drawn) <= 400
    assert drawn == sorted(drawn)
    assert min(drawn) == 0
    assert max(drawn) > 7_950
    assert max(after - before for before, after in pairwise(drawn)) < 100
    assert [len(list(spread(file, size))) for size in (1, 7)] == [1, 7]


def test_a_compressed_and_a_damaged_dump(tmp_path: Path) -> None:
    folder = dump(tmp_path, {"execution_traces": executions(300)})
    plain = folder / "shop" / "execution_traces.bson"
    packed = gzip.compress(plain.read_bytes())
    plain.unlink()
    file = plain.with_suffix(".bson.gz")
    file.write_bytes(packed)
    found = profiled(folder, size=100)
    assert found.executions.sampled_count == 100
    assert found.facts.newest_at is not None
    assert found.facts.newest_at > START + timedelta(minutes=290)
    assert "unknown" in report(found)
    file.write_bytes(packed[: len(packed) // 2])
    assert 0 < profiled(folder).executions.sampled_count < 300


def test_the_sample_is_bounded(tmp_path: Path) -> None:
    found = profiled(dump(tmp_path, {"execution_traces": executions(300)}), size=50)
    assert found.executions.sampled_count == 50
    assert "about 300" in report(found)


@pytest.mark.parametrize(
    ("collections", "sentence"),
    [
        ({"audit": [{"a": 1}]}, "holds no collection execution_traces or testexecutions; set yours"),
        (
            {"audit": [], "my_runs": executions(3)},
            "but my_runs looks like one; set EXR_COLLECTIONS__EXECUTIONS",
        ),
        ({"execution_traces": []}, "execution_traces holds no readable document"),
        (
            {"execution_traces": [], "testexecutions": executions(2)},
            "is empty, but testexecutions is not; set EXR_",
        ),
    ],
)
def test_nothing_to_profile(tmp_path: Path, collections: dict[str, list[Values]], sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        profiled(dump(tmp_path, collections))
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_collection_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    found = profiled(dump(tmp_path, {"execution_traces": executions(3, triggered_at="never", status=1)}))
    assert "3 of 3 (100 %) would go to quarantine" in report(found)
    tomllib.loads(proposed_settings(found, Settings()))


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [(0, 9, "0 %"), (9, 9, "100 %"), (1, 2000, "<1 %"), (1999, 2000, ">99 %"), (1, 3, "33 %"), (0, 0, "0 %")],
)
def test_a_share_says_all_or_nothing_only_where_it_is_so(part: int, total: int, text: str) -> None:
    assert percent(part, total) == text
