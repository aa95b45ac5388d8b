"""ccusage on its overrides: what an agent's log costs there is what our quotes say, before and after an announced step.

``make clients``, where npm is there; ccusage lives in a folder of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from llmpricing.services.feeds.registry import EXPORTED
from llmpricing.services.price_book import book_state
from tests.unplugged.serving import Site

CALLS = 500
ALWAYS = ("gpt-4o", "claude-sonnet-4-5")  # whose prices are announced
_COUNTS = {"input_tokens": 1_234, "output_tokens": 567, "cache_read_input_tokens": 89_012}
_DAY = "2026-11-20T10:00:00.000Z"
_REPORT = ("claude", "daily", "--offline", "--json", "--mode", "calculate")
_NOT_FLAT = ("schedule=", "above=", "from=")  # hours and steps, which it has not or bills another way


@dataclass(frozen=True)
class Overrides:
    """The file at a moment, and the names in it."""

    data: bytes
    names: list[str]


def overrides(url: str, at: str) -> Overrides:
    """The configuration with the prices of that moment."""
    engine = create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        known = book_state(session)
        laid = EXPORTED["ccusage"](session, known, known.clocks(datetime.fromisoformat(at), None))
    engine.dispose()
    names = laid.document["defaults"]["pricingOverrides"]
    return Overrides(laid.as_json(), [*ALWAYS, *(name for name in names if name not in ALWAYS)])


def costs(home: Path, data: bytes, names: Sequence[str]) -> dict[str, float]:
    """What ccusage says of one call of each name."""
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder, "projects", "one")
        logs.mkdir(parents=True)
        (logs / "log.jsonl").write_text("".join(_line(number, name) for number, name in enumerate(names)))
        config = Path(folder, "ccusage.json")
        config.write_bytes(data)
        done = subprocess.run(
            [home / "node_modules" / ".bin" / "ccusage", *_REPORT, "--config", config],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"HOME": folder, "CLAUDE_CONFIG_DIR": folder},
        )
    if done.returncode:
        raise SystemExit(f"ccusage ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return {one["modelName"]: one["cost"] for day in json.loads(done.stdout)["daily"] for one in day["modelBreakdowns"]}


def _line(number: int, name: str) -> str:
    message = {"id": f"m{number}", "model": name, "usage": _COUNTS}
    entry = {"type": "assistant", "timestamp": _DAY, "sessionId": "s", "version": "2.0.0", "requestId": f"r{number}"}
    return json.dumps(entry | {"message": message}, separators=(",", ":")) + "\n"  # as it reads alone


def quotes(site: Site, names: Sequence[str], at: str) -> dict[str, str]:
    """The totals of our quotes of the same calls, where the rates are flat."""
    found = {}
    usage = {
        "input_tokens": _COUNTS["input_tokens"] + _COUNTS["cache_read_input_tokens"],
        "cache_read_tokens": _COUNTS["cache_read_input_tokens"],
        "output_tokens": _COUNTS["output_tokens"],
    }
    for start in range(0, len(names), 500):
        asked = names[start : start + 500]
        items = [{"model": name, "at": at, "usage": usage} for name in asked]
        answer = site.post("/api/v1/quotes", {"items": items}).json["data"]["items"]
        found |= {name: item["total"] for name, item in zip(asked, answer, strict=True) if _is_flat(item)}
    return found


def _is_flat(item: dict[str, Any]) -> bool:
    rules = [line["rule"] for line in item.get("lines", ())]
    fees = [line["meter"] for line in item.get("lines", ()) if line["meter"] == "requests"]
    return item.get("total") is not None and not fees and not any(word in rule for rule in rules for word in _NOT_FLAT)


def complaints(home: Path, site: Site, url: str, at: str) -> tuple[list[str], list[str]]:
    """What is wrong with the overrides at a moment, and the totals of the names whose prices are announced."""
    written = overrides(url, at)
    ours = quotes(site, written.names[: 3 * CALLS], at)
    names = list(ours)[:CALLS]
    theirs = costs(home, written.data, names)
    found = [
        f"{name} at {at}: {theirs.get(name)} there, {ours[name]} here"
        for name in names
        if name not in theirs or abs(float(ours[name]) - theirs[name]) > 1e-9 * float(ours[name]) + 1e-12
    ]
    print(f"at {at}: {len(names)} calls compared in ccusage")
    if len(names) < CALLS:
        found.append(f"only {len(names)} calls could be compared")
    return found, [ours[name] for name in ALWAYS]
