"""Whether a field's name, by any of its words, is one under which a number may mean money.

The name alone proves nothing: with a number other than 0 under it, the field is asked about.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-z]*")
_GLUED = re.compile(r"(max)?(.*)(tokens|characters)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What is billed by its number, wherever in the name it stands.
_THINGS = _words(
    "token tokens tok toks character characters chars images pictures videos pages searches groundings "
    "ktok ktoks ktokens mtok mtoks mtokens kilotokens megatokens jetons zeichen caracteres imagenes bilder pics photos"
)
_LENGTHS = _words("second seconds sec secs minute minutes mins")
_ACTS = _words("request requests call calls query queries use uses")
_OF_ACTS = _words("search web tool tools grounding maps rerank")
_SOUNDS = _words("audio speech voice sound video")
# Parts of an input or output, which have prices of their own.
_PARTS = _SOUNDS | _words("cached cache caching reasoning thinking thought thoughts image vision picture")
_SIDES = _words(
    "input inputs output outputs in out prompt completion read reads write writes written creation hits misses "
    "generated generation generations candidates"
)
_NUMBERS = _words("count counts num number n total usage used")
_ON_TOP = _words("fee fees surcharge surcharges multiplier uplift discount discounts markup")
# What is rented by its time, kept or sent by its size, and what is said to be billed.
_RENTED = _words(
    "gpu gpus cpu cpus vcpu vcpus tpu tpus compute instance instances node nodes machine machines vm training tuning "
    "hosting container containers session sessions storage provisioned ptu ptus capacity gb gib tb tib"
)
_BY_THE_SECOND = _words("gpu gpus tpu tpus training tuning")
_PERIODS = _words("hour hours hr hrs minute minutes min mins day days month months")
_BARE_PERIODS = _words("hours hrs minutes mins")
_KEPT, _SIZES = _words("storage stored egress"), _words("gb gib tb tib mb mib kb bytes")
_BILLED, _UNITS = _words("billed billable chargeable"), _words("quantity unit units usage used seconds")
# What a number is that names or places a thing; and what it is that measures, allows or compares.
_NAMES = _words("id ids index idx key keys name code version hash at date timestamp ts enabled position")
_MEASURES = _words(
    "duration durations latency latencies elapsed time times runtime uptime timeout ttft ttfb ttl ms millis "
    "milliseconds microseconds nanoseconds ns max maximum limit limits window quota quotas budget budgets "
    "remaining allowed allowance available threshold per rate rates ratio ratios percent percentage pct share "
    "temperature temp retry retries attempt attempts bytes kb mb size width height fps bitrate quality effort "
    "penalty logprobs"
)


def words_of(name: str) -> list[str]:
    """The words of a name in small letters, however they are joined: by _, ., -, blanks or capitals."""
    found: list[str] = []
    for word in _WORD.findall(name):
        glued = _GLUED.fullmatch(word.lower())
        found += filter(None, glued.groups()) if glued else (word.lower(),)
    return found


def may_count(name: str) -> bool:
    """Whether a number under this name may be a count that is billed, or money on top."""
    words = frozenset(words_of(name))
    if words & _NAMES:
        return False
    if words & _KEPT and words & _SIZES and not words & _MEASURES - _SIZES:
        return True
    return bool(words & _ON_TOP) or (not words & _MEASURES and (_counts(words) or _is_rented(words)))


def counts_things(name: str) -> bool:
    """Whether the name is of what is billed by its number, such as tokens or pictures, in any unit."""
    return not frozenset(words_of(name)).isdisjoint(_THINGS)


def is_on_top(name: str) -> bool:
    """Whether the name is of what is added to a price, or multiplies it."""
    words = frozenset(words_of(name))
    return bool(words & _ON_TOP) and not words & _NAMES


def is_measure(name: str) -> bool:
    """Whether the name is of what measures, allows or compares: a time, a limit, a rate."""
    return not frozenset(words_of(name)).isdisjoint(_MEASURES)


def _counts(words: frozenset[str]) -> bool:
    if words & _THINGS or (words & _LENGTHS and words & _SOUNDS) or (words & _ACTS and words & _OF_ACTS):
        return True
    return bool(words & _PARTS) and (bool(words & (_SIDES | _NUMBERS)) or words <= _PARTS)


def _is_rented(words: frozenset[str]) -> bool:
    """Whether the words are of a time for which something is rented, or that is billed: never of how long it took."""
    if (words & _PERIODS and words & _RENTED) or (words & _LENGTHS and words & _BY_THE_SECOND):
        return True
    return (bool(words & _BARE_PERIODS) and words <= _BARE_PERIODS | _NUMBERS) or bool(
        words & _BILLED and words & (_PERIODS | _UNITS)
    )
