"""Quotes over the price book: names resolved, prices and contract rates loaded, usage priced; many in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from llmpricing.domain.names.matching import MAX_LENGTH, Ambiguous, Resolution, Unknown, Why
from llmpricing.domain.quotes.bill import Quote
from llmpricing.domain.quotes.context import UNSTATED, Context, ContextError
from llmpricing.domain.quotes.contract_rates import RateIdError, Terms
from llmpricing.domain.quotes.notices import Code, Notice
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places_of_a_name import in_its_place, possible, quote_of
from llmpricing.domain.quotes.quote import quote, requote
from llmpricing.domain.quotes.requote import PriceIdError
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.usage.quantities import Usage
from llmpricing.domain.usage.wording import Message, Parameter, Way
from llmpricing.services.catalogue.price_evidence import ReadLists, read_lists
from llmpricing.services.clocks import Clocks
from llmpricing.services.names.candidates import Candidate, told_apart
from llmpricing.services.names.lookup import Meaning
from llmpricing.services.names.name_history import Offered
from llmpricing.services.names.resolving import Names, names_of
from llmpricing.services.price_book import BookState, Reads, book_state
from llmpricing.services.quotes.compiled_prices import prices_by_id, prices_of
from llmpricing.services.quotes.line_evidence import Resting
from llmpricing.services.quotes.terms import RecordedTerms, rates_by_id, terms_at

_WHY = {
    Why.NO_SUCH_NAME: "no offering is called {name}",
    Why.NO_SUCH_SELLER: "no seller is called {provider}",
    Why.NOT_SOLD: "the seller {provider} offers nothing called {name}",
    Why.OWN: "{name} is a profile or deployment of your own, no model's name",
    Why.DEPLOYMENT: "the seller {provider} offers nothing called {name}; if that is a deployment of your own",
    Why.NOT_YET: "nothing called {name} was known yet at that known_at",
}
_NOTHING_NEAR = ", nor anything like it: a list that was not read may know it"


class UnknownModel(LookupError):
    """No offering bears the name; ``suggestions`` are the ids most like it, ``why`` is what nobody knows."""

    def __init__(self, name: str, provider: str | None, found: Unknown) -> None:
        told, seller = name[:MAX_LENGTH], (provider or "it names")[:MAX_LENGTH]
        is_bare = not found.suggestions and found.why in (Why.NO_SUCH_NAME, Why.NOT_SOLD)
        why, own = _WHY[found.why].format(name=told, provider=seller), Parameter("own_name", (told, "OFFERING"))
        if is_bare:
            lists = Way(" (", Parameter("lists"), ")")
            said = Message(f"{why}{_NOTHING_NEAR}", lists, ", or you do", Way(": ", own))
        elif found.why in (Why.OWN, Why.DEPLOYMENT):
            said = Message(why, Way(": ", own))
        elif found.why is Why.NO_SUCH_SELLER:
            said = Message(why, Way(": state another in the file, or by ", Parameter("provider", ("NAME",))))
        else:
            said = Message(why)
        super().__init__(said)
        self.name, self.suggestions, self.why = name, found.suggestions, found.why


class AmbiguousModel(LookupError):
    """Several offerings bear the name: ``candidates``, and in ``differences`` what tells them apart."""

    def __init__(self, name: str, candidates: Sequence[str], differences: Sequence[Candidate] = ()) -> None:
        super().__init__(f"several offerings are called {name}")
        self.name, self.candidates, self.differences = name, tuple(candidates), tuple(differences)


def meant(meaning: Meaning, name: str, provider: str | None) -> Resolution:
    """The one offering that a name means; raises UnknownModel or AmbiguousModel."""
    if isinstance(meaning, Unknown):
        raise UnknownModel(name, provider, meaning)
    if isinstance(meaning, Ambiguous):
        raise AmbiguousModel(name, meaning.candidates)
    return meaning


class Asked(NamedTuple):
    """What ``usage`` of the model of this ``name`` costs at a time, by what was known at another (None: now).

    ``price_ids`` are those of an earlier answer, to be priced by again, and ``rate_ids`` its contract rates; None:
    those agreed now.
    """

    name: str
    usage: Usage
    at: datetime
    known_at: datetime | None = None
    context: Context = UNSTATED
    provider: str | None = None
    currency: str | None = None
    price_ids: tuple[int, ...] = ()
    rate_ids: tuple[int, ...] | None = None


class Quoted(NamedTuple):
    """A quote, whose it is, and the two times that give the same answer again whenever they are asked for; ``at`` is a
    bare date where the hour was not stated. ``usage_format`` is the one by whose keys the usage was recognised, if any;
    ``resting`` tells what the lines rest on.
    """

    quote: Quote
    model: Resolution
    at: datetime | date
    known_at: datetime
    usage_format: str | None = None
    resting: Resting | None = None

    @property
    def total(self) -> Decimal | None:
        """What it costs; None where that is not known."""
        return self.quote.total


QuoteError = UnknownModel | AmbiguousModel | ContextError | PriceIdError | RateIdError | PriceDataError
REFUSALS = (UnknownModel, AmbiguousModel, ContextError, PriceIdError, RateIdError, PriceDataError)


def quote_one(reads: Reads, asked: Asked) -> Quoted:
    """The answer to one question; raises one of REFUSALS."""
    (answer,) = quote_many(reads, [asked])
    if isinstance(answer, Exception):
        raise answer
    return answer


def of_stale_book(quoted: Quoted, checked_at: datetime) -> Quoted:
    """The answer with the note that newer prices may be there since ``checked_at``: the database is away."""
    message = f"the database is away: prices that changed since {checked_at:%Y-%m-%dT%H:%M:%SZ} are not known yet"
    note = Notice(Code.BOOK_STALE, message)
    return quoted._replace(quote=quoted.quote._replace(notes=(*quoted.quote.notes, note)))


def quote_many(reads: Reads, asked: Sequence[Asked]) -> list[Quoted | QuoteError]:
    """The answers in order, a refusal where there is none. The queries do not grow with the questions, only with the
    number of different times at which things shall have been known.
    """
    known = book_state(reads)
    names = names_of(reads, known)
    cases = _told_apart(reads, known, asked, [_resolved(names, one, known.known_at(one.known_at)) for one in asked])
    by_time: dict[datetime, list[_Case]] = defaultdict(list)
    for case in cases:
        if isinstance(case, _Case):
            by_time[case.known_at].append(case)
    believed = {known_at: _believed(reads, known, known_at, found) for known_at, found in by_time.items()}
    return [_answer(case, believed[case.known_at]) if isinstance(case, _Case) else case for case in cases]


def _told_apart(
    reads: Reads, known: BookState, asked: Sequence[Asked], cases: list[_Case | QuoteError]
) -> list[_Case | QuoteError]:
    """The cases, the ambiguous ones with what tells their candidates apart."""
    ambiguous = [
        (place, case, Clocks(one.at, known.known_at(one.known_at)))
        for place, (one, case) in enumerate(zip(asked, cases, strict=True))
        if isinstance(case, AmbiguousModel)
    ]
    differences = told_apart(reads, [(case.candidates, clocks) for _, case, clocks in ambiguous])
    for (place, case, _), told in zip(ambiguous, differences, strict=True):
        cases[place] = AmbiguousModel(case.name, case.candidates, told)
    return cases


class _Case(NamedTuple):
    """A question, the recorded time that answers it, and the offering that its name means; those ``beside`` it that
    the name may mean too, as it says no place.
    """

    asked: Asked
    known_at: datetime
    meaning: Resolution
    offered: Offered
    beside: tuple[Offered, ...] = ()


def _resolved(names: Names, asked: Asked, known_at: datetime) -> _Case | QuoteError:
    try:
        meaning = meant(names.at(Clocks(asked.at, known_at))(asked.name, asked.provider), asked.name, asked.provider)
    except (UnknownModel, AmbiguousModel) as refusal:
        return refusal.with_traceback(None)  # which refers to who gets it
    meaning = in_its_place(meaning, asked.context)
    beside = () if asked.price_ids else tuple([names.offerings[slug] for slug in possible(meaning)])
    return _Case(asked, known_at, meaning, names.offerings[meaning.slug], beside)


class _Believed(NamedTuple):
    """Prices by offering, believed at one time; ``named`` with those besides that were asked for by id, as the contract
    rates of ``named_rates`` were.
    """

    prices: Mapping[int, OfferingPrices]
    named: Mapping[int, OfferingPrices]
    recorded_terms: RecordedTerms
    named_rates: RecordedTerms
    lists: ReadLists


def _believed(reads: Reads, known: BookState, known_at: datetime, cases: Sequence[_Case]) -> _Believed:
    ids: dict[int, set[int]] = defaultdict(set)
    for case in cases:
        ids[case.offered.id].update(case.asked.price_ids)
    offerings = {one.id: one.slug for case in cases for one in (case.offered, *case.beside)}
    prices = prices_of(reads, known, known_at, offerings)
    wanted = {offering: named for offering, named in ids.items() if named}
    named = prices_by_id(reads, known, known_at, wanted, offerings) if wanted else {}
    rates = rates_by_id(reads, {rate for case in cases for rate in case.asked.rate_ids or ()})
    terms, lists = terms_at(reads, known.book, known_at), read_lists(reads, known, known_at)
    return _Believed(prices, named, terms, rates, lists)


def _answer(case: _Case, believed: _Believed) -> Quoted | QuoteError:
    try:
        found = _quote(case, believed)
        if case.beside:
            others = [(one.slug, _quote(case._replace(offered=one), believed)) for one in case.beside]
            found = quote_of([(case.offered.slug, found), *others])
    except (ContextError, PriceIdError, RateIdError, PriceDataError) as refusal:
        return refusal.with_traceback(None)
    if case.meaning.rule == "fallback":
        message = f"{case.meaning.detail}; priced as {case.meaning.slug}"
        found = found._replace(warnings=(*found.warnings, Notice(Code.FALLBACK_SELLER, message)))
    asked = case.asked
    at = asked.at if asked.context.time_known else asked.at.date()
    told = asked.usage.told
    own = (believed.named if asked.price_ids else believed.prices)[case.offered.id]
    resting = Resting(own, believed.lists, asked.at, own.since(asked.at))
    return Quoted(found, case.meaning, at, case.known_at, told.usage_format if told else None, resting)


def _quote(case: _Case, believed: _Believed) -> Quote:
    asked, _, meaning, offered, _ = case
    context = asked.context
    if asked.rate_ids is None:
        rates = believed.recorded_terms.rates(offered.provider, offered.api_id)
    else:
        rates = believed.named_rates.named(asked.rate_ids, offered.provider, offered.api_id)
    terms = Terms(rates, asked.currency, believed.recorded_terms.exchanges(asked.at))
    if asked.price_ids:
        return requote(believed.named[offered.id], asked.price_ids, asked.usage, asked.at, context, terms)
    prices = believed.prices[offered.id]
    context = prices.placed(context, meaning.region, meaning.asked_for)
    return quote(prices, asked.usage, asked.at, context, terms)
