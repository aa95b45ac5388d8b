"""The ways to read a name: at whose surfaces, and which text of it, by its form, the provider given and its prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llmpricing.domain.names.forms import LIKE_BEDROCK, Form, form_of
from llmpricing.domain.names.hints import Hint, HintKind, is_providers_name, read_hint, sells_at_all
from llmpricing.domain.names.index import NameIndex
from llmpricing.domain.names.providers import ORGANISATIONS, called_exactly, surfaces_of

PREFIXED = re.compile(r"([^/:]+)[/:](.+)", re.DOTALL)
_BEHIND = re.compile(r"([^/]+)/([^/:]+)(?:/[^/]*)?")  # Helicone writes the seller behind the model


@dataclass(frozen=True, slots=True)
class Route:
    """One way to read a name: at which surfaces, which text, and what was read from the name itself."""

    surfaces: tuple[str, ...]
    text: str
    region: str = ""
    detail: str = ""
    only_ids: bool = False


def routes(index: NameIndex, text: str, hint: Hint | None, said: str) -> Iterator[Route]:
    """The ways to read a name, the surest first; a form that contradicts the hint ends them."""
    surfaces = hint.surfaces if hint else ()
    only_ids = bool(hint and hint.kind is HintKind.LOCAL)
    form = form_of(text)
    if form and form.own:
        return
    if form and not any(f"{one}/{text}".lower() in index.slugs for one in surfaces):
        if _beats(form, hint):
            detail = f"its form is that of {form.provider}, not of {said}" if hint else ""
            yield Route(surfaces_of(form.provider), form.model, form.region, detail)
            return
        if hint and form.model != text:
            yield Route(surfaces, form.model, form.region, only_ids=only_ids)
    if prefixed := PREFIXED.fullmatch(text):
        yield from _by_prefix(index, prefixed, hint, said)
    if hint:
        yield Route(surfaces, text, only_ids=only_ids)
    elif (behind := _BEHIND.fullmatch(text)) and (index.seller_called(behind[2]) or sells_at_all(behind[2])):
        seller = called_exactly(behind[2])
        yield Route(surfaces_of(seller), behind[1], detail=f"read as {behind[1]} at {seller}")


def _beats(form: Form, hint: Hint | None) -> bool:
    """Whether a form says another seller than the hint; where it only may, a platform that was named counts more."""
    if hint is None or form.provider in hint.surfaces:
        return hint is None
    if form.provider == "google" or hint.kind is HintKind.LOCAL:
        return False
    if form.provider in ("openrouter", "google-vertex") and "/models/" not in form.model:
        return hint.kind is HintKind.LAB or hint.surfaces == ("google",)
    return form.provider != "aws" or not LIKE_BEDROCK & set(hint.surfaces)


def _by_prefix(index: NameIndex, prefixed: re.Match[str], hint: Hint | None, said: str) -> Iterator[Route]:
    """The name without a prefix that says its seller; one of a platform counts more than a hint to a lab."""
    prefix, rest = prefixed[1], prefixed[2]
    exact = None if prefix.lower() in ORGANISATIONS else _seller_before(index, prefixed)
    if exact is None:
        return
    if hint is None or set(exact.surfaces) & set(hint.surfaces):
        surfaces = exact.surfaces if hint is None else hint.surfaces
        form = form_of(rest)
        if form and form.provider in surfaces:
            yield Route(surfaces, form.model, form.region)
        yield Route(surfaces, rest, only_ids=exact.kind is HintKind.LOCAL)
        inner = PREFIXED.fullmatch(rest)
        if inner and inner[1].lower() == prefix.lower():
            yield Route(surfaces, inner[2], only_ids=exact.kind is HintKind.LOCAL)
    elif hint.kind is HintKind.LAB and exact.kind is not HintKind.LAB:
        detail = f"its prefix is that of {exact.surfaces[0]}, not of {said}"
        yield Route(exact.surfaces, rest, detail=detail, only_ids=exact.kind is HintKind.LOCAL)


def _seller_before(index: NameIndex, prefixed: re.Match[str]) -> Hint | None:
    """Whom a prefix names: a seller's id, another name of it, or a library's word for it where it can be no maker's,
    as in ``azure_openai:gpt-4o`` and ``vertex_ai_beta/gemini-2.5-pro``.
    """
    prefix = prefixed[1]
    is_librarys = prefixed[0][len(prefix)] == ":" or "_" in prefix
    if not (
        index.seller_called(prefix) or called_exactly(prefix) in _WORDS or (is_librarys and is_providers_name(prefix))
    ):
        return None
    hint = read_hint(prefix, index.sellers)
    return hint if hint.surfaces else None


# What stands before a slash and means a seller, though the price book may have nothing of it.
_WORDS = frozenset({"aws", "azure", "azure-ai", "github", "google-vertex", "ollama", "snowflake", "vllm"})
