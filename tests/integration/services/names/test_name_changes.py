"""Which names an import gave another answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from llmpricing.services.names.coverage import NamedAt
from llmpricing.services.names.name_changes import NameChange, changed_names
from tests.commands import commands_on
from tests.conftest import NOW
from tests.integration.services.names.test_names_of_the_time import load, model, sellers

LATER = NOW + timedelta(days=1)


def test_a_name_changes_by_an_import_that_says_something_new_of_it(empty_session: Session) -> None:
    load(empty_session, sellers()[:2], month=5, hours=0)
    since = NOW + timedelta(hours=1)
    assert changed_names(empty_session, since, LATER) == []
    listed = sellers()[:2]
    listed[1]["models"].append(model("beta-1"))
    listed.append({**sellers()[2], "id": "third", "name": "Third", "models": [model("beta-1")]})
    load(empty_session, listed, month=6, hours=2)
    assert changed_names(empty_session, since, LATER) == []  # new offerings, not changed names
    assert changed_names(empty_session, since, LATER, ["beta-1", "none-such"]) == [
        NameChange(NamedAt("beta-1"), (), ("cloud/beta-1", "third/beta-1"))
    ]


def test_a_name_that_another_seller_takes_up_has_changed(empty_session: Session) -> None:
    listed = sellers()[:2]
    listed[1]["models"].append(model("beta-1"))
    load(empty_session, listed, month=5, hours=0)
    since = NOW + timedelta(hours=1)
    listed.append({**sellers()[2], "id": "third", "name": "Third", "models": [model("beta-1")]})
    load(empty_session, listed, month=6, hours=2)
    assert changed_names(empty_session, since, LATER) == [
        NameChange(NamedAt("beta-1"), ("cloud/beta-1",), ("cloud/beta-1", "third/beta-1"))
    ]
    assert changed_names(empty_session, LATER, LATER) == []


def test_the_command_tells_them(tmp_path: Path, empty_session: Session, empty_book_url: str, redis_url: str) -> None:
    listed = sellers()[:2]
    listed[1]["models"].append(model("beta-1"))
    load(empty_session, listed, month=5, hours=0)
    empty_session.commit()
    run = commands_on(tmp_path, empty_book_url, redis_url).run
    told = run("changes", "--since", "2026-11-22T13:00:00Z", "--names")
    assert (told.exit_code, told.output) == (0, "No name changed its answer.\n")
    listed.append({**sellers()[2], "id": "third", "name": "Third", "models": [model("beta-1")]})
    load(empty_session, listed, month=6, hours=2)
    empty_session.commit()
    names = tmp_path / "names"
    names.write_text("beta-1 # ours\n", encoding="utf-8")
    told = run("changes", "--since", "2026-11-22T13:00:00Z", "--names", "--models", str(names))
    assert told.exit_code == 3
    assert told.output == "beta-1: cloud/beta-1 -> cloud/beta-1 or third/beta-1\n"
