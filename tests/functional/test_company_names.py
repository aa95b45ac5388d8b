"""Sellers and labs bear the names that they write themselves, whatever lists call them."""

from __future__ import annotations

from tests.conftest import running_app

OWN_WAY = ("xAI", "fal", "inclusionAI")  # who writes a small letter first


def test_sellers_and_labs_are_called_as_they_write_themselves_on_pages_and_in_the_api(
    full_book_of_module: str, redis_url: str
) -> None:
    with running_app(full_book_of_module, redis_url) as app:
        named = {one["id"]: one["name"] for one in app.get("/api/v1/providers?limit=200").json["data"]}
        assert (named["x-ai"], named["deepseek"], named["moonshotai"]) == ("xAI", "DeepSeek", "Moonshot AI")
        page = app.get("/?provider=x-ai").text
        assert "xAI" in page
        assert "X AI" not in page
        assert "nvidia" not in named  # a lab that sells nothing itself
        assert "NVIDIA (" in page
        raw = {name for name in named.values() if name in named and name[0].islower()}
        assert raw <= {"fal"}  # as it writes itself
        options = app.get("/").html.select("#lab option[value], #provider option[value]")
        told = [one.get_text() for one in options if one["value"]]
        assert [text for text in told if text[0].islower() and text.split(" (")[0] not in OWN_WAY] == []
        assert "Baidu (" in str(told)
