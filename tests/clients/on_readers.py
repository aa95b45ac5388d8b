"""Readers of the published files: feedparser of changes, DuckDB (by the query of docs/feeds.md) and Polars of rates.

``make clients``; they live in an environment of their own.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.plain_server import file_server
from tests.unplugged.serving import Site

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "feeds.md"
CALLS = 500
SEED = 20261127
ALWAYS = "openai/gpt-4o"  # whose price is announced


def complaints(home: Path, site: Site, folder: Path, at: str) -> tuple[list[str], list[str]]:
    """What is wrong with the files of a moment, and the total of the call whose price is announced."""
    drawn, totals = _calls(site, folder, at)
    told = _told(home, folder, drawn)
    print(
        f"at {at}: {len(told['atom'].get('entries', ()))} entries in feedparser, {len(drawn)} calls in {_names(told)}"
    )
    found = _of_atom(told["atom"], json.loads((folder / "changes.json").read_bytes()))
    ours = sum(map(float, totals))
    found += [
        f"at {at}: {theirs} in {name}, {ours} here"
        for name, theirs in told["costs"].items()
        if abs(ours - theirs) > 1e-9 * ours
    ]
    if len(drawn) < CALLS:
        found.append(f"only {len(drawn)} calls could be compared")
    return found, totals[:1]


def _names(told: dict[str, Any]) -> str:
    return " and ".join(told["costs"])


def _calls(site: Site, folder: Path, at: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Calls of offerings with flat rates of tokens at that moment, and what our quotes say of each."""
    numbers = random.Random(SEED)  # noqa: S311 - reproducible on purpose
    with (folder / "prices.csv").open(newline="") as file:
        offered = sorted({row["offering"] for row in csv.DictReader(file) if _is_counted(row, at)} - {ALWAYS})
    names = [ALWAYS, *numbers.sample(offered, CALLS + 50)]  # of some the price is unknown
    drawn = [
        {
            "model": name,
            "at": at,
            "input_tokens": numbers.randrange(1, 400_000),
            "output_tokens": numbers.randrange(9999),
        }
        for name in names
    ]
    items = [
        {"model": one["model"], "at": at, "usage": {key: one[key] for key in ("input_tokens", "output_tokens")}}
        for one in drawn
    ]
    quoted = [
        item["total"]
        for start in range(0, len(items), CALLS)
        for item in site.post("/api/v1/quotes", {"items": items[start : start + CALLS]}).json["data"]["items"]
    ]
    known = [(one, total) for one, total in zip(drawn, quoted, strict=True) if total is not None][:CALLS]
    return [one for one, _ in known], [total for _, total in known]


def _is_counted(row: dict[str, str], at: str) -> bool:
    """Whether the docs' query counts a call of that moment by this row."""
    when = datetime.fromisoformat(at)
    since, until = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_until"))
    holds = (since is None or since <= when) and (until is None or when < until)
    is_whole = row["input_per_mtok"] and row["output_per_mtok"] and not float(row["per_request"] or 0)
    return bool(holds and is_whole) and row["is_flat"].lower() == "true" and row["currency"] == "USD"


def _told(home: Path, folder: Path, drawn: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the readers in the environment at ``home`` say."""
    query = DOCS.read_text("utf-8").split("```sql\n")[1].split("```")[0]
    with tempfile.TemporaryDirectory() as own, file_server(folder) as address:
        usage = Path(own, "usage.ndjson")
        usage.write_text("".join(json.dumps(one) + "\n" for one in drawn))
        done = subprocess.run(
            [home.resolve() / "bin" / "python", HERE / "ask_readers.py", address, query, usage],
            cwd=own,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"the readers ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _of_atom(atom: dict[str, Any], published: dict[str, Any]) -> list[str]:
    """What a reader of Atom sees otherwise than the JSON Feed says it."""
    if atom.get("version") != "atom10":
        return [f"feedparser takes it for no Atom: {atom}"]
    ours = [(one["id"], one["title"], one["date_published"]) for one in published["items"]]
    theirs = [(one["id"], one["title"], one["at"]) for one in atom["entries"]]
    return [f"{one} in feedparser, {other} here" for one, other in zip(theirs, ours, strict=True) if one != other]
