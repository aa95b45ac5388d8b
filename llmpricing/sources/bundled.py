"""The price lists that come with llmpricing's ``seed`` extra: bytes as their parser reads them, and their date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import metadata

from llmpricing.sources.declaration import SourceInfo
from llmpricing.sources.errors import SourceError


@dataclass(frozen=True, slots=True)
class BundledList:
    """One source's list: ``data`` is what its ``parse`` takes, ``published_at`` the UTC time it stands for."""

    data: bytes
    published_at: datetime
    version: str


def bundled(source: SourceInfo) -> BundledList:
    """The installed list of a source, the same bytes each time; SourceError if it is not there as pinned."""
    package = source.bundled
    if package is None:
        raise SourceError(f"no list of {source.slug} comes with llmpricing: llmpricing import {source.slug} fetches it")
    try:
        installed = metadata.version(package.name)
    except metadata.PackageNotFoundError:
        installed = None
    if installed != package.version:
        state = f"version {installed} is installed" if installed else "it is not installed"
        raise SourceError(f"{package.name} {package.version} is needed, {state}: pip install 'llmpricing[seed]'")
    return BundledList(package.read(), package.published_at, package.version)
