"""Which other id of the same seller an offering stands on."""

import pytest

from llmpricing.domain.names.claimed import claimed_by, claims
from llmpricing.domain.names.index import IndexedOffering, build_index
from llmpricing.domain.observations import ObservedProvider


def index(*entries):
    listed = [IndexedOffering(f"acme/{api_id}", "acme", api_id, clauses) for api_id, clauses in entries]
    return build_index(listed, [ObservedProvider("acme", "Acme")])


EQUALS = ({"or": [{"equals": "gpt-9"}, {"equals": "gpt-9-2026-04-14"}]},)
STARTS = ({"starts_with": "gpt-9"},)


@pytest.mark.parametrize("clauses", [EQUALS, STARTS])
def test_a_snapshot_stands_on_the_alias_that_claims_it_and_never_the_other_way_round(clauses):
    known = index(("gpt-9", clauses), ("gpt-9-2026-04-14", ()))
    assert claimed_by(known, "acme/gpt-9-2026-04-14") == "acme/gpt-9"
    assert claimed_by(known, "acme/gpt-9") is None


def test_an_alias_stands_on_no_snapshot_though_its_clause_claims_it():
    assert claimed_by(index(("gpt-9", ()), ("gpt-9-2026-04-14", EQUALS)), "acme/gpt-9") is None


@pytest.mark.parametrize(
    "other", ["gpt-9-mini", "gpt-9.1-2026-04-14", "gpt-9:free", "us.gpt-9", "gpt-9-pro-2026-04-14"]
)
def test_a_loose_clause_claims_no_other_version_size_tier_or_place(other):
    loose = ({"contains": "gpt-9"},)
    assert claimed_by(index(("gpt-9", loose), (other, ())), f"acme/{other}") is None


def test_what_a_list_itself_tells_apart_stands_on_nothing():
    own = ({"equals": "gpt-9-2026-04-14"},)
    assert claimed_by(index(("gpt-9-2026-04-14", own), ("gpt-9", STARTS)), "acme/gpt-9-2026-04-14") is None


def test_an_unknown_seller_claims_nothing():
    assert claimed_by(index(("gpt-9", EQUALS)), "nobody/gpt-9") is None


def test_an_alias_knows_the_snapshots_that_stand_on_it():
    known = index(("gpt-9", EQUALS), ("gpt-9-2026-04-14", ()), ("gpt-9-mini", ()))
    assert claims(known, "acme/gpt-9") == ("acme/gpt-9-2026-04-14",)
    assert claims(known, "acme/gpt-9-2026-04-14") == claims(known, "nobody/gpt-9") == ()
