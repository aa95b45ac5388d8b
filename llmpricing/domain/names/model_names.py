"""What a model is called: as its lab writes it, else as most sellers do, else by a rule from its id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from llmpricing.domain.names.identities import ModelMarks, identity, is_day
from llmpricing.domain.names.marks import FINE_TUNE

_ASIDE = re.compile(
    r"\s*(?:\((?:latest|free|global|regional|legacy|batch|extended|beta|us|eu|apac|[\d/. -]+|\w{3,9} \d{1,2},? \d{4})\)"
    r"|\blatest)$",
    re.IGNORECASE,
)
_MAKER = re.compile(r"^[^:/]{2,30}:\s+")
_BRACKETS = re.compile(r"[()]")
_SMALL = re.compile(r"o\d")
# Words that a name may have or leave out: who made it, who tuned it to talk.
_UNSAID_WORDS = "amazon anthropic cohere google hf instruct it latest maas meta mistralai moonshotai nvidia openai"
_UNSAID = frozenset(_UNSAID_WORDS.split())
# Words by which the models of one version are told apart: a name without them is another's.
_TELLING_WORDS = """audio base chat code coder codex distill edit fast flash guard high image large lite live max medium
    micro mini nano omni plus preview pro realtime reasoning search small thinking tiny transcribe tts turbo ultra video
    vision vl"""
_TELLING = frozenset(_TELLING_WORDS.split())
_DOTTED = re.compile(r"^(?:[a-z-]+\.)+(?=[a-z]{2})")  # Bedrock's place and maker
_BUILD = re.compile(r"(?<=\d)-v\d:\d$|\.ft-$")
_POINT = re.compile(r"(?<=\d)p(?=\d)")  # Fireworks writes 3p2 for 3.2
_WORDS = """AI BGE DALL-E DeepSeek ERNIE GLM GPT GTE LFM LongCat MAI MiMo MiniMax MoE OCR OSS QvQ QwQ SDXL TTS UI VL
    XL XS"""
_SPELLED: Mapping[str, str] = MappingProxyType({word.lower(): word for word in _WORDS.split()})
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_SIZE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[bm]", re.ASCII)


def model_name(own: Iterable[tuple[str, str]], all_: Iterable[tuple[str, str]], date: str) -> str:
    """The name; ``own`` are (API id, name) of the lab's own offerings, ``all_`` of all. A list's name that says less or
    else than the id, such as another version or size, is passed over. ``date`` as YYYYMMDD is written behind it where
    it tells the model from another one.
    """
    all_ = list(all_)
    named = _best(own) or _best(all_) or from_id(min((api_id for api_id, _ in all_), key=len))
    return f"{named} ({date[:4]}-{date[4:6]}-{date[6:]})" if len(date) == 8 else named


def _best(offerings: Iterable[tuple[str, str]]) -> str | None:
    """The name that most of them write, without the maker before it and what stands in brackets behind."""
    found = Counter(
        plain
        for api_id, name in offerings
        if name != api_id and "/" not in name and _is_written(name) and fits(plain := _plain(name), api_id)
    )
    return min(found, key=lambda name: (-found[name], " " not in name, len(name), name)) if found else None


def _is_written(name: str) -> bool:
    """Whether it is a name, and no id that somebody put there; OpenAI's o1 is written small."""
    return name != name.lower() or (" " in name and _SMALL.match(name) is not None)


def fits(name: str, api_id: str) -> bool:
    """Whether a name says what the id says, or its part in brackets or before them does."""
    model = identity(api_id).model
    parts = [name, *_BRACKETS.split(name)] if "(" in name else [name]
    return any(_says(identity(part.replace("+", " plus")).model, model) for part in parts if part.strip())


def _says(named: ModelMarks, of_id: ModelMarks) -> bool:
    said, words = set(named[0]) - _UNSAID, set(of_id[0]) - _UNSAID
    return _same_version(named[1], of_id[1]) and said <= words and not (words - said) & _TELLING


def _same_version(named: tuple[str, ...], of_id: tuple[str, ...]) -> bool:
    """Whether the numbers agree; a lab calls by a version of its own what its id tells by year and month alone."""
    if of_id and all(map(is_day, of_id)):
        return bool(named)
    return _sizes_behind(named) == _sizes_behind(of_id)


def _sizes_behind(numbers: tuple[str, ...]) -> tuple[str, ...]:
    versions = [number for number in numbers if number.isdecimal() and number != "0"]
    return (*versions, "", *sorted(number for number in numbers if not number.isdecimal()))


def _plain(name: str) -> str:
    name = _MAKER.sub("", name.strip())
    while (shorter := _ASIDE.sub("", name)) != name:
        name = shorter
    return name


def from_id(api_id: str) -> str:
    """A name by rule: ``deepseek-v3.2-exp`` is DeepSeek V3.2 Exp, ``gpt-5.1-codex`` GPT-5.1 Codex."""
    tuned = identity(api_id).variant == "ft"
    bare = _BUILD.sub("", _DOTTED.sub("", api_id.rpartition("/")[2].removeprefix(FINE_TUNE)))
    bare = _POINT.sub(".", bare.partition(":")[0].partition("@")[0])
    date = identity(api_id).date
    bare = re.sub("[-_.]?".join((date[:4], date[4:6], date[6:])), "", bare) if date else bare
    words = [word for word in re.split(r"[-_\s]+", bare) if word]
    return (_joined([_word(word) for word in words]) or api_id) + (" (fine-tuned)" if tuned else "")


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
