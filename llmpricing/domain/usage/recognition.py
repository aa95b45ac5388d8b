"""Which format a usage object is of, by its keys; where two would read it to different counts, nobody guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llmpricing.domain.usage.quantities import Told, Usage, UsageError
from llmpricing.domain.usage.reading import Format, fields, plain_path
from llmpricing.domain.usage.wording import Message, Parameter, Way

_USUAL_LIFE = "cache_write_5m_tokens"  # of writes whose life is not stated: some formats write it down, others do not


class _Read(NamedTuple):
    format: Format
    usage: Usage

    @property
    def unread(self) -> int:
        return len(self.usage.told.remarks) if self.usage.told else 0

    @property
    def meaning(self) -> tuple[object, ...]:
        """What is billed, whatever it is called."""
        usage, told = self.usage, self.usage.told or Told()
        counted = frozenset((meter, count) for meter, count in usage.stated.items() if count and meter != _USUAL_LIFE)
        parts = tuple(zip(part.keys, part.leaves, strict=True) for part in told.parts)
        return (
            counted,
            usage.service_tier,
            usage.region,
            told.by_subscription,
            told.facts,
            tuple(map(tuple, parts)),
        )


def understands(one: Format, raw: Mapping[str, Any]) -> bool:
    """Whether the format reads all of the object that may mean money."""
    try:
        return not _Read(one, one.read(raw)).unread
    except UsageError:
        return False


def recognised(raw: Mapping[str, Any], formats: Sequence[Format]) -> Usage:
    """The usage, read by the format that understands the whole object, which the usage then names.

    Raises UsageError where none reads it, where the format whose words it has finds that its counts contradict each
    other, and where several read it to different counts.
    """
    names = {plain_path(field) for field, _ in fields(raw)}
    names |= {name.partition(".")[0] for name in names}
    read, refused = [], []
    for one in formats:
        try:
            read.append(_Read(one, one.read(raw)))
        except UsageError as error:
            refused.append((bool(one.signs & names), error))
    if not read:
        raise next((error for is_like, error in refused if is_like), _unknown(formats))
    fewest = min(found.unread for found in read)
    best = [found for found in read if found.unread == fewest]
    if fewest:  # none understands all of it: the one whose own words it has, if need be with its refusal
        own = [found for found in best if found.format.signs & names]
        if not own and (refusal := next((error for is_like, error in refused if is_like), None)):
            raise refusal
        best = own or best
    if len({found.meaning for found in best}) > 1:
        candidates = ", ".join(found.format.name for found in best)
        raise UsageError("usage", Message("reads as different counts in several formats", *_naming_one_of(candidates)))
    chosen = next((found for found in best if found.format.signs & names), best[0])
    told = (chosen.usage.told or Told())._replace(usage_format=chosen.format.name)
    return chosen.usage._replace(told=told)


def _unknown(formats: Sequence[Format]) -> UsageError:
    known = ", ".join(one.name for one in formats)
    return UsageError("usage", Message("is of no format that is known by its keys", *_naming_one_of(known)))


def _naming_one_of(formats: str) -> tuple[Way, str]:
    return Way(": name one as ", Parameter("usage_format")), f", of {formats}"
