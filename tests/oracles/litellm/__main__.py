"""Our quotes beside LiteLLM's own calculator, for every priced entry of its own map: ``make oracle-litellm``.

Not a part of ``make test``: LiteLLM lives in an environment of its own, with dependencies that this project does not
want. Its calculator runs there and reads and writes lines of JSON; nothing is fetched. Exits 1 where a request is
answered otherwise for no listed reason, or where a listed reason has ceased to occur.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.oracles.litellm.cases import Case, cases
from tests.oracles.litellm.deviations import REASONS, equal, explained
from tests.oracles.litellm.entries import Entry, entries

MAP = "lib/*/site-packages/litellm/model_prices_and_context_window_backup.json"
ANSWERS = Path(__file__).with_name("answers.py")
LONGEST = 600  # seconds
SHOWN = 20


def answers(home: Path, asked: Sequence[Case]) -> list[dict[str, Any]]:
    """What the calculator in the environment at ``home`` says of each case."""
    lines = "".join(json.dumps(case.asked) + "\n" for case in asked)
    done = subprocess.run(
        [home / "bin" / "python", ANSWERS],
        input=lines,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"LiteLLM's calculator ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(
    by_key: dict[str, Entry], asked: Sequence[Case], told: Sequence[dict[str, Any]]
) -> tuple[Counter[tuple[str, ...]], list[str]]:
    """How often which reasons explain a difference (none: equal at once), and what is not explained."""
    seen: Counter[tuple[str, ...]] = Counter()
    failures = []
    for case, answer in zip(asked, told, strict=True):
        if "error" in answer:
            failures.append(f"{case.entry.key}: {answer['error']}")
            continue
        names, ours = explained(case, answer["cost"], by_key.get(answer["key"]))
        if equal(ours, answer["cost"]):
            seen[tuple(names)] += 1
        else:
            failures.append(f"{case.asked}: {answer['cost']} there, {ours.total} here after {names or 'nothing'}")
    return seen, failures


def main(home: Path) -> int:
    (found,) = home.glob(MAP)
    listed, left_out = entries(found.read_bytes())
    asked = [case for entry in listed for case in cases(entry)]
    seen, failures = compare({entry.key: entry for entry in listed}, asked, answers(home, asked))
    counts = Counter(name for names, count in seen.items() for name in names for _ in range(count))
    reached = {case.entry.key for case in asked}
    others = Counter(str(entry.raw.get("mode")) for entry in listed if entry.key not in reached)
    print(f"{len(listed)} priced entries ({left_out} without a price or behind a login), {len(reached)} asked for")
    print("no function to ask:", ", ".join(f"{count} {mode}" for mode, count in others.most_common()))
    print(f"{len(asked)} requests, {seen[()]} equal, {len(asked) - seen[()] - len(failures)} explained:")
    for name, reason in REASONS.items():
        print(f"{counts[name]:7} {name}: {reason}")
    stale = [name for name in REASONS if not counts[name]]
    complaints = [f"NOT EXPLAINED {failure}" for failure in failures[:SHOWN]]
    complaints += [f"NO LONGER SEEN {name}" for name in stale]
    print("\n".join(complaints) or "every difference is a listed one")
    return 1 if failures or stale else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
