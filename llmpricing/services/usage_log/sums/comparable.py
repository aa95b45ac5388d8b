"""Which offerings of a ranking can take the place of the one that most of a log's money goes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from llmpricing.domain.choice.comparable import ModelFacts, compares
from llmpricing.domain.choice.needs import NEEDS
from llmpricing.domain.names.lines import line_and_version
from llmpricing.services.catalogue.listed_models import SoldModel, models_of_rows
from llmpricing.services.catalogue.listing import all_rows
from llmpricing.services.catalogue.same_model import is_another_tier
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.scores.kept_scores import models_sold, scores_by_model
from llmpricing.services.usage_log.pricer import LogPricer

# Needs that every model is said to meet somewhere or that a seller adds tell nothing of a model's strength.
_STRENGTHS = tuple(need.id for need in NEEDS.values() if not need.of_sellers and need.id != "open_weights")


@dataclass(frozen=True)
class ComparedElsewhere:
    """The own offering that others are compared with, in ``words`` what lists say it can, whether scores of it are
    known and when it was released; the offerings that can take its place, by id, and which offerings are one model.
    """

    offering: str
    words: tuple[str, ...]
    is_scored: bool
    released_on: date | None
    offerings: frozenset[str]
    models: Mapping[str, int]


def comparison(reads: Reads, pricer: LogPricer, now: datetime, own: str) -> ComparedElsewhere | None:
    """What compares with an own offering, by what was known; None where the price book does not hold it ``now``."""
    clocks = pricer.known.clocks(now, pricer.recorded)
    standing = names_of(reads, pricer.known).standing(clocks.known_at)
    scores = scores_by_model(reads, clocks)
    scored = {slug: scores[model] for slug, model in models_sold(reads, clocks, scores).items()}
    models = models_of_rows(all_rows(reads, clocks, standing))
    facts = {slug: one for model in models for slug, one in _facts(model, scored).items()}
    if (mine := facts.get(own)) is None:
        return None
    same = next(frozenset(row.id for row in model.rows) for model in models if any(row.id == own for row in model.rows))
    able = frozenset(
        slug
        for slug, one in facts.items()
        if slug == own or (_is_choice(slug) and (slug in same or compares(one, mine)))
    )
    words = tuple(need.words for need in NEEDS.values() if need.id in mine.needs)
    sold_as = {row.id: number for number, model in enumerate(models) for row in model.rows}
    return ComparedElsewhere(own, words, mine.is_scored, mine.released_on, able, sold_as)


def _is_choice(slug: str) -> bool:
    """Neither another way to sell a model, such as ``:batch``, which answers later, nor an id such as ``~x/x-latest``
    that means another model tomorrow.
    """
    return not is_another_tier(slug) and "/~" not in slug


def _facts(model: SoldModel, scored: Mapping[str, Mapping[str, Decimal]]) -> dict[str, ModelFacts]:
    """The facts of each offering of a model: needs, release and scores are the model's, whoever sells it."""
    scores = next((scored[row.id] for row in model.rows if row.id in scored), {})
    needs = frozenset(need for need in _STRENGTHS if need in model.able)
    facts = {}
    for row in model.rows:
        api_id = row.id.partition("/")[2]
        facts[row.id] = ModelFacts(api_id, needs, model.released_on, scores, *line_and_version(api_id))
    return facts


def comparable_rule(of: ComparedElsewhere, day: Callable[[date], str] = str) -> str:
    """By what others compare with it, in words; ``day`` writes days."""
    lacking = [] if of.words else ["what it can"]
    lacking += [] if of.released_on else ["when it was released"]
    facts = "a later version of it by its name"
    if lacking or of.released_on is None:
        facts += f" alone, as no list says {' or '.join(lacking)}"
    else:
        facts += (
            f", or lists say of it {', '.join(of.words)} as well and that it was released on {day(of.released_on)} "
            "or later, and its name makes it no smaller"
        )
    if not of.is_scored:
        return f"no score of it is known, so: {facts}"
    return f"at least 90 % of its quality by three published scores or more; where fewer are known of both: {facts}"
