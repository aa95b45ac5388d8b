"""The list of models: which pass the filters, what hides behind the switches, and each with the offering to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from llmpricing.domain.choice.kinds import CHAT
from llmpricing.domain.money import is_within
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.listing_in_book import price_tests
from llmpricing.services.catalogue.offering_needs import meets
from llmpricing.services.catalogue.same_model import is_another_tier
from llmpricing.services.catalogue.shown_offering import (
    Between,
    Weigh,
    cheapest_first,
    nobody_knows,
    sellers_among,
    shown_offering,
)
from llmpricing.services.clocks import Clocks

PRICED = "priced"
_LATELY = timedelta(days=365)
# Where an offering stands: on the open shelf, or behind a switch of this name; the first that a model has is its own.
UNDATED = "undated"  # the state of a row whose price was first listed after the time asked for
SHELVES = (PRICED, "free", "subscription", "deprecated", "removed", UNDATED, "unpriced")
Passes = bool | None  # None: a list would have to say more


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """What must hold for a model to be listed: for one of its offerings, all of it. Empty fields ask nothing.

    ``unsaid`` lists those too of which no list says whether they have the context or the needs; with ``well_known``
    such of them alone as their lab sells itself or released within a year. So it lists those whose month nobody knows
    where that is bounded. With ``stated`` only what lists say of an offering itself meets a need, not what they say of
    its model at other sellers. ``by_maker``: its lab sells it; who made a model, and when, may be known of no list.
    """

    words: str = ""
    providers: frozenset[str] = frozenset()
    labs: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    max_input_price: Decimal | None = None  # USD per million tokens
    max_output_price: Decimal | None = None
    max_month: Decimal | None = None  # USD that the month asked about costs
    min_context: int | None = None
    released_since: date | None = None
    updated_within_days: int | None = None
    dated: bool = False
    kind: str | None = CHAT  # None: of every kind
    show: frozenset[str] = frozenset()
    unsaid: bool = False
    well_known: bool = False
    stated: bool = False
    by_maker: bool = False

    def lends(self, model: SoldModel, row: Any) -> bool:
        """Whether an offering has one of the needs, or the context, by what lists say of its model alone."""
        return model.lends_context(row, self.min_context) or any(model.lends(row, need) for need in self.needs)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the list: the offering to show, and all that match, the cheapest for the workload first; ``unsaid``
    counts the other sellers of which no list says whether they have what is asked for; ``is_said``: one does of those
    that match. ``lent`` are those that match by what lists say of the model alone, by id.
    """

    model: SoldModel
    shown: Any
    offerings: list[Any]
    unsaid: int = 0
    is_said: bool = True
    lent: frozenset[str] = frozenset()

    @property
    def sellers(self) -> int:
        """How many sell it plainly, of those that match; where none does, how many at all."""
        return sellers_among(self.offerings)

    @property
    def all_sellers(self) -> int:
        """The same of all its sellers."""
        return max(sellers_among(self.model.rows), self.sellers)

    @property
    def plain(self) -> Any:
        """Where it is shown by another way to sell it, such as ``:batch``, who sells it plainly: its lab before others;
        None where nobody does, and where the shown one is plain.
        """
        if not is_another_tier(self.shown.id):
            return None
        return next((row for row in self.model.rows if shelf(row) == PRICED and not is_another_tier(row.id)), None)

    @property
    def is_lent(self) -> bool:
        """Whether it is shown by what lists say of the model alone."""
        return self.shown.id in self.lent

    @property
    def rivals(self) -> list[Any]:
        """Those of its offerings that a buyer may take instead of the shown one."""
        return rivals_of(self.shown, self.offerings)


@dataclass(frozen=True, slots=True)
class FoundModels:
    """The rows; how many models more there are of other ``kinds``, behind each switch, and ``unsaid``; those among
    these that are all else that is asked for are of ``unknown_month``.
    """

    rows: list[ModelRow]
    kinds: Counter[str]
    hidden: Counter[str]
    unsaid: int
    unknown_month: int = 0

    @property
    def lent(self) -> int:
        """How many of the rows are shown by what lists say of the model alone."""
        return sum(row.is_lent for row in self.rows)


def find_models(
    models: Iterable[SoldModel],
    wanted: ModelFilter,
    clocks: Clocks,
    weigh: Weigh,
    cost: Weigh | None = None,
    *,
    month: Between = nobody_knows,
) -> FoundModels:
    """The models that pass, in no order. Each is shown by its lab's own offering, or else by the cheapest by ``weigh``;
    where a ``cost`` is what they are put in order by, by who asks the least of it, so that the figure of the order is
    the figure shown: what lists say of a model holds at each seller of whom none denies it. One of another way to sell
    it, such as ``:batch``, is shown only where none that is sold plainly matches. ``month`` tells between what lies
    what ``max_month`` bounds.
    """
    test, visible = _test(wanted, clocks, month), {PRICED, *wanted.show}
    test_beside = _test(replace(wanted, max_month=None), clocks, month)
    rows, kinds, hidden, unsaid, unknown_month = [], Counter[str](), Counter[str](), 0, 0
    for model in models:
        verdicts = [(row, test(model, row)) for row in model.rows]
        is_said = any(verdict for _, verdict in verdicts)
        takes_unsaid = wanted.unsaid and (is_said or not wanted.well_known or _is_well_known(model, clocks))
        matching = [row for row, verdict in verdicts if verdict or (takes_unsaid and verdict is None)]
        open_to_it = [row for row, verdict in verdicts if verdict is None]
        counted = matching or open_to_it
        if not counted:
            continue
        open_ = [row for row in counted if shelf(row) in visible]
        if open_ and matching:
            kinds[model.kind] += 1
        if wanted.kind not in (None, model.kind):
            continue
        if not matching:
            unsaid += bool(open_)
            unknown_month += any(test_beside(model, row) for row in open_)
        elif open_:
            sellers = {row.provider for row in open_to_it if shelf(row) in visible}
            left_out = len(sellers - {row.provider for row in matching})
            lent = frozenset(row.id for row in matching if wanted.lends(model, row))
            shown = _row(model, open_, matching, lent, (weigh, cost))
            rows.append(replace(shown, unsaid=left_out, is_said=is_said))
        else:
            hidden[min(map(shelf, matching), key=SHELVES.index)] += 1
    return FoundModels(rows, kinds, hidden, unsaid, unknown_month)


def verdicts(
    models: Iterable[SoldModel], wanted: ModelFilter, clocks: Clocks, month: Between = nobody_knows
) -> dict[str, Passes]:
    """Whether each offering is what is wanted, by id; with ``unsaid`` those too of which no list says."""
    test = _test(wanted, clocks, month)
    asked = (model for model in models if wanted.kind in (None, model.kind))
    found = ((row.id, test(model, row)) for model in asked for row in model.rows)
    return {slug: wanted.unsaid if passes is None and wanted.unsaid else passes for slug, passes in found}


def rivals_of(shown: Any, offerings: Iterable[Any]) -> list[Any]:
    """The offerings that a buyer may take instead of the shown one: as open as it, and sold plainly."""
    mine = shelf(shown)
    return [row for row in offerings if shelf(row) == mine and not is_another_tier(row.id)]


def shelf(row: Any) -> str:
    """Where an offering stands."""
    if row.status in ("deprecated", "removed"):
        return str(row.status)
    return {
        "priced": PRICED,
        "free": "free",
        "subscription": "subscription",
        "included": "subscription",
        UNDATED: UNDATED,
    }.get(row.price_state, "unpriced")


def _is_well_known(model: SoldModel, clocks: Clocks) -> bool:
    """Whether its lab sells it itself, or it is new: who asks for what no list says does not mean the rest."""
    newest, since = (clocks.as_of - _LATELY).date(), model.released_on or model.seen_since
    return bool(model.own) or (since is not None and since >= newest)


def _row(
    model: SoldModel,
    open_: Sequence[Any],
    matching: Sequence[Any],
    lent: frozenset[str],
    weighed: tuple[Weigh, Weigh | None],
) -> ModelRow:
    weigh, cost = weighed
    best = min((shelf(row) for row in open_), key=SHELVES.index)
    of_it = [row for row in open_ if shelf(row) == best]
    by_cost = cheapest_first(of_it, weigh)
    shown = shown_offering(by_cost, model.lab, lent, cost)
    others = sorted((row for row in matching if row not in of_it), key=lambda row: (SHELVES.index(shelf(row)), row.id))
    return ModelRow(model, shown, [*by_cost, *others], lent=lent)


def _is_of(model: SoldModel, wanted: ModelFilter) -> Iterable[Passes]:
    """What is asked of the model itself. Lists had it by ``seen_since``, so it is no newer than that."""
    if wanted.labs:
        yield None if model.lab is None else model.lab in wanted.labs
    if (since := wanted.released_since) is None:
        return
    if model.released_on is not None:
        yield model.released_on >= since
    else:
        yield False if model.seen_since is not None and model.seen_since < since else None


def _test(wanted: ModelFilter, clocks: Clocks, month: Between) -> Callable[[SoldModel, Any], Passes]:
    hard = list(_hard_tests(wanted, clocks))
    words, fewest, most = wanted.words.lower().split(), wanted.min_context, wanted.max_month

    def verdict(model: SoldModel, row: Any) -> Passes:
        if not all(test(row) for test in hard) or (words and not _holds(words, model, row)):
            return False
        told: list[Passes] = [*_is_of(model, wanted)]
        if False in told:
            return False
        told += [meets(row, need) if wanted.stated else model.meets(row, need) for need in wanted.needs]
        if wanted.by_maker:
            told.append(None if model.lab is None else model.is_makers(row))
        if fewest is not None:
            told.append(_takes(row, fewest) if wanted.stated else model.takes(row, fewest))
        if most is not None:
            told.append(is_within(month(row), most))
        return False if False in told else None if None in told else True

    return verdict


def _takes(row: Any, tokens: int) -> Passes:
    return None if row.context_window is None else row.context_window >= tokens


def _holds(words: Iterable[str], model: SoldModel, row: Any) -> bool:
    texts = [text.lower() for text in (row.id, row.name, row.lab, model.name, model.lab) if text]
    return all(any(word in text for text in texts) for word in words)


def _hard_tests(wanted: ModelFilter, clocks: Clocks) -> Iterable[Callable[[Any], bool]]:
    if wanted.providers:
        yield lambda row: row.provider in wanted.providers
    yield from price_tests(wanted, clocks)
    if wanted.dated:
        yield lambda row: row.price_since is not None
