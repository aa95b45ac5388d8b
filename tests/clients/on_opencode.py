"""opencode on its feed, as published: no model it knew is lost, and calls cost what our quotes say, before and after an
announced step.

``make clients``, where npm is there; opencode lives in a folder of its own. It tells by a command what it has loaded of
each model; what a call costs it says only in a session with a seller, so its formula is repeated here (``getUsage`` of
its package): the highest tier whose size the input exceeds, else the usual prices, for the whole call.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmpricing.sources.reading.providers import canonical
from tests.plain_server import file_server
from tests.unplugged.serving import Site

CALLS = 500
SEED = 20261127
SIZES = (7, 999, 12_345, 127_999, 128_001, 200_001, 272_001)
ALWAYS = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5")  # whose prices are announced
_WAIT_S = 300
_NOT_SAID = ("schedule=", "from=")  # hours, which the list does not know

Models = dict[str, dict[str, Any]]  # by name what opencode tells of a model


@dataclass(frozen=True)
class Call:
    """One request of a model."""

    model: str
    fresh: int
    cached: int
    answer: int

    def quoted(self, at: str) -> dict[str, Any]:
        provider, _, api_id = self.model.partition("/")
        counts = {"input_tokens": self.fresh + self.cached, "cache_read_tokens": self.cached}
        return {
            "model": f"{canonical(provider)}/{api_id}",
            "at": at,
            "usage": counts | {"output_tokens": self.answer},
        }

    def costs(self, cost: Mapping[str, Any]) -> float:
        """What opencode adds to a session's cost for it."""
        whole = self.fresh + self.cached
        tiers = [tier for tier in cost.get("tiers", ()) if whole > tier["tier"]["size"]]
        old = cost.get("experimentalOver200K") if whole > 200_000 else None
        counts = max(tiers, key=lambda tier: tier["tier"]["size"]) if tiers else old or cost
        paid = self.fresh * counts["input"] + self.cached * counts["cache"]["read"] + self.answer * counts["output"]
        return float(paid) / 1e6


def loaded(home: Path, folder: Path) -> Models:
    """What opencode tells of all models, with the list of a plain server of this folder and a key of each seller."""
    document = json.loads((folder / "api.json").read_bytes())
    keys = {name: "x" for provider in document.values() for name in provider.get("env", ())}
    with tempfile.TemporaryDirectory() as own, file_server(folder) as address:
        environ = keys | {"PATH": os.environ["PATH"], "HOME": own, "OPENCODE_MODELS_URL": address}
        _run(home, ("models", "--refresh"), environ, Path(own, "names"))  # the first start answers by what it brings
        told = _run(home, ("models", "--verbose"), environ, Path(own, "models"))
    return {f"{one['providerID']}/{one['id']}": one for one in _documents(told)}


def _run(home: Path, words: tuple[str, ...], environ: dict[str, str], out: Path) -> str:
    program = max(
        home.resolve().glob("node_modules/opencode-*/bin/opencode")
    )  # the baseline, which old processors run too
    with out.open("wb") as file:  # of a pipe it leaves the end unwritten
        done = subprocess.run(
            [program, *words],
            stdout=file,
            stderr=subprocess.PIPE,
            cwd=out.parent,
            env=environ,
            timeout=_WAIT_S,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"opencode ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return out.read_text()


def _documents(told: str) -> Iterator[dict[str, Any]]:
    """The objects between the names."""
    decoder, place = json.JSONDecoder(), told.find("\n{")
    while place >= 0:
        found, end = decoder.raw_decode(told, place + 1)
        yield found
        place = told.find("\n{", end)


def calls(names: list[str]) -> list[Call]:
    """Calls of names drawn from the client's own list, the announced ones first; the same seed, the same calls."""
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    drawn = sorted(set(names) - set(ALWAYS))
    numbers.shuffle(drawn)
    return [_call(name, numbers) for name in (*ALWAYS, *drawn, *drawn)]


def _call(name: str, numbers: random.Random) -> Call:
    fresh, cached, answer = (numbers.choice(SIZES) for _ in range(3))
    return Call(name, fresh, cached if numbers.random() < 0.5 else 0, answer)


def quotes(site: Site, asked: list[Call], at: str) -> list[str | None]:
    """The totals of our quotes, None where the price is not known or what is asked is not in the list's words."""
    found: list[str | None] = []
    for start in range(0, len(asked), 500):
        items = [call.quoted(at) for call in asked[start : start + 500]]
        answer = site.post("/api/v1/quotes", {"items": items}).json["data"]["items"]
        found += [_total(one, item) for one, item in zip(items, answer, strict=True)]
    return found


def _total(asked: Mapping[str, Any], item: Mapping[str, Any]) -> str | None:
    lines = item.get("lines", ())
    if any(word in line["rule"] for line in lines for word in _NOT_SAID) or any(
        line["meter"] == "requests" for line in lines
    ):
        return None
    return item.get("total") if item.get("model", {}).get("id") == asked["model"] else None


def complaints(home: Path, site: Site, listed: Models, folder: Path, at: str) -> tuple[list[str], list[str | None]]:
    """What is wrong with the published list of a moment, beside what opencode makes of the ``listed`` one; and the
    totals of the names whose prices are announced.
    """
    told = loaded(home, folder)
    found = [f"lost in opencode: {name}" for name in sorted(listed.keys() - told.keys())]
    found += [
        f"changed in opencode: {name}"
        for name in sorted(listed.keys() & told.keys())
        if _facts(listed[name]) != _facts(told[name])
    ]
    published = json.loads((folder / "api.json").read_bytes())
    own = [f"{provider}/{model}" for provider, entry in published.items() for model in entry["models"]]
    asked = calls([name for name in own if name in told])
    totals = quotes(site, asked, at)
    priced = [(call, total) for call, total in zip(asked, totals, strict=True) if total is not None][:CALLS]
    for call, total in priced:
        theirs = call.costs(told[call.model]["cost"])
        if abs(float(total) - theirs) > 1e-9 * theirs + 1e-12:
            found.append(f"{call} at {at}: {theirs} in opencode, {total} here")
    print(f"at {at}: {len(told)} names, {len(priced)} calls compared in opencode")
    if len(priced) < CALLS:
        found.append(f"only {len(priced)} calls could be compared")
    return found, totals[: len(ALWAYS)]


def _facts(model: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in model.items() if name != "cost"}
