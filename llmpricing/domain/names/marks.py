"""The marks of a name: versions, dates, sizes, tiers and all other words but a few, for what a clause may pass over."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

_DATE = re.compile(r"(?<!\d)(?<!\d\.)(20[2-9]\d)([-./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_CHUNK = re.compile(r"[a-z0-9]+")
_NUMBERED_WORD = re.compile(r"([a-z]{2,})(\d.*)")
_POINT = re.compile(r"(?<=\d)p(?=\d)")  # Fireworks writes 3p2 for 3.2
_DATE_MARK = "="
_LONG = 120  # characters; no listed id is longer, and what people may send is not worth the memory
FINE_TUNE = "ft:"  # how the names of fine-tuned models begin, and their mark
_FINE_TUNE = re.compile(r"(?<![a-z0-9])ft:")
_MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")

# Words that one name of a model may have and another not: where it runs, who made it, the newest of its kind.
_PLACES = frozenset({"us", "eu", "apac", "au", "ca", "jp", "in", "global", "regional", "gov"})
_MAKERS = {
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "meta",
    "mistral",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
}
_SURFACES = {"aws", "azure", "bedrock", "vertex", "foundation", "model", "models", "publishers", "writer", "zai"}
_NEUTRAL = frozenset(_PLACES | _MAKERS | _SURFACES | {"latest", "default"})


def marks(name: str) -> tuple[str, ...]:
    """The sorted marks of a name: its dates in one spelling (``=20250929``), numbers with their letters, words."""
    return _remembered(name) if len(name) <= _LONG else _marks(name)


def _marks(name: str) -> tuple[str, ...]:
    found: list[str] = []

    def keep_date(match: re.Match[str]) -> str:
        found.append(_DATE_MARK + match[1] + match[3] + match[4])
        return " "

    bare, tuned = _FINE_TUNE.subn(" ", name.lower())
    found += [FINE_TUNE] * tuned
    for chunk in _CHUNK.findall(_POINT.sub(".", _DATE.sub(keep_date, bare))):
        numbered = _NUMBERED_WORD.fullmatch(chunk)
        found += numbered.groups() if numbered else (chunk,)
    return tuple(sorted(mark for mark in found if mark not in _NEUTRAL))


_remembered = lru_cache(maxsize=4_096)(_marks)  # the ids of a book of all bundled lists, and what is asked often


def swallowed(requested: str, *stated: str) -> tuple[str, ...]:
    """The marks of a requested name that none of the names stated for it bears: what a loose match would pass over."""
    known = Counter[str]()
    for name in stated:
        known |= Counter(marks(name))
    return tuple((Counter(marks(requested)) - known).elements())


def places(name: str) -> frozenset[str]:
    """The places that a name says; no marks of a model, yet a seller may charge more in one than in another."""
    return _PLACES.intersection(_CHUNK.findall(name.lower()))


def is_date(mark: str) -> bool:
    return mark.startswith(_DATE_MARK)


def is_month_and_day(mark: str) -> bool:
    """Whether it may be a date as OpenAI's older models bear it, such as 0125."""
    return _MONTH_AND_DAY.fullmatch(mark) is not None


def without_dates(name: str) -> tuple[str, ...]:
    """The marks of a name but its dates."""
    return tuple(mark for mark in marks(name) if not is_date(mark))
