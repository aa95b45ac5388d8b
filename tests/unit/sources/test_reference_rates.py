"""The ECB's daily reference rates: every form that it publishes, and what is none of them."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmpricing.sources.errors import SourceError
from llmpricing.sources.reference_rates import DailyRate, read_reference_rates

HISTORY = b"Date,USD,JPY,CYP,GBP,\n2026-11-26,1.0800,162.00,N/A,0.8640,\n2026-11-25,1.0500,,N/A,0.8400,\n"
ONE_DAY = b"Date, USD, JPY, GBP, \n26 November 2026, 1.0800, 162.00, 0.8640, \n"
PORTAL = (
    b"KEY,FREQ,CURRENCY,CURRENCY_DENOM,TIME_PERIOD,OBS_VALUE\n"
    b"EXR.D.USD.EUR.SP00.A,D,USD,EUR,2026-11-26,1.08\n"
    b"EXR.D.GBP.EUR.SP00.A,D,GBP,EUR,2026-11-26,0.864\n"
)
DAY = date(2026, 11, 26)


def _zipped(*names: str) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as into:
        for name in names:
            into.writestr(zipfile.ZipInfo(name), HISTORY)  # of no time: the cases bear the same names in every process
    return packed.getvalue()


def test_a_currency_is_worth_the_dollars_of_a_euro_over_its_own_units() -> None:
    rates = read_reference_rates(HISTORY)
    assert rates[:2] == [
        DailyRate("EUR", date(2026, 11, 25), Decimal("1.0500")),
        DailyRate("EUR", DAY, Decimal("1.0800")),
    ]
    assert DailyRate("GBP", DAY, Decimal("1.25")) in rates
    assert DailyRate("JPY", DAY, Decimal("0.00666666666667")) in rates
    assert not [rate for rate in rates if rate.currency in {"CYP", "USD"}]
    assert [rate.on for rate in rates if rate.currency == "JPY"] == [DAY]


@pytest.mark.parametrize("data", [ONE_DAY, PORTAL, b"\xef\xbb\xbf" + HISTORY.replace(b"\n", b"\r\n")])
def test_every_form_states_the_same(data: bytes) -> None:
    assert DailyRate("GBP", DAY, Decimal("1.25")) in read_reference_rates(data)


def test_a_zip_of_one_table_is_read() -> None:
    assert read_reference_rates(_zipped("eurofxref-hist.csv")) == read_reference_rates(HISTORY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"name,offering\n",
        b"Date,JPY\n2026-11-26,162\n",
        b"Date,USD\n2026-11-26,N/A\n",
        HISTORY.replace(b"1.0800", b"-1"),
        HISTORY.replace(b"2026-11-25", b"yesterday"),
        PORTAL.replace(b",EUR,", b",CHF,"),
        PORTAL.replace(b",D,", b",M,"),
        PORTAL.replace(b",GBP,", b",pound,"),
        HISTORY.replace(b"162", b'"' + b"1" * 200_000),
        b"\xff\xfe\x00",
        _zipped("a.csv", "b.csv"),
        _zipped("readme.txt"),
        _zipped("eurofxref-hist.csv")[:60],
    ],
)
def test_what_is_none_of_them_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_reference_rates(data)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: HISTORY + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(SourceError):
        assert all(rate.usd > 0 for rate in read_reference_rates(data))
