"""The identity of a model: what its ids say whoever sells it, so that equal identities are the same thing.

Words count in any order and numbers in their own: ``claude-4-opus`` is ``claude-opus-4`` and never ``claude-opus-4-5``,
``gpt-4-5`` is never ``gpt-5-4``. Version, date, size, tier and variant stay apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llmpricing.domain.names.marks import FINE_TUNE

_DATE = re.compile(r"(?<!\d)(?<!\d\.)(20[2-9]\d)([-./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)", re.ASCII)
_LONG = 120  # characters; no listed id is longer, and what people may send is not worth the memory
_POINT = re.compile(r"(?<=\d)p(?=\d)", re.ASCII)  # Fireworks writes 3p2 for 3.2


@dataclass(frozen=True, slots=True)
class Identity:
    """What one model is, apart from who sells it: two ids of equal identity name the same thing.

    ``words`` in any order, ``numbers`` in their own; ``date`` as YYYYMMDD; ``variant`` such as ``free`` or ``ft``;
    ``build`` such as ``001`` or ``v2:0``; ``place`` such as ``eu`` or ``regional``, where the id begins with one.
    """

    words: tuple[str, ...]
    numbers: tuple[str, ...]
    date: str = ""
    variant: str = ""
    build: str = ""
    place: str = ""

    @property
    def model(self) -> ModelMarks:
        """The model without its date, build and place."""
        return self.words, self.numbers, self.variant

    def may_share_date(self, other: Identity) -> bool:
        """Whether both bear the same date, or one of them none."""
        return self.date == other.date or not (self.date and other.date)


ModelMarks = tuple[tuple[str, ...], tuple[str, ...], str]
_ORGANISATION = re.compile(r"^(?:accounts/[^/]+/models/|models/|@(?:cf|hf)/[^/]+/)|^~?[^/]+/(?=[^/]+$)")
GOVERNMENT = "us-gov"  # a cloud of its own: no region of the usual one
_PLACE = re.compile(r"^(us-gov|us|eu|apac|au|ca|jp|in|global|regional)\.(?=[a-z0-9]+\.)")
_MAKER = re.compile(
    r"^(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai"
    r"|qwen|stability|twelvelabs|writer|xai|zai)\.(?=[a-z])"
)
# Houses that put their own or the maker's name before a name that says its family itself.
_HOUSE = re.compile(
    r"^(?:databricks|system\.ai\.|snowflake|meta|cohere|ai21|zai|anthropic|amazon|google|openai|moonshotai|mistralai"
    r"|xai)-+(?=(?:meta-)?llama|command|embed|rerank|jamba|glm|claude|nova|titan|gemini|gemma|gpt|o\d|kimi|mistral|grok)"
)
_VARIANT = re.compile(r":([a-z][a-z0-9-]*|\d+k)$", re.ASCII)
_OWN_PART = re.compile(r"^(ft:[^:]+):.*|^(.+\.ft-).*")
_BUILD = re.compile(r"(?<=20\d{6})-(v\d(?::\d)?)$|-v?1:0$|(?<=[a-z0-9])[-@](00\d)$", re.ASCII)
_BEDROCK_BUILD = re.compile(r"(?<=\d)-v1$|^(nova-[a-z0-9-]+)-v1$", re.ASCII)  # claude-v1 is a version
_TOKEN = re.compile(r"\d+x\d+[a-z]*|\d+[a-z]*|[a-z]+\d*[a-z]*", re.ASCII)
_NEUTRAL_WORDS = frozenset({"maas", "default"})


def identity(api_id: str) -> Identity:
    """What an id says of its model, in time that grows with its length alone."""
    return _remembered(api_id) if len(api_id) <= _LONG else _identity(api_id)


def _identity(api_id: str) -> Identity:
    rest, variant, build = _ORGANISATION.sub("", api_id.strip().lower()), "", ""
    if tuned := _OWN_PART.match(rest):
        rest, variant = (tuned[1] or tuned[2].removesuffix(".ft-")), "ft"
    if rest.startswith(FINE_TUNE):
        rest, variant = rest.removeprefix(FINE_TUNE), "ft"
    if found := _VARIANT.search(rest):
        rest, variant = rest[: found.start()], f"{variant}{found[1]}"
    place = _PLACE.match(rest)
    rest, is_dotted = _MAKER.subn("", rest[place.end() :] if place else rest)
    rest = _HOUSE.sub("", _BEDROCK_BUILD.sub(r"\1", rest) if is_dotted else rest)
    if found := _BUILD.search(rest):
        rest, build = rest[: found.start()], found[1] or found[2] or ""
    rest, date = _without_date(rest)
    words, numbers = _tokens(_POINT.sub(".", rest))
    return Identity(words, numbers, date, variant, build, place[1] if place else "")


_remembered = lru_cache(maxsize=4_096)(_identity)  # the ids of a book of all bundled lists, and what is asked often


def _without_date(text: str) -> tuple[str, str]:
    found = _DATE.search(text)
    if found is None:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}", found[1] + found[3] + found[4]


def _tokens(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words, numbers = [], []
    for token in _TOKEN.findall(text):
        if token[0].isdigit():
            numbers.append(token)
        elif numbered := _NUMBERED.fullmatch(token):
            if numbered[1] != "v":
                words.append(numbered[1])
            numbers.append(numbered[2])
        elif token not in _NEUTRAL_WORDS:
            words.append(token)
    return tuple(sorted(words)), tuple(numbers)


_NUMBERED = re.compile(r"([a-z]{2,}|v)(\d+[a-z]*)", re.ASCII)


_DAY = re.compile(r"(?:2[3-9])?(?:0[1-9]|1[0-2])|20[2-3]\d", re.ASCII)


def is_day(number: str) -> bool:
    """Whether a number of an id tells when the model came, as Mistral's 2512 or a 08-2024, and is no version."""
    return _DAY.fullmatch(number) is not None


def organisation(api_id: str) -> str:
    """Who an id with a path says made the model, in one spelling; empty where it says nobody."""
    head, slash, _ = api_id.lower().removeprefix("~").rpartition("/")
    if not slash or head.startswith(("accounts/", "models")):
        return ""
    maker = head.rpartition("/")[2].replace("-", "").replace("_", "")
    return _ORGANISATIONS.get(maker, maker)


_ORGANISATIONS = {
    "metallama": "meta",
    "zaiorg": "zai",
    "zhipuai": "zai",
    "thudm": "zai",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "deepseekai": "deepseek",
    "minimaxai": "minimax",
    "alibaba": "qwen",
    "coherelabs": "cohere",
    "gemini": "google",
    "ai21labs": "ai21",
}
