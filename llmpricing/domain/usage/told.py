"""What a usage object tells besides its counts, and what of it was not understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from llmpricing.domain.usage.quantities import Usage


class Remark(NamedTuple):
    """A ``field`` that was not understood and may mean money; ``meter`` is what it probably counts, if like any."""

    field: str
    what: str
    meter: str | None = None

    @property
    def message(self) -> str:
        """The sentence that begins with the field's name."""
        return f"{self.field} {self.what}"


class Told(NamedTuple):
    """``facts`` are conditions of prices, such as a search's size; ``parts`` the requests that one object sums up, each
    to be billed by itself. ``by_subscription``: tokens were paid for in advance. ``included`` are meters that cost
    nothing where the offering has no price for them. ``usage_format`` is the one that was recognised.
    """

    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[Remark, ...] = ()
    parts: tuple[Usage, ...] = ()
    by_subscription: bool = False
    included: tuple[str, ...] = ()
    usage_format: str | None = None
