"""What somebody took out of opencode's messages and ccusage's reports of Codex is never passed over in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmpricing.services.usage_log.formats.files import UsageFiles, usage_file
from llmpricing.services.usage_log.formats.record import OutcomeKind
from tests.usage_twins import documents, lines


def _no_role(session: Any) -> None:
    for message in session["messages"]:
        message["info"].pop("role")


def _no_types(session: Any) -> None:
    for part in session["messages"][2]["parts"]:
        part.pop("type")


def _no_tokens(session: Any) -> None:
    for part in session["messages"][2]["parts"]:
        part.pop("tokens", None)


def _one_model(report: Any) -> None:
    report["daily"][1]["models"].popitem()


def _no_cache_of_one(report: Any) -> None:
    report["daily"][1]["models"]["gpt-5-mini"].pop("cachedInputTokens")


@pytest.mark.parametrize(
    ("name", "cut", "billed", "unpriced"),
    [
        ("opencode-session.json", _no_role, 0, 2),
        ("opencode-session.json", _no_types, 3, 0),
        ("opencode-session.json", _no_tokens, 1, 2),
        ("ccusage-codex.json", _one_model, 2, 1),
        ("ccusage-codex.json", _no_cache_of_one, 2, 1),
    ],
)
def test_what_was_cut_is_told_of(
    tmp_path: Path, name: str, cut: Callable[[Any], None], billed: int, unpriced: int
) -> None:
    (found,) = documents(name)
    cut(found)
    path = tmp_path / "upload"
    path.write_bytes(lines([found]))
    kinds = [one.outcome.kind for one in UsageFiles([usage_file(path)]).records()]
    assert (kinds.count(OutcomeKind.BILLED), kinds.count(OutcomeKind.UNPRICED)) == (billed, unpriced)
