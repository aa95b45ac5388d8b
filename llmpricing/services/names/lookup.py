"""Looking up what names mean at two times, and remembering it."""

from __future__ import annotations

from functools import lru_cache

from llmpricing.domain.names.index import NameIndex
from llmpricing.domain.names.matching import (
    Ambiguous,
    Resolution,
    Unknown,
    Why,
    read,
    seller_said,
    too_long,
    with_suggestions,
)
from llmpricing.domain.names.moments import Moment

Meaning = Resolution | Ambiguous | Unknown

_REMEMBERED_NAMES = 2048  # by each of the lookups
_REMEMBERED_SUGGESTIONS = 256
_OF_A_NAME = 700  # bytes


class Lookup:
    """What names mean at two times, looked up and remembered: ``lookup(name, provider)``.

    ``newest`` tells what was not known yet from what is unknown to this day.
    """

    def __init__(self, catalogue: NameIndex, newest: Lookup | None, moment: Moment) -> None:
        @lru_cache(_REMEMBERED_NAMES)
        def remembered(name: str, provider: str | None) -> Meaning:
            found = read(catalogue, name, provider, moment)
            if newest and isinstance(found, Unknown) and not isinstance(newest.read(name, provider), Unknown):
                return Unknown((), Why.NOT_YET)
            return found

        @lru_cache(_REMEMBERED_SUGGESTIONS)
        def suggesting(name: str, why: Why) -> Meaning:
            return with_suggestions(catalogue, name, Unknown((), why))

        self._remembered, self._suggesting, self._catalogue = remembered, suggesting, catalogue

    @property
    def bytes(self) -> int:
        """How many bytes what is remembered takes, about."""
        remembered = self._remembered.cache_info().currsize + self._suggesting.cache_info().currsize
        return _OF_A_NAME * (1 + remembered)

    def __call__(self, name: str, provider: str | None = None) -> Meaning:
        """What the name means; where nothing, with the ids most like it."""
        if unread := too_long(name, provider):
            return unread
        found = self._remembered(name, provider)
        return self._suggesting(name, found.why) if isinstance(found, Unknown) else found

    def read(self, name: str, provider: str | None = None) -> Meaning:
        """What the name means, without suggestions."""
        return too_long(name, provider) or self._remembered(name, provider)

    def seller(self, name: str, provider: str | None = None) -> str:
        """The id of the seller that is meant, though another one's offering may stand in for theirs; empty if none."""
        found = self.read(name, provider)
        if isinstance(found, Resolution):
            return (found.asked_for or found.slug).partition("/")[0]
        return seller_said(self._catalogue, provider) if provider else ""
