"""What the guards compare an offering's prices with: what is usual, and what other sellers of the same model ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from functools import cached_property

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from llmpricing.domain.names.identities import Identity, ModelMarks, identity
from llmpricing.domain.observations import State
from llmpricing.domain.publishing.guard_evidence import CHAT_MODES, GuardRule
from llmpricing.domain.publishing.market import Market, OtherSeller, Range
from llmpricing.domain.publishing.timelines import merge_source
from llmpricing.models import ObservationRow, Offering, Review, Source
from llmpricing.services.publishing import observations
from llmpricing.services.publishing.kept_components import KeptComponents
from llmpricing.sources.registry import SOURCES

DERIVED_FROM = {slug: info.derived_from for slug, info in SOURCES.items() if info.derived_from}
_FEW = 5  # so few offerings do not read the ids of all
_ENOUGH = 50  # so many prices tell what is usual
_HINGING = (GuardRule.ELSEWHERE, GuardRule.JUMP, GuardRule.DISAGREEMENT, GuardRule.COMPANION)


@dataclass(frozen=True, slots=True)
class _Sold:
    """An offering of a provider, and the model that its id names."""

    id: int
    provider: str
    named: Identity

    def is_elsewhere(self, own: _Sold) -> bool:
        """Whether it is the same model as ``own`` at another provider; a name without a version may be any."""
        same = bool(own.named.numbers) and self.named.model == own.named.model
        return same and self.provider != own.provider and self.named.may_share_date(own.named)


@dataclass
class Markets:
    """The markets of the offerings of one publication; everything is read once, when a guard first asks for it."""

    session: Session
    components: KeptComponents
    sources: Mapping[int, Source]
    grace: timedelta
    _usual: dict[tuple[str | None, str], Range | None] = field(default_factory=dict)
    _elsewhere: dict[int, list[int]] = field(default_factory=dict)  # offerings of the same model, by offering
    _provider: dict[int, str] = field(default_factory=dict)
    _sellers: dict[int, OtherSeller] = field(default_factory=dict)

    def market_of(self, offering: int, together: Mapping[int, str]) -> Market:
        """The market of one of the offerings that are published ``together``, for which it is read at once; their
        slugs by id.
        """
        return Market(DERIVED_FROM, self.usual, lambda: self._sellers_of(offering, together), self.grace)

    def usual(self, mode: str | None, meter: str) -> Range | None:
        """The 1st to the 99th percentile of all prices of a unit that lists ever stated, in USD."""
        key = ("chat" if mode in CHAT_MODES else mode, meter)
        if key not in self._usual:
            self._usual[key] = self._percentiles(*key)
        return self._usual[key]

    def _percentiles(self, mode: str | None, meter: str) -> Range | None:
        """Of what was observed, not of what is published: a new price book has its lists before its prices."""
        is_of_mode = Offering.mode == mode
        if mode in CHAT_MODES:
            is_of_mode = or_(Offering.mode.in_([name for name in CHAT_MODES if name]), Offering.mode.is_(None))
        unit = ObservationRow.value / ObservationRow.per_quantity
        low, high = (func.percentile_disc(share).within_group(unit) for share in (0.01, 0.99))
        query = (
            select(func.count(), low, high)
            .select_from(ObservationRow)
            .join(Offering, Offering.id == ObservationRow.offering_id)
            .where(ObservationRow.component == f"{meter}|", is_of_mode, ObservationRow.stands())
            .where(ObservationRow.state == State.PRICED, ObservationRow.currency == "USD")
        )
        count, lowest, highest = self.session.execute(query).one()
        return (Fraction(lowest), Fraction(highest)) if count >= _ENOUGH else None

    def _sellers_of(self, offering: int, together: Mapping[int, str]) -> Sequence[OtherSeller]:
        if offering not in self._elsewhere:
            self._find(together)
            self._read({other for one in together for other in self._elsewhere[one]} - self._sellers.keys())
        return [self._sellers[other] for other in self._elsewhere[offering]]

    def _find(self, together: Mapping[int, str]) -> None:
        """Find the same models elsewhere."""
        for id_, slug in together.items():
            own = _sold(id_, slug)
            found = [one for one in self._named_like(own, len(together) <= _FEW) if one.is_elsewhere(own)]
            self._elsewhere[id_] = [one.id for one in found]
            self._provider |= {one.id: one.provider for one in found}

    def _named_like(self, own: _Sold, is_one_of_few: bool) -> Sequence[_Sold]:
        if not own.named.numbers:
            return ()
        return self._read_ids(_may_be(own.named)) if is_one_of_few else self._by_model[own.named.model]

    def _read_ids(self, *where: ColumnElement[bool]) -> list[_Sold]:
        rows = self.session.execute(select(Offering.id, Offering.slug).where(*where))
        return [_sold(id_, slug) for id_, slug in rows]

    @cached_property
    def _by_model(self) -> dict[ModelMarks, list[_Sold]]:
        found: dict[ModelMarks, list[_Sold]] = defaultdict(list)
        for sold in self._read_ids():
            found[sold.named.model].append(sold)
        return found

    def _read(self, offerings: Collection[int]) -> None:
        if not offerings:
            return
        observed = observations.observations_of(self.session, offerings, self.components, self.sources, base_only=True)
        for offering, found in observed.items():
            timelines = {
                component: {source: merge_source(made) for source, made in observations.by_source(stated).items()}
                for component, stated in found.items()
            }
            self._sellers[offering] = OtherSeller(self._provider[offering], timelines)


def _sold(id_: int, slug: str) -> _Sold:
    provider, _, api_id = slug.partition("/")
    return _Sold(id_, provider, identity(api_id))


def _may_be(named: Identity) -> ColumnElement[bool]:
    """Which ids hold all words and numbers of a model, so that few have to be looked at."""
    parts = (*named.words, *named.numbers)
    return and_(*(func.lower(Offering.api_id).contains(part, autoescape=True) for part in parts))


def waiting_on_others(session: Session) -> set[int]:
    """Offerings of which something waits that other offerings, or other sources, may clear."""
    query = select(Review.offering_id).where(Review.closed_at.is_(None), Review.rule.in_(_HINGING))
    return set(session.scalars(query.distinct()))
