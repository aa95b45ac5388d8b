"""Entries as readers and chat bots take them: JSON Feed 1.1 and Atom (RFC 4287). All text is plain and escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml

import msgspec

_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)  # an empty feed was never updated


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One event: ``page`` is the path of the page about it, ``facts`` what a program may read of it."""

    id: str
    at: datetime
    title: str
    page: str
    tags: Sequence[str]
    facts: dict[str, Any]


def json_feed(title: str, entries: Sequence[FeedEntry]) -> bytes:
    """The entries as a JSON Feed; facts stand under ``_llmpricing``."""
    items = [
        {
            "id": one.id,
            "url": one.page,
            "title": one.title,
            "content_text": one.title,
            "date_published": one.at,
            "tags": list(one.tags),
            "_llmpricing": one.facts,
        }
        for one in entries
    ]
    version = "https://jsonfeed.org/version/1.1"
    return msgspec.json.encode({"version": version, "title": title, "home_page_url": "/changes", "items": items})


def atom_feed(id_: str, title: str, entries: Sequence[FeedEntry]) -> bytes:
    """The entries as an Atom feed; it was updated when the newest of them happened."""
    feed = Xml.Element("feed", {"xmlns": _ATOM})
    _add(feed, "id", id_)
    _add(feed, "title", title)
    _add(feed, "updated", _time(max((one.at for one in entries), default=_BEGAN)))
    _add(feed, "link", rel="alternate", href="/changes")
    _add(Xml.SubElement(feed, "author"), "name", "llmpricing")
    for one in entries:
        entry = Xml.SubElement(feed, "entry")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "updated", _time(one.at))
        _add(entry, "link", rel="alternate", href=one.page)
        for tag in one.tags:
            _add(entry, "category", term=tag)
        _add(entry, "content", one.title, type="text")
    written: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: Xml.Element, tag: str, text: str | None = None, **attributes: str) -> None:
    element = Xml.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
