"""Whether a model can take the place of another: by published scores, else by what lists state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.scores.benchmarks import BENCHMARKS, DEFAULT_WEIGHTS
from llmpricing.domain.scores.best_value import LEAST_SCORES, quality_of

LEAST_QUALITY = Fraction(9, 10)  # of the other's: published scores do not tell less apart
LEAST_SIZE = 20  # billions of parameters, where the name of the other one says no size
# As 7b, 0.6b, Fireworks' 0p6b and 30ba3b; not the 4 of 4bit, nor of ai4bharat.
_SIZE = re.compile(r"(?<![\d.])(\d{1,4}(?:[.p]\d{1,3})?)b(?!(?!a\d)[a-z])", re.ASCII)
_EXPERTS = re.compile(r"(\d{1,3})x(\d{1,4})b", re.ASCII)
_IMAGES = re.compile(r"(?<![a-z])images?(?![a-z])")
_SMALL = re.compile(r"(?<![a-z])(?:nano|micro|tiny|mini|small|lite)(?![a-z])")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model: the id that names its size, needs that lists say it meets, its day of release, scores
    by benchmark; the line of its lab that its name says, and which version of that.
    """

    api_id: str
    needs: frozenset[str]
    released_on: date | None
    scores: Mapping[str, Decimal]
    line: tuple[str, ...] = ()
    version: tuple[int, ...] | None = None

    @property
    def size(self) -> Decimal | None:
        """Billions of parameters, all experts together, by the name; None where it says none."""
        named = [Decimal(one.replace("p", ".")) for one in _SIZE.findall(self.api_id.lower())]
        named += [int(experts) * Decimal(each) for experts, each in _EXPERTS.findall(self.api_id.lower())]
        return max(named, default=None)

    @property
    def is_scored(self) -> bool:
        """Whether enough scores that have a weight are known."""
        found = quality_of(self.scores, DEFAULT_WEIGHTS)
        return found is not None and found[2] >= LEAST_SCORES

    @property
    def is_small(self) -> bool:
        """Whether its lab calls it one of its small ones."""
        return _SMALL.search(self.api_id.lower()) is not None

    @property
    def makes_images(self) -> bool:
        """Whether lists or its name say that it is for making pictures."""
        return "image_out" in self.needs or _IMAGES.search(self.api_id.lower()) is not None


def compares(other: ModelFacts, own: ModelFacts) -> bool:
    """Whether ``other`` can stand for ``own``: it has nearly its quality by the scores that both have. Where these are
    too few, it is a later version of it by its name, or lists say of both what they can and when they were released:
    that it meets every need of the own one and is no older, and its name makes it no smaller. What nobody says of
    either holds for nothing, and what makes images stands for nothing that makes none.
    """
    if other.makes_images and not own.makes_images:
        return False
    by_scores = _as_good(other.scores, own.scores)
    return by_scores if by_scores is not None else _is_later(other, own) or _as_able(other, own)


def _is_later(other: ModelFacts, own: ModelFacts) -> bool:
    """Whether its name makes it a later version, and no list denies that or what the own one can."""
    if other.line != own.line or other.version is None or own.version is None or other.version <= own.version:
        return False
    if other.released_on and own.released_on and other.released_on < own.released_on:
        return False
    return not other.needs or own.needs <= other.needs


def _as_good(other: Mapping[str, Decimal], own: Mapping[str, Decimal]) -> bool | None:
    """None where fewer than LEAST_SCORES scores that have a weight are known of both."""
    common = [id_ for id_ in BENCHMARKS if id_ in other and id_ in own]
    theirs, ours = (quality_of({id_: one[id_] for id_ in common}, DEFAULT_WEIGHTS) for one in (other, own))
    if theirs is None or ours is None or ours[2] < LEAST_SCORES:
        return None
    return theirs[0] >= LEAST_QUALITY * ours[0]


def _as_able(other: ModelFacts, own: ModelFacts) -> bool:
    if not own.needs or not own.needs <= other.needs or (other.is_small and not own.is_small):
        return False
    if other.released_on is None or own.released_on is None or other.released_on < own.released_on:
        return False
    return other.size is None or other.size >= (LEAST_SIZE if own.size is None else own.size)
