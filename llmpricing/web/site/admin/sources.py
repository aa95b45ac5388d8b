"""/admin/sources: when each list was last read and what came of it, and which source is believed first on a seller."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.services.catalogue.sources import read_sources
from llmpricing.services.decisions.source_trust import clear_trust, set_trust, trusts
from llmpricing.services.imports.asked import newest_asked, note_asked
from llmpricing.services.imports.failures import failing_sources
from llmpricing.services.imports.running import running_imports
from llmpricing.sources.registry import SOURCES
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.errors import Refused
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import read_parameters
from llmpricing.web.site.admin.importing import ImportRunner
from llmpricing.web.site.admin.posting import SHOWN, done, words
from llmpricing.web.site.admin.work_forms import WHY, AskedField, WorkForm

_PATH = f"{ADMIN_PATH}/sources"
_PROVIDER = AskedField("provider", "On the prices of", p.text, "Name the seller, such as azure.", hint="azure")
_SOURCE = AskedField(
    "source", "Believe", p.one_of(*SOURCES), "Choose the source.", choices=tuple(SOURCES), usual=next(iter(SOURCES))
)
_RANK = AskedField("rank", "At rank", p.whole(1, 99), "Say the rank; 1 is believed first.", hint="1")
TRUST = WorkForm("trust", f"{_PATH}/trust", "Set", (_SOURCE, _PROVIDER, _RANK, WHY))
CLEAR = WorkForm("clear", f"{_PATH}/clear", "As elsewhere", (_SOURCE, _PROVIDER, WHY))
READ = WorkForm("read", f"{_PATH}/read", "Read now", (_SOURCE,))
RUNNER = "llmpricing.import_runner"  # in the registry
_RUNS = "An import runs already, or a reading is being taken back. Next: wait until that has ended, then ask again."
_NO_INI = "This server was not started by an ini file, so it cannot. Next: llmpricing import {source}"


def includeme(config: Any) -> None:
    """Have a runner of imports, which knows the ini file that the server was started by."""
    registry = config.registry
    runner = registry[RUNNER] = ImportRunner(
        registry.settings.get("llmpricing.ini_file"), registry.settings["llmpricing"]
    )
    registry.setdefault("llmpricing.closing", []).append(runner.close)


def show(request: Request) -> dict[str, Any]:
    """All sources, also those of which nothing was read, and where they are believed otherwise."""
    asked = read_parameters(request, {"done": p.one_of("set", "cleared"), "count": p.whole(0, 10**6)})
    return {**show_refused(request), "done": asked.get("done"), "count": asked.get("count", 0)}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a decision that was refused."""
    found = read_sources(request.dbsession, datetime.now(UTC))
    unread = [SOURCES[slug] for slug in SOURCES if slug not in {one.source for one in found}]
    ranks = trusts(request.dbsession)
    failing = failing_sources(request.dbsession)
    running = running_imports(request.dbsession)
    asked = newest_asked(request.dbsession, running)
    shown = {
        "sources": found,
        "unread": unread,
        "failing": failing,
        "asked": asked,
        "elsewhere": running.is_any and (asked is None or asked.ended is not None),
        "can_read": request.registry[RUNNER].can_run,
        "ranks": ranks[:SHOWN],
        "more": max(0, len(ranks) - SHOWN),
    }
    return {**words(), "trust": TRUST, "clear": CLEAR, "read": READ, **shown}


def rank(request: Request) -> Response:
    """Believe a source at a rank on a seller's prices."""
    asked = TRUST.read(request)
    by = decider_of(request, asked["note"])
    return done(
        _PATH, done="set", count=set_trust(request.dbsession, by, asked["provider"], asked["source"], asked["rank"])
    )


def clear(request: Request) -> Response:
    """Believe a source on a seller's prices as elsewhere."""
    asked = CLEAR.read(request)
    by = decider_of(request, asked["note"])
    return done(_PATH, done="cleared", count=clear_trust(request.dbsession, by, asked["provider"], asked["source"]))


def read(request: Request) -> Response:
    """Have a source's list read from its own address: begun once the asking is kept, and refused while one runs."""
    source, runner = READ.read(request)["source"], request.registry[RUNNER]
    if not runner.can_run:
        raise Refused(409, "REFUSED", _NO_INI.format(source=source))
    by = decider_of(request, None)
    asking = request.tm.get()
    if (one := runner.reserve(source, by.name, by.at)) is None:
        raise Refused(409, "REFUSED", _RUNS)
    asking.addAfterCommitHook(runner.start, (one,))
    asking.addAfterAbortHook(runner.start, (False, one))
    note_asked(request.dbsession, by.name, source, by.at)
    return done(_PATH)
