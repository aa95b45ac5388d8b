"""What a model is called: as its lab writes it, else as most sellers do, else by a rule from its id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from llmpricing.domain.names.identities import identity

_ASIDE = re.compile(
    r"\s*(?:\((?:latest|free|global|regional|legacy|batch|extended|beta|us|eu|apac|[\d/. -]+|\w{3,9} \d{1,2},? \d{4})\)"
    r"|\blatest)$",
    re.IGNORECASE,
)
_MAKER = re.compile(r"^[^:/]{2,30}:\s+")
_WORDS = """AI BGE DALL-E DeepSeek ERNIE GLM GPT GTE LFM LongCat MAI MiMo MiniMax MoE OCR OSS QvQ QwQ SDXL TTS UI VL
    XL XS"""
_SPELLED: Mapping[str, str] = MappingProxyType({word.lower(): word for word in _WORDS.split()})
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_SIZE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[bm]", re.ASCII)


def model_name(own: Iterable[tuple[str, str]], all_: Iterable[tuple[str, str]], date: str) -> str:
    """The name; ``own`` are (API id, name) of the lab's own offerings, ``all_`` of all. ``date`` as YYYYMMDD is
    written behind it where it tells the model from another one.
    """
    all_ = list(all_)
    named = _best(own) or _best(all_) or from_id(min((api_id for api_id, _ in all_), key=len))
    return f"{named} ({date[:4]}-{date[4:6]}-{date[6:]})" if len(date) == 8 else named


def _best(offerings: Iterable[tuple[str, str]]) -> str | None:
    """The name that most of them write, without the maker before it and what stands in brackets behind."""
    found = Counter(
        plain
        for api_id, name in offerings
        if name != api_id and "/" not in name and (" " in name or name != name.lower()) and (plain := _plain(name))
    )
    return min(found, key=lambda name: (-found[name], " " not in name, len(name), name)) if found else None


def _plain(name: str) -> str:
    name = _MAKER.sub("", name.strip())
    while (shorter := _ASIDE.sub("", name)) != name:
        name = shorter
    return name


def from_id(api_id: str) -> str:
    """A name by rule: ``deepseek-v3.2-exp`` is DeepSeek V3.2 Exp, ``gpt-5.1-codex`` GPT-5.1 Codex."""
    bare = api_id.rpartition("/")[2].partition(":")[0].partition("@")[0]
    date = identity(api_id).date
    bare = re.sub("[-_.]?".join((date[:4], date[4:6], date[6:])), "", bare) if date else bare
    words = [word for word in re.split(r"[-_\s]+", bare) if word]
    return _joined([_word(word) for word in words]) or api_id


def _joined(words: list[str]) -> str:
    """Words with spaces between; a version clings to GPT, and its parts to each other: Claude Opus 4.5."""
    text = ""
    for before, word in zip(["", *words], words, strict=False):
        is_part = len(word) == 1 and word.isdigit() and _VERSION.fullmatch(before) and "." not in before
        joint = "." if is_part and len(before) < 3 else "-" if before == "GPT" else " "
        text = f"{text}{joint}{word}" if text else word
    return text


def _word(word: str) -> str:
    lowered = word.lower()
    if lowered in _SPELLED:
        return _SPELLED[lowered]
    if _SIZE.fullmatch(lowered) or (lowered[0] == "v" and lowered[1:2].isdigit()):
        return lowered.upper()
    if word != lowered or not lowered[0].isalpha():
        return word
    return lowered if lowered[0] == "o" and lowered[1:].isdigit() else lowered[0].upper() + lowered[1:]
