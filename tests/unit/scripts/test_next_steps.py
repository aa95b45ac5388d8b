"""Why something has no price says what to do about it, in the words of the surface that says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import click
import pytest
from sqlalchemy.orm import Session

from llmpricing.book.price_book import PriceBook
from llmpricing.domain.conditions import BASE, Conditions, conditions
from llmpricing.domain.names.matching import Unknown, Why
from llmpricing.domain.observations import Basis, DatedPrice, State
from llmpricing.domain.prices import Price
from llmpricing.domain.quotes.context import UNSTATED, Context, Use, context
from llmpricing.domain.quotes.contract_rates import Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.quote import quote
from llmpricing.domain.quotes.usage_sums import UsageSum, cost_of
from llmpricing.domain.quotes.why_unpriced import why_unpriced
from llmpricing.domain.usage.quantities import count
from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.scripts.cli import main
from llmpricing.scripts.option_words import words_of
from llmpricing.services.quotes.quoting import AmbiguousModel, UnknownModel
from llmpricing.services.usage_log.row_by_row import reason_of
from llmpricing.web.site.bill import by_command
from tests.prices import price_of

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
USED = count({"input_tokens": 1_000})
Said = Callable[[ParameterWords], str]


def in_command(name: str, *, is_file: bool) -> ParameterWords:
    """The words of a command that reads a price book's file, or a database."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    with click.Context(command):
        return words_of(PriceBook.__new__(PriceBook) if is_file else Session())


COMMANDS = ("audit", "price", "outlook", "elsewhere")
SURFACES = {
    **{f"{name} of a file": in_command(name, is_file=True) for name in COMMANDS},
    **{f"{name} of a database": in_command(name, is_file=False) for name in COMMANDS},
    "/bill": by_command,
    "Python": in_python,
}


def price(number: int, amount: int, when: Conditions = BASE, **facts: str) -> Price:
    said = DatedPrice(state=State.PRICED, amount=Decimal(amount), per=1_000_000, basis=Basis.DOCUMENTED)
    return replace(price_of(number, "input_tokens", said, when), **facts)


def of_prices(prices: Sequence[Price], stated: Context = UNSTATED, currency: str | None = None) -> Said:
    """What is said of a request, the same by itself and of a sum."""
    offered = OfferingPrices(prices, "acme/large")

    def said(words: ParameterWords) -> str:
        alone = why_unpriced(quote(offered, USED, AT, stated, Terms(currency=currency)), words)
        used = UsageSum(Use(USED, AT, stated))
        used.add(USED)
        assert cost_of(offered, used, stated, Terms(), words=words).reason == alone
        return alone

    return said


def of_name(refusal: Exception) -> Said:
    return lambda words: reason_of(refusal, words)


IN_PLACES = [price(1, 4, conditions(region="eu")), price(2, 5, conditions(region="us"))]
BY_SIZE = [price(1, 4, conditions(size="high")), price(2, 5, conditions(size="low"))]
FILES, DATABASES = ("audit of a file", "elsewhere of a file"), ("price of a database", "outlook of a database")
AUDIT = "llmpricing audit FILE"
REASONS: dict[str, tuple[Said, dict[tuple[str, ...], str]]] = {
    "region": (
        of_prices(IN_PLACES),
        {
            (*FILES, "outlook of a database"): "not stated: state eu or us, --region us-east-1",
            ("/bill", "price of a database"): f"not stated: state eu or us, {AUDIT} --region us-east-1",
            ("Python",): "the price depends on region, which is not stated: state eu or us",
        },
    ),
    "fact": (
        of_prices(BY_SIZE),
        {tuple(SURFACES): "the price depends on size, which is not stated: state high or low"},
    ),
    "tier": (
        of_prices([price(1, 4)], context("flex")),
        {
            FILES: "tier flex of this offering; if it ran in another one, state that in the file, or by --tier NAME",
            ("/bill", "price of a database"): f"{AUDIT} --tier NAME",
            ("Python",): "if it ran in another one, state that",
        },
    ),
    "no price": (
        of_prices([price(1, 4, valid_from=datetime(2026, 12, 1, tzinfo=UTC))]),
        {
            FILES: "; a list that was not read may know it, or you do: --fresh",
            (*DATABASES, "/bill", "Python"): "llmpricing pin OFFERING METER AMOUNT",
        },
    ),
    "currency": (
        of_prices([price(1, 4, currency="CNY")], currency="USD"),
        {
            FILES: "no exchange rate CNY to USD is known: state one, llmpricing book build prices.book --exchange CNY=",
            (*DATABASES, "/bill"): "llmpricing exchange add CNY USD_PER_CNY",
            ("Python",): "no exchange rate CNY to USD is known: state one",
        },
    ),
    "profile": (
        of_name(UnknownModel("my profile", None, Unknown((), Why.OWN))),
        {
            FILES: "no model's name: --map 'my profile=OFFERING'",
            DATABASES: "--map 'my profile=OFFERING', or for all files: llmpricing alias add 'my profile' OFFERING",
            (
                "/bill",
            ): f"{AUDIT} --map 'my profile=OFFERING', or who runs this server: llmpricing alias add 'my profile'",
            ("Python",): "no model's name: llmpricing alias add 'my profile' OFFERING",
        },
    ),
    "nothing near": (
        of_name(UnknownModel("zzz", None, Unknown(()))),
        {
            FILES: "a list that was not read may know it (--fresh), or you do: --map zzz=OFFERING",
            DATABASES: "it (llmpricing import --all), or you do: --map zzz=OFFERING, or for all files: llmpricing",
            ("/bill",): f"{AUDIT} --map zzz=OFFERING",
            ("Python",): "(llmpricing import --all), or you do: llmpricing alias add zzz OFFERING",
        },
    ),
    "seller": (
        of_name(UnknownModel("large", "nobody", Unknown((), Why.NO_SUCH_SELLER))),
        {(*FILES, *DATABASES): "no seller is called nobody: state another in the file, or by --provider NAME"},
    ),
    "several": (
        of_name(AmbiguousModel("large", ("acme/large", "other/large"))),
        {
            (*FILES, *DATABASES): "did you mean acme/large or other/large: say so, --map large=acme/large",
            ("/bill",): f"say so, {AUDIT} --map large=acme/large",
            ("Python",): "did you mean acme/large or other/large",
        },
    ),
}
CASES = [
    (said, step, surface)
    for said, steps in REASONS.values()
    for surfaces, step in steps.items()
    for surface in surfaces
]


@pytest.mark.parametrize(("said", "step", "surface"), CASES)
def test_each_reason_says_its_next_step_in_the_words_of_its_surface(said: Said, step: str, surface: str) -> None:
    assert step in said(SURFACES[surface])
