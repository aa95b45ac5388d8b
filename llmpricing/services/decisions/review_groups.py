"""What waits, in groups that one decision settles: what one list says of one seller against one rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from llmpricing.domain.publishing.guard_evidence import GuardRule
from llmpricing.services.decisions.pin_drift import PinDrift
from llmpricing.services.decisions.review_queue import Waiting


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which of the reviews are meant; None means any. ``since`` is when the list was published, or later."""

    rule: str | None = None
    source: str | None = None
    provider: str | None = None
    offering: str | None = None
    since: datetime | None = None

    @property
    def is_any(self) -> bool:
        return self == ReviewFilter()

    def means_pin(self, drift: PinDrift) -> bool:
        """Whether a drifted pin is meant too; a pin breaks no rule."""
        provider = drift.pin.offering.partition("/")[0]
        asked, stated = (self.source, self.provider, self.offering), (drift.source, provider, drift.pin.offering)
        if any(one not in (None, other) for one, other in zip(asked, stated, strict=True)):
            return False
        return self.rule is None and (self.since is None or self.since <= drift.published_at)


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """The reviews of one rule, seller and list, by offering. Prices that wait only because another price of their entry
    does belong to that one's rule.
    """

    rule: str
    provider: str
    source: str
    published_at: datetime
    reviews: tuple[Waiting, ...]

    @property
    def opened_at(self) -> datetime:
        """Since when the first of them waits."""
        return min(review.opened_at for review in self.reviews)

    @property
    def repeated(self) -> int:
        """How many lists of the source have said so by now, the first one among them."""
        return max(review.repeated for review in self.reviews)

    @property
    def largest(self) -> Waiting:
        """The review that would change what its workload costs most, as a factor; arrivals have none."""
        return max(self.reviews, key=lambda review: (review.effect.size, -review.id))


def grouped(waiting: Iterable[Waiting], wanted: ReviewFilter) -> list[ReviewGroup]:
    """The groups of what waits and is wanted, the largest first."""
    waiting = list(waiting)
    rules = _rules(waiting)
    found: dict[tuple[str, str, str, datetime], list[Waiting]] = defaultdict(list)
    for review in waiting:
        rule = rules[review.id]
        if _is_wanted(review, rule, wanted):
            found[rule, review.provider, review.source, review.published_at].append(review)
    groups = [ReviewGroup(*key, tuple(reviews)) for key, reviews in found.items()]
    return sorted(groups, key=lambda group: (-len(group.reviews), group.rule, group.provider, group.published_at))


def _rules(waiting: Iterable[Waiting]) -> dict[int, str]:
    """The rule of each review by its number, a companion's being that of the price it waits with."""
    entries: dict[tuple[str, str, datetime], list[Waiting]] = defaultdict(list)
    for review in waiting:
        entries[review.offering, review.source, review.published_at].append(review)
    found = {}
    for reviews in entries.values():
        own = [review for review in reviews if review.rule != GuardRule.COMPANION]
        for review in reviews:
            of_same_tier = [one for one in own if one.condition_key == review.condition_key]
            found[review.id] = review.rule if review in own or not own else (of_same_tier or own)[0].rule
    return found


def _is_wanted(review: Waiting, rule: str, wanted: ReviewFilter) -> bool:
    stated = (rule, review.source, review.provider, review.offering)
    asked = (wanted.rule, wanted.source, wanted.provider, wanted.offering)
    if any(one is not None and one != other for one, other in zip(asked, stated, strict=True)):
        return False
    return wanted.since is None or wanted.since <= review.published_at
