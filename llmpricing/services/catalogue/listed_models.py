"""The models of a time with all that is sold of each: joined once for a version of the price book."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from llmpricing.domain.choice.kinds import CHAT, kind_of
from llmpricing.domain.names.identities import identity, organisation
from llmpricing.domain.names.labs import lab_of, sells_for
from llmpricing.domain.names.model_groups import SoldOffering, changes_model, grouped, moves, way_of
from llmpricing.domain.names.model_names import model_name
from llmpricing.domain.names.sold_as import model_id
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.listing import all_rows
from llmpricing.services.catalogue.offering_needs import LentNeeds, able, meets
from llmpricing.services.catalogue.sightings import SeenSince, offerings_seen
from llmpricing.services.clocks import Clocks
from llmpricing.services.memory import Memory
from llmpricing.services.price_book import BookState, Reads

_BEFORE = re.compile(r"^.*/|^(?:[a-z-]+\.)+(?=[a-z])")  # what stands before a model's own name in an id
_HOUSES = {  # labs that paths call otherwise than sellers are called, or otherwise than other paths do
    "arceeai": "arcee",
    "qwen": "alibaba",
    "togethercomputer": "together",
    "xai": "x-ai",
    "zerooneai": "01ai",
}


@dataclass(frozen=True, slots=True, eq=False)
class SoldModel:
    """A model: ``rows`` are its offerings as ``all_rows`` has them, the lab's own first. ``released_on`` is the lab's
    day of release as a list states it, or the date that its id bears; None where neither tells: then lists that knew
    others before know it since ``seen_since``, None where it was among the first that they held. ``able`` are the needs
    that lists say it meets, at whatever seller, with those lists, and ``least_context`` the least that by lists a
    seller of it takes in a request; None where none says. ``given_up`` is the lab with the status of its own
    offerings, where it sells none of them as ever; it holds of each offering where each stands as a model of its own.
    """

    name: str
    lab: str | None
    kind: str
    released_on: date | None
    rows: tuple[Any, ...]
    able: LentNeeds
    given_up: tuple[str, str] | None = None
    seen_since: date | None = None
    least_context: int | None = None

    def meets(self, row: Any, need: str) -> bool | None:
        """Whether one of its offerings meets a need: by what lists say of that, else by what they say of the model;
        None where a list would have to say more.
        """
        said = meets(row, need)
        return True if said is None and need in self.able else said

    def lends(self, row: Any, need: str) -> bool:
        """Whether one of its offerings meets a need by what lists say of the model alone."""
        return need in self.able and meets(row, need) is None

    def takes(self, row: Any, tokens: int) -> bool | None:
        """Whether one of its offerings takes requests so long: by what lists say of that, else by what they say of
        every other seller of whom they say it; None where a list would have to say more.
        """
        if row.context_window is not None:
            return bool(row.context_window >= tokens)
        return True if self.lends_context(row, tokens) else None

    def lends_context(self, row: Any, tokens: int | None) -> bool:
        """Whether one of its offerings takes requests so long by what lists say of the model's other sellers alone."""
        if row.context_window is not None or tokens is None or self.least_context is None:
            return False
        return self.least_context >= tokens and not way_of(row.id)

    def status_at_maker(self, row: Any) -> str | None:
        """What the lab calls its own offerings of this model where one of another seller is still sold; None where that
        one is the lab's, or the lab sells the model as ever, or not at all.
        """
        return self.given_up[1] if self.given_up and not sells_for(row.provider, self.given_up[0]) else None

    @property
    def own(self) -> int:
        """How many of the rows are the lab's own offerings."""
        return sum(map(self.is_makers, self.rows))

    def is_makers(self, row: Any) -> bool:
        """Whether an offering is the lab's own, by whatever id it sells."""
        return sells_for(row.provider, self.lab)

    @property
    def makers_word(self) -> list[Any]:
        """The offerings by which the lab itself speaks: those under its own id, else those under its others."""
        return makers_word(self.rows, self.lab)


_made: Memory[tuple[str, int, Clocks, bool], list[SoldModel]] = Memory(3, lambda models: 200 * len(models))


def listed_models(
    reads: Reads, book: BookState, clocks: Clocks, standing: StandsOn, *, joined: bool = True
) -> list[SoldModel]:
    """All models of a time; where they are not ``joined``, each offering stands as a model of its own."""
    key = (book.book, book.version, clocks, joined)
    return _made.remember(
        key,
        lambda: models_of_rows(all_rows(reads, clocks, standing), offerings_seen(reads, book, clocks), joined=joined),
    )


def models_of_rows(rows: Iterable[Any], seen: SeenSince | None = None, *, joined: bool = True) -> list[SoldModel]:
    """The models that these rows of ``all_rows`` are of; ``seen`` are the sightings of offerings."""
    by_slug = {row.id: row for row in rows}
    sold = [_sold(row) for row in by_slug.values()]
    groups = grouped(sold)
    several = Counter(_bare(group) for group in groups)
    models = []
    for group in groups:
        members = [(one, by_slug[one.slug]) for one in group]
        lasting = [row for sold, row in members if not changes_model(sold.api_id)]
        can, given_up = able(lasting or [row for _, row in members]), _given_up(members)
        least = _least_context(lasting)
        for part in [members] if joined else [[one] for one in members]:
            model = _model(part, (can, given_up), joined, dated=several[_bare(group)] > 1)
            models.append(replace(model, least_context=least))
    return [with_sightings(model, seen) for model in models] if seen else models


def with_sightings(model: SoldModel, seen: SeenSince) -> SoldModel:
    """The model with since when lists are seen to have it, where that is all that is known of its release. An id such
    as ``-latest`` meant other models before, and tells nothing of one that has others.
    """
    lasting = [row for row in model.rows if not moves(api_id(row))] or model.rows
    first, is_telling = min((seen[row.number] for row in lasting if row.number in seen), default=(None, False))
    return replace(model, seen_since=first) if is_telling and model.released_on is None else model


def api_id(row: Any) -> str:
    """The seller's own id of an offering."""
    return str(row.id.partition("/")[2])


def makers_word(rows: Iterable[Any], lab: str | None) -> list[Any]:
    """Of these offerings those by which a lab itself speaks: under its own id, else under its others."""
    own = [row for row in rows if sells_for(row.provider, lab)]
    return [row for row in own if row.provider == lab] or own


def _maker_first(row: Any, lab: str | None) -> tuple[bool, bool, str]:
    return row.provider != lab, not sells_for(row.provider, lab), row.provider


def _bare(group: Sequence[SoldOffering]) -> Any:
    return identity(next((one for one in group if not moves(one.api_id)), group[0]).api_id).model


def _sold(row: Any) -> SoldOffering:
    sold_as = api_id(row)
    prices = (row.input_per_mtok, row.output_per_mtok)
    told, kind = row.price_state == "priced" and prices != (None, None), kind_of(row.mode, row.outputs, sold_as)
    return SoldOffering(row.id, row.provider, sold_as, kind, prices if told else None, row.name)


def _given_up(members: Sequence[tuple[SoldOffering, Any]]) -> tuple[str, str] | None:
    lab = _lab(members)
    own = {row.status or "active" for row in makers_word([row for _, row in members], lab)}
    if lab is None or not own or "active" in own:
        return None
    return lab, "deprecated" if "deprecated" in own else min(own)


def _least_context(rows: Iterable[Any]) -> int | None:
    """Of those sold plainly: another way to sell may take less of the same."""
    plain = (row for row in rows if not way_of(row.id))
    return min((row.context_window for row in plain if row.context_window is not None), default=None)


def _model(
    members: list[tuple[SoldOffering, Any]],
    of_group: tuple[LentNeeds, tuple[str, str] | None],
    joined: bool,
    dated: bool,
) -> SoldModel:
    lab, kind = _lab(members), members[0][0].kind
    dates = {identity(sold.api_id).date for sold, _ in members}
    lasting = [(sold, row) for sold, row in members if not moves(sold.api_id)]
    telling = lasting or members
    named = [(model_id(sold.provider, sold.api_id), row.name) for sold, row in telling]
    told = {row.id for row in makers_word([row for _, row in telling], lab)}
    own = [name for name, (_, row) in zip(named, telling, strict=True) if row.id in told]
    name = model_name(own, named, max(dates) if dated and "" not in dates else "") if joined else members[0][1].name
    name = name if lasting or not joined else f"{name.removesuffix(' Latest')} (latest)"
    released = _released([row for _, row in telling], lab, min(filter(None, dates), default=""))
    rows = sorted((row for _, row in members), key=lambda row: (*_maker_first(row, lab), len(row.id), row.id))
    return SoldModel(name, lab, kind, released, tuple(rows), *of_group)


def _lab(members: Iterable[tuple[SoldOffering, Any]]) -> str | None:
    """The lab that most lists state; else whose family the id names; else whom the ids' paths name."""
    members = list(members)
    if stated := Counter(lab.lower() for _, row in members if (lab := row.lab)):
        return _first(stated)
    named = Counter(
        lab for sold, _ in members if sold.kind in (CHAT, "embedding") and (lab := lab_of(_BEFORE.sub("", sold.api_id)))
    )
    said = Counter(maker for sold, _ in members if (maker := _HOUSES.get(of := organisation(sold.api_id), of)))
    return _first(named or said)


def _first(found: Counter[str]) -> str | None:
    return min(found, key=lambda one: (-found[one], one)) if found else None


def _released(rows: Sequence[Any], lab: str | None, dated: str) -> date | None:
    telling = [row for row in rows if row.released_on]
    stated: list[date] = [row.released_on for row in makers_word(telling, lab) or telling]
    if stated:
        return min(stated)
    try:
        return date.fromisoformat(dated)
    except ValueError:  # no date, or none of the calendar
        return None
