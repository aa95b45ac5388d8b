"""How sellers are called whose lists know them by an id alone."""

from __future__ import annotations

from llmpricing.domain.names.companies import company_names


def test_who_is_stored_by_an_id_has_the_name_that_is_known_and_others_keep_theirs() -> None:
    sellers = [("azure-ai", "azure-ai", 2), ("acme", "acme", 1), ("vercel", "Vercel of the list", 3)]
    names = company_names(sellers)
    assert [names[slug] for slug, _, _ in sellers] == ["Azure AI", "acme", "Vercel of the list"]
    assert names["microsoft"] == "Microsoft"  # a lab that sells nothing itself
