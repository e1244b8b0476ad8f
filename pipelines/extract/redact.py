"""Takes what looks like a secret or an e-mail address out of every text before anything is written.

What belongs here: the patterns and the function over a frame. What does not: people (people.py). Redaction is
a net, not a promise: fields that are known to hold secrets are never read at all (documents.py).
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

SECRET: Final = "[redacted]"
ADDRESS: Final = "[e-mail]"

_WORD: Final = (
    r"(?:password|passwd|passphrase|pwd|secret|token|credentials?|authorization|cookie|session[_-]?id|sessid"
    r"|connect\.sid|(?:api|access|account|private|client|signing|encryption|master|shared)[_-]?key"
    r"|x-amz-signature|x-goog-signature|(?:db|pg|sql|redis|smtp|mail|ftp|admin|root|user|login|auth)[_-]pass)"
)
_QUOTED: Final = (
    r"""(?:\\"(?:[^"\\]|\\[^"])*(?:\\"|$)|"(?:[^"\\]|\\(?s:.))*(?:"|$)|'(?:[^'\\]|\\(?s:.))*(?:'|$))"""
)
"""A text in quotes, in escaped ones (JSON inside JSON), or in quotes that a cut left open."""
_BARE: Final = r"""(?:[^\s"',;&)}\]]+(?:[,&)}\]]+[^\s"',;&)}\]]+)*)"""
"""A text without quotes: to the next blank, but without the punctuation behind it."""
_VALUE: Final = rf"(?:{_QUOTED}|\[[^\]]*(?:\]|$)|\{{[^}}]*(?:\}}|$)|{_BARE})"
_IS: Final = r"(?:=>|:=|!?={1,3}|:)"
_SCHEMES: Final = r"(?:basic|bearer|digest|negotiate|ntlm|token|api-?key|hawk|signature|aws4-hmac-sha256)"
_MIXED: Final = (
    r"[A-Za-z0-9+/_.~-]*(?:[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z])[A-Za-z0-9+/_.~-]{6,}={0,2}"
    r"|[A-Za-z0-9+/_.~-]{7,}(?:[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z]|=)[A-Za-z0-9+/_.~=-]*"
)
"""Eight characters and more that no sentence holds: cases or digits inside a word, or Base64's padding."""

_TOKENS: Final = (
    r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,4}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}",
    r"\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}",
    r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_-]{16,}",
    r"\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}",
    r"\b(?:npm_|hf_)[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{40,}",
    r"\bdckr_[a-z]{3}_[A-Za-z0-9_-]{16,}|\bdo[opr]_v1_[0-9a-f]{32,}",
    r"\bshp[a-z]{2}_[0-9a-fA-F]{32}|\bdapi[0-9a-f]{32}|\bglsa_\w{20,}",
    r"\b[spr]k_(?:live|test)_[A-Za-z0-9]{10,}|\bwhsec_[A-Za-z0-9+/=]{16,}|\bsk-[A-Za-z0-9_-]{20,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bkey-[0-9a-f]{32}\b",
    r"\bAGE-SECRET-KEY-[A-Z0-9]+",
)
"""Keys that tell by their form whose they are."""

_BEHIND: Final = (
    rf"(?i)(authorization[\"']?\s*[:=]\s*)(?:{_QUOTED}|{_SCHEMES}\s[^\r\n]*)",
    rf"(?i)(\bcookie[\"']?\s*[:=]\s*)(?:{_QUOTED}|[^\s\"'][^\r\n]*)",
    rf"\b((?i:bearer|basic|digest)\s+)(?:{_MIXED}|[A-Za-z0-9._~+/-]{{24,}}=*)",
    r"(?i)(hooks\.slack\.com/\w+/|hooks\.zapier\.com/)[^\s\"'<>]+",
    r"(?i)(webhook\.office\.com/|outlook\.office\.com/webhook/)[^\s\"'<>]+",
    r"(?i)(discord(?:app)?\.com/api/webhooks/|api\.telegram\.org/bot)[^\s\"'<>]+",
    r"(?i)([?&](?:key|code|sig|signature|auth|jwt|pass)=)[^\s\"'&#<>]+",
    rf"(?i)((?:^|[\s\"'\[,(])--?[\w-]*{_WORD}[\w-]*[\"']?[,\s]\s*)(?:{_QUOTED}|\[[^\]]*\]|[^\s\"'\[-]\S*)",
    r"(?i)((?:^|\s)(?:-u|--user)[\s=]\s*)[^\s:\"']+:\S+",
    rf"(?i)(\bsshpass\s+-p\s*|\bmysql\w*\s[^\r\n]*?\s-p)(?:{_QUOTED}|[^\s\"']+)",
    rf"(?i)(\bidentified\s+by\s+|\blogin\s+\S+\s+password\s+)(?:{_QUOTED}|\S+)",
    rf"(?i)([\w.-]*{_WORD}[\w.-]*(?:'|\\\")?\s*{_IS}\s*){_VALUE}",
    rf"(?i)(<[\w:.-]*{_WORD}[\w.-]*(?:\s[^<>]*)?>)[^<]+",
)
"""What stands before a secret, as the group that is kept, and the secret."""

PATTERNS: Final = (
    (
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----|$)",
        SECRET,
    ),
    (r"[A-Za-z0-9+/=\s\\]*-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----", SECRET),
    (r"""(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:"'<>]*:[^\s"'<>]*@""", "${1}" + SECRET + "@"),
    (r"(?i)\b(https?://)[\w.~%-]{20,}@", "${1}" + SECRET + "@"),
    *((pattern, SECRET) for pattern in _TOKENS),
    # In JSON the value stays a text, so that it can still be parsed.
    (rf"(?i)([\w.-]*{_WORD}[\w.-]*\"\s*{_IS}\s*){_VALUE}", '${1}"' + SECRET + '"'),
    *((pattern, "${1}" + SECRET) for pattern in _BEHIND),
    (r"[\w.%+'-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]\w+", ADDRESS),
)

_HINTS: Final = (
    *("passw", "passphrase", "pwd", "secret", "token", "key", "credential", "authorization", "session"),
    *("sessid", "connect.sid", "signature", "_pass", "-pass", "pass=", "cookie", "bearer", "basic", "digest"),
    *("private", "://", "@", "eyj", "akia", "asia", "aiza", "ya29.", "github_pat_"),
    *("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "glimt-"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xox", "xapp-", "npm_", "hf_", "pypi-", "dckr_", "_v1_"),
    *("shp", "dapi", "sk_", "pk_", "rk_", "sk-", "whsec_", "sg.", "hooks.", "webhook", "telegram"),
    *("code=", "sig=", "auth=", "jwt=", "-u", "--user", "mysql", "identified"),
)
"""What every pattern needs somewhere: a text without any of these is left alone, at the speed of one scan."""


def redact(text: str) -> str:
    """One text without what looks like a secret."""
    return str(_redacted(pl.Series([text], dtype=pl.String))[0])


def redact_frame(frame: pl.DataFrame, caps: Mapping[str, int] | None = None) -> pl.DataFrame:
    """The frame with every text and list of texts redacted; then these columns cut to so many characters.

    In this order: a pattern does not know half of a secret.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    hits = frame.select(_is_suspicious(pl.col(texts)).any()).row(0, named=True) if texts else {}
    columns = [_redacted(frame[name]) for name in texts if hits[name]]
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    clean = frame.with_columns(*columns, *(_redacted_lists(frame[name]) for name in lists))
    return clean.with_columns(pl.col(name).str.head(length) for name, length in (caps or {}).items())


def _is_suspicious(texts: pl.Expr) -> pl.Expr:
    return texts.str.contains_any(list(_HINTS), ascii_case_insensitive=True)


def _redacted(texts: pl.Series) -> pl.Series:
    unique = texts.to_frame().select(pl.all().unique()).filter(_is_suspicious(pl.all())).to_series()
    return texts if unique.is_empty() else texts.replace(unique, _cleaned(unique))


def _redacted_lists(lists: pl.Series) -> pl.Series:
    flat = lists.explode(empty_as_null=False, keep_nulls=False)
    if flat.equals(_redacted(flat)):
        return lists
    return lists.to_frame().select(
        pl.col(lists.name).list.eval(pl.element().map_batches(_redacted, return_dtype=pl.String))
    )[lists.name]


def _cleaned(texts: pl.Series) -> pl.Series:
    for pattern, replacement in PATTERNS:
        texts = texts.str.replace_all(pattern, replacement)
    return texts
