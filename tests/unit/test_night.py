"""What a night tells the build: the files that settings name.

What belongs here: from settings to the policy. What does not: whole nights (integration/).
"""

from pathlib import Path

import pytest

from pipelines.night import build_policy
from pipelines.settings import Settings
from warehouse.errors import UsageError
from warehouse.policy import BuildPolicy

ALIASES = '[[alias]]\nformer = "a"\nnow = "b"\nby = "Anna"\non = 2026-11-30\nreason = "moved"\n'
ACCEPTED = '[[accepted]]\ntest = "t"\nby = "Ben"\non = 2026-11-30\nreason = "known"\n'


def test_registers_come_from_the_files_that_settings_name(tmp_path: Path) -> None:
    aliases, accepted = tmp_path / "aliases.toml", tmp_path / "accepted.toml"
    aliases.write_text(ALIASES)
    accepted.write_text(ACCEPTED)
    policy = build_policy(Settings(aliases=aliases, accepted_regressions=accepted))
    assert [alias.former for alias in policy.aliases] == ["a"]
    assert [one.test for one in policy.accepted_regressions] == ["t"]
    assert build_policy(Settings()) == BuildPolicy()


@pytest.mark.parametrize("name", ["policy", "aliases", "accepted_regressions"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        build_policy(Settings.model_validate({name: tmp_path / "none.toml"}))
