"""Which requesters of executions are no person.

What belongs here: dividing the values of triggered_by, so that no person is named by a report. What does
not: the surrogates (people.py) and the setting people_words (profile/settings.py).
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from pipelines.extract.profile.facts import ranked

_MACHINES: Final = frozenset(
    {
        *("system", "ci", "cd", "cicd", "bot", "robot", "svc", "service", "api", "job", "batch", "runner"),
        *(
            "jenkins",
            "gitlab",
            "github",
            "githubactions",
            "bitbucket",
            "teamcity",
            "bamboo",
            "circleci",
            "travis",
        ),
        *("azure", "azuredevops", "devops", "buildkite", "argo", "argocd", "tekton", "airflow", "drone"),
        *("scheduler", "scheduled", "schedule", "cron", "timer", "nightly", "daily", "weekly", "automation"),
        *("automated", "auto", "pipeline", "webhook", "trigger", "daemon", "orchestrator", "deployment"),
        *("actions", "build", "monitoring", "anonymous", "unknown", "default", "none"),
    }
)
"""Parts of names that machines have."""
_SHORT: Final = 20
_FREQUENT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Requesters:
    """Who asked for executions. `words`: no persons, by all parts of their name; `possible`: by one part.

    The others could be log-in names, so they are counted, not named.
    """

    words: dict[str, int]
    possible: dict[str, int]
    unnamed_word_count: int
    unnamed_word_executions: int
    id_executions: int
    address_executions: int
    other_executions: int


def requesters(names: Counter[str], words_in_force: tuple[str, ...]) -> Requesters:
    """Divides values of triggered_by: a word of machines is named; any other could be a log-in name."""
    known = {text.casefold() for text in words_in_force}
    machines: Counter[str] = Counter()
    possible: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    unnamed: set[str] = set()
    for name, count in names.items():
        text = name.strip().casefold()
        if "@" in text:
            counts["address"] += count
        elif re.fullmatch(r"[0-9a-f]{24}|[0-9a-f-]{36}|\d+", text):
            counts["id"] += count
        elif text in known or _machine_share(text) == 1:
            machines[text] += count
        elif _machine_share(text):
            possible[text] += count
        elif re.fullmatch(r"[\w.-]+", text) and len(text) <= _SHORT and count >= _FREQUENT * names.total():
            unnamed.add(text)
            counts["unnamed"] += count
        else:
            counts["other"] += count
    return Requesters(
        words=ranked(machines),
        possible=ranked(possible),
        unnamed_word_count=len(unnamed),
        unnamed_word_executions=counts["unnamed"],
        id_executions=counts["id"],
        address_executions=counts["address"],
        other_executions=counts["other"],
    )


def _machine_share(text: str) -> float:
    """The share of a name's parts that machines have; 0 for what is no short word."""
    if len(text) > 2 * _SHORT or not re.fullmatch(r"[a-z0-9_.:/\[\]-]+", text):
        return 0.0
    tokens = [token for token in re.split(r"[^a-z]+", text) if token]
    return sum(token in _MACHINES for token in tokens) / max(len(tokens), 1)
