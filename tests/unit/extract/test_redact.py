"""Secrets that must be gone, texts that must stay, and documents stuffed with secrets on their way.

What belongs here: redaction, and that no text field escapes it. What does not: surrogates (test_people.py).
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract import catalog, redact
from pipelines.extract.batches import Batch
from pipelines.extract.decode import decode
from pipelines.extract.decoders import ReadPolicy, Task, work
from pipelines.extract.documents import (
    CASE,
    ITEM,
    QUEUE_ENTRY,
    RESULT,
    STATE_CHANGE,
    STEP,
    SUITE,
    USER,
    Document,
)
from pipelines.extract.executions import DayBounds, TextLimits
from pipelines.extract.fields import Field, Kind, Struct, Structs
from pipelines.extract.keys import safe_keys
from pipelines.extract.people import People
from pipelines.extract.redact import redact_frame
from pipelines.extract.spool import Spool
from pipelines.settings import IdentityPaths
from pipelines.transform.catalog import keep_quarantine
from tests.unit.extract.given import EXECUTION, START, Values, object_id, stream
from warehouse.lake import Lake
from warehouse.tables import QUARANTINE

MESSAGES = Path(__file__).parents[3] / "samples" / "lammps" / "lammps_tests.parquet"
HEX = "0123456789abcdef0123456789abcdef"
LONG = "Zx8Kq2Lm9Pw4Rt7Yv1Bn5Cd3Fg6Hj0QsAeUi"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

SECRETS = (
    # the text, and what must not be found in it afterwards; {} is where the secret stands
    ("postgres://admin:{}@db.example/prod", "hunter2"),
    ("mongodb+srv://admin:{}@cluster0.example/?retryWrites=true", "p@ss/w:rd"),
    ("redis://:{}@localhost:6379/0", "hunter2"),
    ("fetching https://user:{}@proxy:8080/ failed", "hunter2"),
    ("git clone https://{}@git.example/x.git", LONG),
    ("password={}", "hunter2"),
    ("password={} next", "a,b)c&d"),
    ("PASSWORD: {}", "hunter2"),
    ("db_password = '{}'", "two words"),
    ('passphrase="{}"', 'quote \\" inside'),
    ("secret => {}", "hunter2"),
    ("assert password == '{}'", "hunter2"),
    ("client_secret:\n  {}", "hunter2"),
    ("the passwords: ['{}', 'b']", "hunter2"),
    ('{{"token": "{}", "ok": true}}', "hunter2"),
    ('{{"auth": {{"apiKey":"{}"}}}}', "hunter2"),
    ('{{"pin_token": {}, "ok": true}}', "48151623"),
    ('"{{\\"password\\": \\"{}\\"}}"', "two words"),
    ("{{'api_key': '{}'}}", "hunter2"),
    ("<password>{}</password>", "hunter2"),
    ('<add key="x"/><accessToken type="a">{}</accessToken>', "hunter2"),
    ("tool --password {} --verbose", "hunter2"),
    ("tool --password='{}' --verbose", "two words"),
    ("tool --api-key '{}'", "two words"),
    ("['tool', '--token', '{}']", "hunter2"),
    ("curl -u admin:{} https://example", "hunter2"),
    ("sshpass -p {} ssh host", "hunter2"),
    ("mysql -u root -p{} db", "hunter2"),
    ("create user x identified by '{}'", "hunter2"),
    ("machine host login bob password {}", "hunter2"),
    ("HOME=/root\nDB_PASS={}\nPATH=/bin", "hunter2"),
    ("export AWS_SECRET_ACCESS_KEY={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("PGPASSWORD={} psql", "hunter2"),
    ("MYSQL_PWD={}", "hunter2"),
    ("Server=db;User Id=sa;Password={};Encrypt=true", "hunter2"),
    ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey={}", "abc/def+ghi=="),
    ("Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey={}", "abc/def+ghi="),
    ("https://x.blob.example/c?sv=2024&sig={}&se=2026", "abc%2Fdef%3D"),
    ("https://s3.example/x?X-Amz-Signature={}", HEX),
    ("https://api.example/v1?key={}", "hunter2"),
    ("Authorization: Basic {}", "dXNlcjpwYXNzd29yZA=="),
    ("Authorization: Token {}", "hunter2"),
    ('Authorization: Digest username="bob", response="{}"', HEX),
    ("Authorization: AWS4-HMAC-SHA256 Credential=x, Signature={}", HEX),
    ('curl -H "Authorization: Bearer {}" https://example', "hunter2hunter2"),
    ('{{"Authorization": "ApiKey {}"}}', "hunter2"),
    ("X-Api-Key: {}", "hunter2"),
    ("PRIVATE-TOKEN: {}", "hunter2"),
    ("got Bearer {} back", "abcDEF123456"),
    ("sent basic {} to it", "dXNlcjpwYXNz"),
    ("Cookie: a=1; csrf={}", "hunter2"),
    ("Set-Cookie: sid={}; HttpOnly", "hunter2"),
    ("JSESSIONID={}", "hunter2"),
    ("PHPSESSID: {}", "hunter2"),
    ("jwt {} expired", JWT),
    ("id {} used", "AKIAIOSFODNN7EXAMPLE"),
    ("{} used", "ASIAIOSFODNN7EXAMPLE"),
    ("{} used", "ghp_" + LONG),
    ("{} used", "github_pat_11ABCDEFG0_" + LONG),
    ("{} used", "glpat-" + LONG[:20]),
    ("{} used", "xoxb-1234567890-" + LONG[:24]),
    ("{} used", "sk_live_" + LONG[:24]),
    ("{} used", "rk_test_" + LONG[:24]),
    ("{} used", "whsec_" + LONG[:32]),
    ("{} used", "sk-proj-" + LONG),
    ("{} used", "AIza" + LONG[:35]),
    ("{} used", "ya29." + LONG),
    ("{} used", "npm_" + LONG),
    ("{} used", "pypi-AgEIcHlwaS5vcmc" + LONG),
    ("{} used", "hf_" + LONG),
    ("{} used", "dckr_pat_" + LONG[:27]),
    ("{} used", "SG." + LONG[:22] + "." + LONG),
    ("{} used", "dapi" + HEX),
    ("{} used", "shpat_" + HEX),
    ("{} used", "AGE-SECRET-KEY-1QQPQY"),
    ("post to https://hooks.slack.com/services/{}", "T000/B000/XXXXXXXX"),
    ("post to https://x.webhook.office.com/webhookb2/{}", "a@b/IncomingWebhook/c"),
    ("post to https://discord.com/api/webhooks/{}", "1/abc"),
    ("https://api.telegram.org/bot{}/send", "12345:ABC"),
    (f"-----BEGIN RSA PRIVATE KEY-----\n{{}}\n{KEY}\n-----END RSA PRIVATE KEY-----", KEY[::-1]),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\n{}", KEY),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}\n-----END PGP PRIVATE KEY BLOCK-----", KEY),
    ('{{"private_key": "-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n"}}', KEY),
    ("…\n{}\n-----END EC PRIVATE KEY-----", KEY),
    ("mail to {} failed", "ann.o'neil+x@mail.example.com"),
    ("von {}", "jörg@müller.example"),
)


@pytest.mark.parametrize(
    ("template", "secret"), SECRETS, ids=[f"{n}-{s[0][:30]!r}" for n, s in enumerate(SECRETS)]
)
@pytest.mark.parametrize("around", ["{}", "line one\n{}\nline three", "x" * 50 + " {} " + "y" * 50])
def test_a_planted_secret_is_gone(template: str, secret: str, around: str) -> None:
    text = around.replace("{}", template.replace("{}", "\0").replace("{{", "{").replace("}}", "}"))
    cleaned = redact.redact(text.replace("\0", secret))
    assert secret not in cleaned
    assert redact.SECRET in cleaned or redact.ADDRESS in cleaned


KEPT = (
    "token expected at line 3",
    "key: value pairs",
    "basic auth test passed",
    "Basic authentication works",
    "basic functionality of the parser",
    "the next-token prediction failed",
    "expected 3 tokens, found 4",
    "pass=5 fail=2 skip=1",
    "password is required",
    "secretary of the session",
    "0123456789abcdef0123456789abcdef01234567",
    "123e4567-e89b-12d3-a456-426614174000",
    "69ab12cd34ef5678901234aa",
    "/usr/lib/python3.11/site-packages/mongo/auth.py:12",
    "C:\\Users\\ci\\work\\test_key.py",
    "https://example.com:8443/a/b?page=2#top",
    "tests/test_login.py::test_token[chromium-1]",
    "npm_config_registry was not set",
    "lodash@4.17.21 is installed",
    "com.foo.Bar@1a2b3c",
    "duplicate key value violates unique constraint pk_execution_results_2024",
    "glucose-measurement-with-a-long-name",
    "AssertionError: assert 5 == 6",
    "a < b and c > d; x := 5",
    "::std::vector<int>@plt",
    "key-value-store",
    "2026-03-01T10:00:00.123+00:00",
    "",
)


@pytest.mark.parametrize("text", KEPT)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact.redact(text) == text


def test_all_messages_of_the_real_history_stay_as_they_are() -> None:
    messages = pl.read_parquet(MESSAGES, columns=["message"])["message"].drop_nulls().unique()
    assert messages.len() == 361
    assert redact._cleaned(messages).equals(messages)


def test_json_stays_json() -> None:
    value = {
        "password": "hunter2",
        "token_count": 5,
        "nested": {"api_key": None, "ok": [1, 2]},
        "secret": True,
    }
    cleaned = json.loads(redact.redact(json.dumps(value)))
    assert cleaned["nested"]["ok"] == [1, 2]
    assert (cleaned["password"], cleaned["secret"]) == (redact.SECRET, redact.SECRET)


FRAGMENTS = st.sampled_from(
    [template.replace("{}", secret)[:size] for template, secret in SECRETS for size in (8, 16, 24, 200)]
    + [
        *KEPT,
        "=",
        ": ",
        " ",
        "\n",
        '"',
        "'",
        "@",
        "://",
        "--",
        "\\",
        "{",
        "}",
        "x",
        "é",
        "basic ",
        "?key=",
        "-u ",
    ]
)


@settings(max_examples=15)
@given(st.lists(st.lists(FRAGMENTS, min_size=1, max_size=4).map("".join), min_size=30, max_size=60))
def test_no_hint_hides_a_text_that_a_pattern_would_change(texts: list[str]) -> None:
    given_texts = pl.Series(texts)
    assert redact._redacted(given_texts).to_list() == redact._cleaned(given_texts).to_list()


def test_a_redacted_text_is_left_as_it_is() -> None:
    once = redact._cleaned(pl.Series([template.replace("{}", secret) for template, secret in SECRETS]))
    assert redact._cleaned(once).to_list() == once.to_list()


def test_a_cap_never_leaves_half_a_secret() -> None:
    texts = [
        f"{'x' * 80} postgres://admin:hunter2@db",
        f"{'x' * 80} -----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END",
    ]
    for length in range(80, 160, 3):
        capped = redact_frame(pl.DataFrame({"message": texts, "other": texts}), {"message": length})
        assert capped["message"].str.len_chars().max() <= length  # type: ignore[operator]
        assert not capped["message"].str.contains("hunt|MII").any()


def test_a_frame_keeps_its_shape_its_nulls_and_its_other_columns() -> None:
    frame = pl.DataFrame(
        {
            "text": [None, "", "token=abc", "plain"],
            "list": [None, [], ["a", None, "token=abc"], ["plain"]],
            "number": [1, 2, 3, None],
        }
    )
    assert redact_frame(frame).rows() == [
        (None, None, 1),
        ("", [], 2),
        ("token=[redacted]", ["a", None, "token=[redacted]"], 3),
        ("plain", ["plain"], None),
    ]
    assert redact_frame(frame.clear()).equals(frame.clear())


# --- a document stuffed with secrets


PLANTED = ("hunter2swordfish", "ghp_" + LONG, "ann.smith@mail.example.com", KEY)


def stuffed(field: Field) -> Any:
    """A secret in every text there is, of each form in turn."""
    if isinstance(field, Struct):
        return {name: stuffed(child) for name, child in field.fields.items()}
    if isinstance(field, Structs):
        return [{name: stuffed(child) for name, child in field.fields.items()}] * 2
    if field in (Kind.TEXT, Kind.REFERENCE, Kind.LABEL):
        return (
            f"at password={PLANTED[0]} and {PLANTED[1]} of {PLANTED[2]}\n-----BEGIN PRIVATE KEY-----\n{KEY}"
        )
    if field is Kind.TEXTS:
        return [f"token: {PLANTED[0]}", PLANTED[1], PLANTED[2], "plain"]
    if field is Kind.JSON:
        return {
            "password": PLANTED[0],
            "list": [PLANTED[1], {PLANTED[2]: f"-----BEGIN PRIVATE KEY-----{KEY}"}],
        }
    return {Kind.TIME: START, Kind.FLAG: True, Kind.WHOLE: 1, Kind.NUMBER: 1.5}[field]


def stuffed_document(document: Document) -> Values:
    extra = {"input_data": PLANTED[0], "hashed_password": PLANTED[1], "debug_data": {"x": PLANTED[2]}}
    return {name: stuffed(field) for name, field in document.fields.items()} | extra


def policy(folder: Path) -> ReadPolicy:
    bounds = DayBounds(date(2000, 1, 1), date(2030, 1, 1))
    return ReadPolicy(IdentityPaths(), bounds, TextLimits(4000, 8000), folder / "people", ("system",))


def found_in(frame: pl.DataFrame) -> list[str]:
    """Planted secrets that stand in any text of the frame, however nested."""
    content = json.dumps(frame.rows(), default=str, ensure_ascii=False)
    return [secret for secret in PLANTED if secret in content]


def test_no_planted_secret_reaches_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.clear()
    kinds = (EXECUTION, STEP, RESULT, STATE_CHANGE, QUEUE_ENTRY)
    for number, document in enumerate(kinds):
        batch = Batch(stream(stuffed_document(document), {**stuffed_document(document), "_id": object_id(1)}))
        report = work(
            Task(document, batch, number, is_summed=True, collection="some"), policy(tmp_path), spool
        )
        assert (report.document_count, report.refused) == (2, [])
    files = sorted(spool.root.rglob("*.parquet"))
    assert len(files) == 7
    for file in files:
        assert found_in(pl.read_parquet(file)) == [], file
        assert [secret for secret in PLANTED if secret.encode() in file.read_bytes()] == []


def test_no_planted_secret_reaches_the_catalog(tmp_path: Path) -> None:
    people = People(tmp_path / "people", ("system",))
    for document, rows in (
        (CASE, catalog.tests),
        (SUITE, catalog.suites),
        (ITEM, catalog.items),
        (USER, catalog.users),
    ):
        frame = decode(document, Batch(stream(stuffed_document(document)))).frame
        assert frame.height == 1
        assert found_in(rows(frame, people)) == []


@pytest.mark.parametrize(
    "document", [EXECUTION, STEP, RESULT, CASE, SUITE, ITEM, USER], ids=lambda one: one.name
)
def test_no_planted_secret_reaches_the_quarantine(tmp_path: Path, document: Document) -> None:
    fields = document.fields.items()
    wrong = next(
        name for name, field in fields if field in (Kind.TIME, Kind.FLAG) or isinstance(field, Struct)
    )
    batch = Batch(stream({**stuffed_document(document), wrong: PLANTED[0]}))
    refused = decode(document, batch).refused
    assert len(refused) == 1
    lake = Lake(tmp_path / "lake")
    keep_quarantine(lake, [(document.name, one) for one in refused], [], START)
    rows = lake.scan(QUARANTINE).collect()
    assert rows.height == 1
    assert found_in(rows) == []


# --- keys


def test_keys_that_hold_secrets_stay_apart_and_stay_the_same(tmp_path: Path) -> None:
    keys = pl.Series(
        "key", ["login[ann@x.example]", "login[bob@x.example]", "plain", None, "login[ann@x.example]"]
    )
    first = safe_keys(keys, People(tmp_path / "people", ())).to_list()
    again = safe_keys(keys.reverse(), People(tmp_path / "people", ())).to_list()[::-1]
    assert first == again
    assert len(set(first)) == 4
    assert first[2:4] == ["plain", None]
    assert all(key.startswith("login[[e-mail]]~") for key in (first[0], first[1]))
    assert "ann" not in (tmp_path / "people").read_text()
    assert redact_frame(pl.DataFrame({"key": first}))["key"].to_list() == first


def test_two_tests_whose_keys_differ_in_an_address_alone_are_two_tests(tmp_path: Path) -> None:
    people = People(tmp_path / "people", ())
    ids = ["t[a@x.example]", "t[b@x.example]"]
    cases = catalog.tests(decode(CASE, Batch(stream(*({"_id": one} for one in ids)))).frame, people)
    suite = {"_id": "s", "suite_items": [{"test_item_id": one, "order": n} for n, one in enumerate(ids)]}
    suites = catalog.suites(decode(SUITE, Batch(stream(suite))).frame, people)
    assert cases["test_key"].n_unique() == 2
    assert suites["item_keys"].to_list() == [cases["test_key"].to_list()]
    spool = Spool(tmp_path / "spool")
    spool.clear()
    executions = [
        {"_id": f"e[{n}@x.example]", "test_case_id": one, "triggered_at": START} for n, one in enumerate(ids)
    ]
    task = Task(EXECUTION, Batch(stream(*executions)), 1, is_summed=False, collection="some")
    work(task, policy(tmp_path), spool)
    rows = pl.read_parquet(spool.root / "raw_executions" / "*.parquet")
    assert rows["execution_key"].n_unique() == 2
    assert rows["test_case_id"].to_list() == cases["test_key"].to_list()
