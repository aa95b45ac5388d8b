"""Past answers stay as they were whatever people decide and whatever lists bring later, not only across one import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.commands import Commands, commands_on
from tests.functional.test_two_clocks import QUESTIONS, USAGE, clocks_of, data_of, first_list, get
from tests.lists import cost_map, small_list

DESCRIBED = {
    "id": "acme-large",
    "name": "Renamed",
    "tool_call": True,
    "limit": {"context": 99_999, "output": 77},
    "cost": {"input": 2.7, "output": 10},
}


def older_list() -> bytes:
    """The small list with an offering that newer ones have no more."""
    providers = json.loads(small_list())
    providers[0]["models"].append({"id": "acme-old", "match": {"equals": "acme-old"}, "prices": {"input_mtok": 1}})
    return json.dumps(providers).encode()


LISTS = {
    "same": first_list(),
    "older": older_list(),
    "other": cost_map(**{"acme-large": 2.6, "acme-embed": 0.05}),
    "describing": json.dumps(
        {"acme": {"id": "acme", "name": "ACME Inc", "models": {"acme-large": DESCRIBED}}}
    ).encode(),
}
BEFORE = "import genai-prices {folder}/first.json --published 2026-11-15"
# Each changes an answer; those that end something follow what they end.
CHANGES = (
    "import litellm {folder}/other.json --published 2026-11-10",
    "pin acme/acme-large input_tokens 2.40",
    "pin acme/acme-large input_tokens 2.30",
    "alias add my-name acme/acme-large",
    "alias add mini acme/acme-long",
    "exchange add EUR 1.08 --source ECB --from 2026-11-01",
    "exchange add EUR 1.09 --source ECB --from 2026-11-02",
    "rate add acme/acme-* --discount 12.5% --from 2026-01-01",
    "rate end 1",
    "unpin acme/acme-large input_tokens",
    "alias end my-name",
    "trust set acme litellm 1",
    "import genai-prices {folder}/same.json",
    "import genai-prices {folder}/older.json --published 2026-11-12",
    "import models-dev {folder}/describing.json --allow-drop",
    "trust clear acme litellm",
)


def quote(**question: Any) -> Any:
    def ask(app: TestApp, **clocks: str) -> bytes:
        return app.post_json("/api/v1/quotes", USAGE | question | clocks, status="*").body

    return ask


MORE = {
    "quote in euros": quote(currency="EUR"),
    "quote by an own alias": quote(model="my-name"),
    "quote of a name that changes its meaning": quote(model="mini", provider="acme"),
    "list by when it was verified": get("/api/v1/models?updated_within_days=30&sort=-verified_at"),
    "details of what is changed most": get("/api/v1/models/acme/acme-large"),
    "details of another seller's": get("/api/v1/models/bazaar/acme/acme-large"),
}
ASK = {name: ask for name, (ask, _) in QUESTIONS.items()} | MORE


@pytest.fixture
def commands(tmp_path: Path, book_url: str, redis_url: str) -> Commands:
    for name, data in ({"first": first_list()} | LISTS).items():
        (tmp_path / f"{name}.json").write_bytes(data)
    return commands_on(tmp_path, book_url, redis_url)


def answers(app: TestApp) -> dict[str, bytes]:
    """All answers of now but refusals, by the name of the question."""
    found = {name: ask(app) for name, ask in ASK.items()}
    return {name: answer for name, answer in found.items() if not answer.startswith(b'{"error"')}


def said(answer: bytes) -> Any:
    """What an answer says beside its clocks."""
    data = json.loads(answer)["data"]
    items = data.get("items", [data]) if isinstance(data, dict) else data
    return [{**item, "known_at": None} if "known_at" in item else item for item in items]


def assert_the_same_again(app: TestApp, told: dict[str, bytes], after: str) -> None:
    changed = [name for name, body in told.items() if data_of(ASK[name](app, **clocks_of(body))) != data_of(body)]
    assert changed == [], after


def test_no_decision_and_no_list_changes_a_past_answer(testapp: TestApp, commands: Commands, tmp_path: Path) -> None:
    def do(change: str) -> None:
        result = commands.run(change.format(folder=tmp_path))
        assert result.exit_code == 0, result.output

    do(BEFORE)
    first = before = answers(testapp)
    for change in CHANGES:
        do(change)
        assert_the_same_again(testapp, before, after=change)
        now = answers(testapp)
        assert any(said(now[name]) != said(before[name]) for name in now if name in before), change
        before = now
    assert_the_same_again(testapp, first, after="all of them")
