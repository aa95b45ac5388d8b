"""What the resolver answers: one offering, several candidates, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Resolution:
    """The offering that a name means: ``rule`` names the step that found it, ``detail`` what was read how; ``region``
    where the name says it; ``stands_in_for`` what nobody lists and this offering's price stands for, empty otherwise;
    ``other_places`` the same model in other places of a seller that sells by place, where the name says none.
    """

    slug: str
    rule: str
    detail: str = ""
    region: str = ""
    stands_in_for: str = ""
    other_places: tuple[str, ...] = ()

    @property
    def asked_for(self) -> str:
        """The offering in whose place another seller's stands, if one does."""
        return self.stands_in_for if self.rule == "fallback" else ""

    @property
    def provider(self) -> str:
        """The id of the seller."""
        return self.slug.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A name that several offerings bear."""

    candidates: tuple[str, ...]


class Why(Enum):
    """What it is that nobody knows of a name and its seller."""

    NO_SUCH_NAME = auto()
    NO_SUCH_SELLER = auto()
    NOT_SOLD = auto()  # by the seller that was given
    NOT_YET = auto()  # at the time asked for, but later
    OWN = auto()  # a profile or deployment of one's own: it names no model
    DEPLOYMENT = auto()  # not sold by the seller that was given, where one calls one's own deployments as one likes


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that no offering bears, with the ids most like it."""

    suggestions: tuple[str, ...]
    why: Why = Why.NO_SUCH_NAME


def one_of(slugs: Sequence[str], rule: str, detail: str = "") -> Resolution | Ambiguous:
    """The only offering, else all of them as candidates."""
    return Resolution(slugs[0], rule, detail) if len(slugs) == 1 else Ambiguous(tuple(slugs))
