"""Names of models without the words of who uses them: what the price book has for its offerings stays, no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from llmpricing.domain.names.matching import Resolution
from llmpricing.domain.quotes.context import TIERS, Context
from llmpricing.domain.times import EPOCH
from llmpricing.domain.usage.reading import SAME_TIER
from llmpricing.services.usage_log.formats.charged_for import fee_of
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer

_WORD = re.compile(r"[^\W_]+")
_PUBLIC_NUMBER = re.compile(r"v?\d{1,8}")  # a version or a day; the numbers of accounts are longer
# Of names by which clouds and gateways call their models.
_OF_CLOUDS = frozenset(
    word
    for line in (
        "arn aws bedrock azure openai anthropic google vertex ai ft latest preview model models publishers projects",
        "foundation inference profile profiles accounts locations us eu apac global us ca sa me af il mx jp au ap gov",
        "east west north south central northeast southeast northwest southwest",
    )
    for word in line.split()
)
# Whose place alone tells that they name an owner, whatever their words: of tuned models, of accounts.
_OWNED = (
    re.compile(r"^ft:[^:]*:(?P<owned>.*)$", re.IGNORECASE),
    re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(?P<owned>[^:]+):", re.IGNORECASE),
    re.compile(r"(?:^|/)accounts/(?!fireworks/)(?P<owned>[^/]+)/", re.IGNORECASE),
    re.compile(r"(?:^|/)projects/(?P<owned>[^/]+)/", re.IGNORECASE),
)
# Of the lines by which sellers charge what tools cost.
_OF_TOOLS = frozenset(
    word
    for line in (
        "web search searches file files maps grounding code execution interpreter session sessions container",
        "containers usage tool tools call calls request requests query queries fee fees hour hours google vertex bing",
        "openai anthropic azure api per of for and the with by",
    )
    for word in line.split()
)
_NAMES_ONLY = re.compile(r"[^a-z0-9]+")
_SEVERAL = ", "


class _NamedModel(NamedTuple):
    """A model as records name it."""

    model: str
    provider: str | None


class PublicNames:
    """Makes the names of a log's models public ones of the same price: their owners' words are ``hashed``. What the
    book does not know as an offering is hashed whole.
    """

    def __init__(self, pricer: LogPricer, hashed: Callable[[str], str]) -> None:
        self._pricer, self._hashed = pricer, hashed
        self._made: dict[tuple[_NamedModel, Context], _NamedModel] = {}

    def of(self, record: UsageRecord) -> tuple[str, str | None]:
        """The model and the provider of the record, as they may be told."""
        asked = _NamedModel(record.model, record.provider)
        key = (asked, record.context)
        if key not in self._made:
            self._made[key] = self._public(asked, record.context, record.at or EPOCH)
        return self._made[key]

    def tier(self, record: UsageRecord, told: str | None) -> str | None:
        """A tier as it may be told: hashed where neither the record's offering nor any seller knows it."""
        if not told or told in TIERS or told in SAME_TIER:
            return told
        found = self._pricer.found(record.model, record.provider, record.context, record.at or EPOCH)
        return told if told in found.prices.tiers else self._hashed(told)

    def _of_a_tool(self, word: str) -> str:
        return word if word.casefold() in _OF_TOOLS else self._hashed(word)

    def _public(self, asked: _NamedModel, where: Context, at: datetime) -> _NamedModel:
        if not asked.model or fee_of(asked.model):
            told = _WORD.sub(lambda word: self._of_a_tool(word[0]), asked.model)
            return _NamedModel(told, self._seller(asked.provider))
        meaning = self._meaning(asked, where, at)
        if meaning is None:
            told = _SEVERAL.join(map(self._of_one, asked.model.split(_SEVERAL)))
            return _NamedModel(told, self._seller(asked.provider))
        alike = (one for one in self._candidates(asked, meaning.slug) if self._meaning(one, where, at) == meaning)
        return next(alike, _NamedModel(self._unknown(asked.model), self._seller(asked.provider)))

    def _candidates(self, asked: _NamedModel, offering: str) -> Iterator[_NamedModel]:
        masked, seller = self._masked(asked.model), self._seller(asked.provider)
        yield _NamedModel(masked, seller)
        yield _NamedModel(offering, seller)
        own = self._pricer.offerings[offering]
        yield _NamedModel(own.api_id, own.provider)
        yield _NamedModel(offering, None)

    def _meaning(self, asked: _NamedModel, where: Context, at: datetime) -> Resolution | None:
        """What decides the price, whatever rule found it; None where the book has no such offering."""
        found = self._pricer.meaning(asked.model, asked.provider, where, at)
        return replace(found, detail="", rule=found.asked_for and found.rule) if isinstance(found, Resolution) else None

    def _of_one(self, name: str) -> str:
        is_plain = name.casefold() in self._offered or not _WORD.search(name)
        return name if is_plain else self._unknown(name)

    def _unknown(self, name: str) -> str:
        return f"unknown model {self._hashed(_NAMES_ONLY.sub(' ', name.casefold()).strip() or name)}"

    def _seller(self, provider: str | None) -> str | None:
        return provider and self._words_masked(provider)

    def _masked(self, name: str) -> str:
        for pattern in _OWNED:
            if found := pattern.search(name):
                start, end = found.span("owned")
                owned = _WORD.sub(lambda word: self._hashed(word[0]), name[start:end])
                name = name[:start] + owned + name[end:]
        return self._words_masked(name)

    def _words_masked(self, text: str) -> str:
        return _WORD.sub(lambda word: word[0] if self._is_public(word[0]) else self._hashed(word[0]), text)

    def _is_public(self, word: str) -> bool:
        return word.casefold() in self._vocabulary or bool(_PUBLIC_NUMBER.fullmatch(word.casefold()))

    @cached_property
    def _offered(self) -> frozenset[str]:
        return frozenset(name.casefold() for one in self._pricer.offerings.values() for name in (one.slug, one.api_id))

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return _OF_CLOUDS | {word for name in self._offered for word in _WORD.findall(name)}
