"""How names are really sent: marks of tools, routing suffixes, fine-tunes' own parts, builds and previews.

Each spelling means the same model. Suffixes that name another offering (``:free``, ``:batch``, ``:thinking``,
``:extended``) are no spellings and are never dropped; word order, dots and dates are read by ``identities``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

# Variants that OpenRouter accepts on any model and lists nowhere: they choose among its sellers, and the model's listed
# price stands (https://openrouter.ai/docs/guides/routing/model-variants/overview.md); :online bills searches apart.
_ROUTING = re.compile(r":(nitro|floor|exacto|online)$")
_WINDOW = re.compile(r"\[(?:1m|200k)\]$", re.IGNORECASE)  # Claude Code's mark; the steps are decided by the tokens
_FINE_TUNE = re.compile(r"(ft:[^:]+):.+|(.+\.ft-).+")  # OpenAI's way, and Azure's
_MOVING = re.compile(r"@(?:default|latest)$", re.IGNORECASE)
_OPENAI_DATE = re.compile(r":(20\d\d-\d\d-\d\d)(?:-v\d)?$")
_AZURE_35 = re.compile(r"(?<![a-z0-9])gpt-35(?=-)", re.IGNORECASE)  # a deployment's name may hold no point
_VERTEX_V2 = re.compile(r"-v2(?=@20\d{6}$)")
_BUILD = re.compile(r"-00[12]$")
_DATED_PREVIEW = re.compile(r"(?<=-preview)-\d\d-(?:\d{4}|\d\d)$")
_YEAR_AND_MONTH = re.compile(r"-2[3-9](?:0[1-9]|1[0-2])$")


class Spelling(NamedTuple):
    """A way to write the requested name, and in words how it was read."""

    text: str
    reading: str = ""


def without_window(name: str) -> Spelling:
    """The name without the mark of a context window that tools write behind it."""
    text = _WINDOW.sub("", name) if name.endswith("]") else name
    return Spelling(text, "without its mark of a context window" if text != name else "")


def spellings(name: str, provider: str) -> Iterator[Spelling]:
    """The name as it is, then other spellings of it that mean the same at this provider."""
    found = [Spelling(name)]
    for mark, providers, reading, respell in _RESPELLINGS:
        if mark not in name or (providers and provider not in providers):
            continue
        for known in tuple(found):
            text = respell(known.text)
            if text != known.text and all(text != other.text for other in found):
                found.append(Spelling(text, f"{known.reading}, {reading}" if known.reading else reading))
    yield from found


def without_build(name: str, provider: str) -> Spelling | None:
    """The name without the number of a build, as Google gives them to models that are no previews."""
    text = _BUILD.sub("", name)
    if provider not in _GOOGLE or text == name or _PREVIEW.search(text):
        return None
    return Spelling(text, "a build of the model")


def without_month(name: str, provider: str) -> Spelling | None:
    """The name without the date of a preview or a month, for which the undated one stands in."""
    for providers, reading, pattern in _DATED:
        if provider in providers and (text := pattern.sub("", name)) != name:
            return Spelling(text, reading)
    return None


def _sub(pattern: re.Pattern[str], to: str = "") -> Callable[[str], str]:
    return lambda text: pattern.sub(to, text)


_GOOGLE = frozenset({"google", "google-vertex"})
_RESPELLINGS: tuple[tuple[str, frozenset[str], str, Callable[[str], str]], ...] = (  # each with what it needs
    (":", frozenset({"openrouter"}), "without its routing suffix", _sub(_ROUTING)),
    ("ft", frozenset(), "without the fine-tune's own name", _sub(_FINE_TUNE, r"\1\2")),
    ("@", frozenset(), "its @ read as the undated model", _sub(_MOVING)),
    (":20", frozenset({"openai", "azure"}), "its version read as a date", _sub(_OPENAI_DATE, r"-\1")),
    ("-35", frozenset({"azure", "azure-ai"}), "gpt-35 read as gpt-3.5", _sub(_AZURE_35, "gpt-3.5")),
    ("-v2@", _GOOGLE, "its v2 read with its date", _sub(_VERTEX_V2)),
)
_PREVIEW = re.compile(r":|preview|exp")
_DATED = (
    (_GOOGLE, "a dated preview of the model", _DATED_PREVIEW),
    (frozenset({"mistral"}), "without its month", _YEAR_AND_MONTH),
)
