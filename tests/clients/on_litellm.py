"""LiteLLM on its feed: nothing it knew is lost, and calls cost what our quote says, before and after an announced step.

``make clients``; not a part of ``make test``, for LiteLLM lives in an environment of its own. The map is the one in its
package, so that the names are its own.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmpricing.sources.litellm.names import read_name
from tests.oracles.litellm.entries import LOG_IN
from tests.unplugged.serving import Site

HERE = Path(__file__).parent
MAP = "lib/*/site-packages/litellm/model_prices_and_context_window_backup.json"
CALLS = 500
SEED = 20261127
SIZES = (0, 7, 999, 12_345, 127_999, 128_001, 200_001, 272_001)
_OWN_CALCULATOR = ("perplexity",)  # knows no price of cached tokens, and of a request none but with its searches
_TEXT = ("chat", "completion", "responses")


@dataclass(frozen=True)
class Call:
    """One request of a model, in LiteLLM's words and in ours."""

    model: str
    family: str
    fresh: int
    cached: int
    answer: int

    @property
    def provider(self) -> str:
        """As LiteLLM's own callers name it."""
        family = self.family
        return "vertex_ai" if family.startswith("vertex_ai") else family.replace("bedrock_converse", "bedrock")

    @property
    def asked(self) -> dict[str, Any]:
        usage = {
            "prompt_tokens": self.fresh + self.cached,
            "completion_tokens": self.answer,
            "total_tokens": self.fresh + self.cached + self.answer,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }
        return {"model": self.model, "provider": self.provider, "usage": usage}

    def quoted(self, at: str) -> dict[str, Any]:
        counts = {"input_tokens": self.fresh + self.cached, "cache_read_tokens": self.cached}
        return {
            "model": self.model,
            "provider": self.provider,
            "at": at,
            "usage": counts | {"output_tokens": self.answer},
        }


def calls(listed: Mapping[str, Any], always: Sequence[str]) -> list[Call]:
    """Calls of names drawn from the client's own list, ``always`` of these first; the same seed, the same calls."""
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    names = [name for name, entry in listed.items() if _is_text(entry)]
    numbers.shuffle(names)
    return [_call(name, listed[name], numbers) for name in (*always, *names)]


def _is_text(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.get("mode") not in _TEXT:
        return False
    return entry.get("litellm_provider") not in (*LOG_IN, *_OWN_CALCULATOR)


def _call(name: str, entry: Mapping[str, Any], numbers: random.Random) -> Call:
    family = str(entry["litellm_provider"])
    fresh, cached, answer = (numbers.choice((numbers.choice(SIZES), numbers.randrange(300_000))) for _ in range(3))
    return Call(name, family, fresh + 1, cached if numbers.random() < 0.5 else 0, answer + 1)


def told(home: Path, url: str, asked: Sequence[Call]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the client in the environment at ``home`` loaded from the address, and what it says of each call."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LITELLM_")}
    done = subprocess.run(
        [home / "bin" / "python", HERE / "ask_litellm.py"],
        input="".join(json.dumps(call.asked) + "\n" for call in asked),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=environ | {"LITELLM_MODEL_COST_MAP_URL": url},
    )
    if done.returncode:
        raise SystemExit(f"LiteLLM ended with {done.returncode}:\n{done.stderr[-2000:]}")
    loaded, *answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return loaded, answers


def quotes(site: Site, asked: Sequence[Call], at: str) -> list[str | None]:
    """The totals of our quotes, None where the price is not known or the name means several offerings."""
    found: list[str | None] = []
    for start in range(0, len(asked), 500):
        answer = site.post("/api/v1/quotes", {"items": [call.quoted(at) for call in asked[start : start + 500]]})
        found += [_total(call, item) for call, item in zip(asked[start:], answer.json["data"]["items"], strict=False)]
    return found


def _total(call: Call, item: Mapping[str, Any]) -> str | None:
    """The total where our names mean by the key what the map means by it: a Bedrock region may be another id here.

    None too where the hour counts: the map has no hours, so the usual price stands there.
    """
    name = read_name(call.model, call.family)
    if any("schedule=" in line["rule"] for line in item.get("lines", ())):
        return None
    return item.get("total") if item.get("model", {}).get("id") == name.slug else None


def _equal(total: str, theirs: float) -> bool:
    """As far as floats tell, which LiteLLM's amounts are."""
    return abs(float(total) - theirs) <= 1e-9 * abs(theirs) + 1e-12


def address(site: Site, at: str) -> str:
    """Where the server gives the map of a moment, once it is made: the first answer takes longer than LiteLLM waits."""
    path = f"/api/v1/export/litellm.json?at={at}"
    site.get(path)
    return f"http://127.0.0.1:{site.port}{path}"


def complaints(home: Path, site: Site, asked: Sequence[Call], at: str, url: str) -> list[str]:
    """What is wrong with the map of a moment that lies at this address."""
    loaded, answers = told(home, url, asked)
    found = [f"{what}: {loaded[what]}" for what in ("lost", "changed") if loaded[what]]
    if loaded["source"]["source"] != "remote" or loaded["source"]["fallback_reason"]:
        found.append(f"it fell back: {loaded['source']}")
    priced = 0
    for call, answer, total in zip(asked, answers, quotes(site, asked, at), strict=True):
        if total is None or priced == CALLS:
            continue
        priced += 1
        if "error" in answer or not _equal(total, answer["cost"]):
            found.append(f"{call} at {at}: {answer} there, {total} here")
    print(f"at {at}, of {url.partition('?')[0]}: {loaded['names']} names, {priced} calls compared")
    if priced < CALLS:
        found.append(f"only {priced} calls could be compared")
    return found
