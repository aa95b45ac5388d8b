"""How sellers are called whose lists know them by an id alone."""

from __future__ import annotations

import pytest

from llmpricing.domain.names.companies import company_name, company_names


def test_who_is_stored_by_an_id_has_the_name_that_is_known_and_others_keep_theirs() -> None:
    sellers = [("azure-ai", "azure-ai", 2), ("acme-ai", "acme-ai", 1), ("vercel", "Vercel of the list", 3)]
    names = company_names(sellers)
    assert [names[slug] for slug, _, _ in sellers] == ["Azure AI", "Acme AI", "Vercel of the list"]
    assert names["microsoft"] == "Microsoft"  # a lab that sells nothing itself
    assert names["essentialai"] == "EssentialAI"  # one that no table knows


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("blackforestlabs", "Black Forest Labs"),
        ("arceeai", "Arcee AI"),
        ("stabilityai", "Stability AI"),
        ("jinaai", "Jina AI"),
        ("xai", "xAI"),
        ("x", "X"),
        ("z", "Z"),
        ("allenai", "Ai2"),
        ("zerooneai", "01.AI"),
        ("01ai", "01.AI"),
        ("baidu", "Baidu"),
        ("xingchenagi", "XingchenAGI"),
        ("sap-ai-core", "Sap AI Core"),
        ("LibreOrg", "LibreOrg"),
        ("ai", "AI"),
        ("", ""),
        ("-", "-"),
    ],
)
def test_an_id_that_no_list_names_makes_a_name(slug: str, name: str) -> None:
    assert company_name(slug) == name
