"""Files of names: a log or a list with the names in use, and the file of aliases that is made of what nobody knows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Any

from llmpricing.services.names.coverage import NamedAt

_MODELS = ("model", "gen_ai.response.model", "gen_ai.request.model", "model_name", "name")
_PROVIDERS = ("provider", "gen_ai.provider.name", "gen_ai.system", "custom_llm_provider", "seller")
ALIAS_COLUMNS = ("name", "offering", "suggestions")


class NoNamesError(ValueError):
    """The file has columns or fields, and none of them holds names; ``columns`` are those it has."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(f"none of its columns holds names: {', '.join(self.columns)}")


def read_names(text: str, model: str | None = None, provider: str | None = None) -> list[NamedAt]:
    """Each name once a seller, in order: out of lines of JSON, of CSV, or one name a line. ``model`` and ``provider``
    name the columns where they are none that tools write; raises NoNamesError where no column holds names.
    """
    roles = (model,) if model else _MODELS, (provider,) if provider else _PROVIDERS
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        return []
    if lines[0].lstrip().startswith("{"):
        rows = [json.loads(line) for line in lines]
        return _known(_unique(_named(row, *roles) for row in rows), rows[0])
    columns = next(csv.reader(lines[:1]))
    if len(columns) > 1 or columns[0].strip() in roles[0]:  # no name holds a comma
        if not set(roles[0]) & {column.strip() for column in columns}:
            raise NoNamesError(columns)
        return _unique(_named(row, *roles) for row in csv.DictReader(lines))
    return _unique(NamedAt(line.strip()) for line in lines)


def _known(names: list[NamedAt], first: Iterable[str]) -> list[NamedAt]:
    if not names:
        raise NoNamesError(first)
    return names


def _named(row: Any, models: tuple[str, ...], providers: tuple[str, ...]) -> NamedAt | None:
    if not isinstance(row, Mapping):
        return None
    name, provider = _first(row, models), _first(row, providers)
    return NamedAt(name, provider) if name else None


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((value.strip() for key in keys if isinstance(value := row.get(key), str) and value.strip()), None)


def _unique(found: Iterable[NamedAt | None]) -> list[NamedAt]:
    return list(dict.fromkeys(one for one in found if one is not None))


def alias_file(unknown: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """A CSV with a line for each name, its offering left empty for a person to fill in, and what is like it."""
    written = StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(ALIAS_COLUMNS)
    for name, suggestions in unknown:
        rows.writerow((name, "", " ".join(suggestions)))
    return written.getvalue()


def read_aliases(text: str) -> Iterator[tuple[str, str]]:
    """(name, offering) of the lines that were filled in; raises ValueError for a file without these columns."""
    rows = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    if not {"name", "offering"} <= set(rows.fieldnames or ()):
        raise ValueError(
            "the file has no columns name and offering, as `llmpricing names FILE --aliases OUT` writes them"
        )
    for row in rows:
        if (name := (row["name"] or "").strip()) and (offering := (row["offering"] or "").strip()):
            yield name, offering
