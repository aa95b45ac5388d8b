"""The migrations as their files tell them, without what runs them."""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory

from llmpricing.models.revisions import head, known_revisions, location


def test_the_names_of_the_files_tell_what_alembic_finds_in_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(location()))
    found = ScriptDirectory.from_config(config)
    assert known_revisions() == tuple(script.revision for script in found.walk_revisions())
    assert head() == found.get_current_head()
