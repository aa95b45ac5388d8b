"""Long usage files made of the few rows of a short one: alike but for counts, times and ids."""

from __future__ import annotations

import copy
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from tests import usage_twins as twins


def written(path: Path, rows: Sequence[Mapping[str, Any]], *, is_table: bool) -> Path:
    file = io.StringIO(newline="")
    if is_table:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    else:
        file.writelines(json.dumps(row, default=float) + "\n" for row in rows)
    path.write_text(file.getvalue(), "utf-8")
    return path


def _cell(value: Any) -> Any:
    return json.dumps(value, default=float) if isinstance(value, dict | list) else value


def rows_of(name: str) -> list[dict[str, Any]]:
    found = twins.documents(name)
    rows = found if isinstance(found[0], dict) else found[0]
    return [{field: _opened(value) for field, value in row.items()} for row in rows]


def _opened(value: Any) -> Any:
    is_json = isinstance(value, str) and value[:1] == "{"
    return json.loads(value, parse_float=Decimal) if is_json else value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where something stands in an object: what holds it, and its name there."""
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from places(value[name])


def longer(rows: list[dict[str, Any]], rng: Random, number: int) -> list[dict[str, Any]]:
    """Many rows made of a few: other counts of the same proportions, times and ids."""
    found = []
    for place in range(number):
        row, factor = copy.deepcopy(rng.choice(rows)), rng.randint(1, 50)
        for holder, name in list(places(row)):
            value = holder[name]
            if type(value) is int and value and "status" not in str(name):
                holder[name] = value * factor
            elif isinstance(value, str) and value.isdigit() and name not in ("status", "error_code"):
                holder[name] = str(int(value) * factor)
        name = next((one for one in ("id", "generation_id") if one in row), "request_id")
        prefix = str(row[name])[:4] if name == "id" else "r"  # Vercel's are told by it
        row[name] = f"{prefix}{place if rng.random() < 0.9 else rng.randrange(place + 1)}"
        found.append(row)
    return found
