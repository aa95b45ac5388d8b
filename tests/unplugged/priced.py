"""What a running application answers from the book that it holds, and what goes on whatever befalls its stores."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tests.unplugged.faults import wait_until

HEALTH, READY = "/api/health", "/api/health/ready"
QUOTE = "/api/v1/quote?model=acme/acme-large&input_tokens=1000000&at=2026-11-23T00:00:00Z"
RESOLVE = "/api/v1/resolve?model=acme-small&as_of=2026-11-23T00:00:00Z"
READ = (
    QUOTE,
    RESOLVE,
    "/api/v1/models?limit=3&sort=-input_per_mtok&as_of=2026-11-23T00:00:00Z",
    "/api/v1/models/acme/acme-large?as_of=2026-11-23T00:00:00Z",
    "/api/v1/history/acme/acme-dated",
    "/api/v1/compare?models=acme/acme-large,acme/acme-small&as_of=2026-11-23T00:00:00Z",
    "/api/v1/calculator?as_of=2026-11-23T00:00:00Z",
    "/api/v1/providers",
    "/api/v1/sources",
    "/api/v1/changes?since=2026-11-23T00:00:00Z",
    "/api/v1/disagreements?limit=7",
    "/api/v1/benchmarks",
    "/api/v1/best-value?as_of=2026-11-23T00:00:00Z",
    "/api/v1/frontier?as_of=2026-11-23T00:00:00Z",
)
# Where Kubernetes asks whether a pod serves and lives.
PROBES = re.findall(r"path: (/api/\S+?),", (Path(__file__).parents[2] / "deploy/kubernetes.yml").read_text("utf-8"))
PAGES = (
    "/",
    "/models/acme/acme-large",
    "/compare?models=acme/acme-large,acme/acme-small",
    "/best-value",
    "/changes",
    "/sources",
    "/providers/acme",
    "/bill",
)
CHARTS = (
    "/charts/history.csv?model=acme/acme-dated",
    "/charts/costs.csv?models=acme/acme-large",
    "/charts/scores.csv?models=acme/acme-large",
    "/charts/frontier.csv?as_of=2026-11-23",
    "/charts/agreement.csv",
)
SCORES = """model,benchmark,score,measured_on,source_url
acme-large,mmlu,80,,https://example.com
acme-large,gsm8k,90,,https://example.com
acme-large,humaneval,70,,https://example.com
"""
VERSION = 2  # the list, then the scores
POSTED = (
    ("/api/v1/quotes", {"model": "acme/acme-large", "usage": {"input_tokens": 7}, "at": "2026-11-23T00:00:00Z"}),
    ("/api/v1/coverage", {"models": ["acme-large", "nobody"], "as_of": "2026-11-23T00:00:00Z"}),
)
PATIENCE_S = 60  # for what comes by itself: the machine may be busy
PROMPT_S = 5  # for an answer that waits for nothing: a deadline of the database would take twice as long


def is_stale(site):
    return site.get(READY).json["stale"]


def answers(site):
    """What is answered from the book, each within its time."""
    found = [*map(site.get, READ), *(site.post(*asked) for asked in POSTED)]
    assert [answer.status for answer in found] == [200] * len(found), [answer.text for answer in found]
    assert all(answer.elapsed_s < PROMPT_S for answer in found)
    return [answer.json for answer in found]


def assert_answers_unmarked(site, well):
    """As before, pages and charts too, and nothing is stale: what is not asked is not missed."""
    assert answers(site) == well
    paths = (*PAGES, *CHARTS, READY, *PROBES)
    assert [site.get(path).status for path in paths] == [200] * len(paths)
    assert not is_stale(site)


def health(site, status=200):
    """What the check of the stores says, which never waits for them longer than its budget."""
    answer = site.get(HEALTH)
    assert answer.status == status, answer.text
    assert answer.elapsed_s < PROMPT_S
    return answer.json


def assert_goes_on(site, well):
    """The same answers, marked, and ready for more."""
    wait_until(lambda: is_stale(site), PATIENCE_S)
    for answer, before in zip(answers(site), well, strict=True):
        meta = answer["meta"]
        assert meta.pop("stale") is True
        assert datetime.fromisoformat(meta.pop("checked_at")) <= datetime.now(UTC)
        assert meta == before["meta"]
        if "notes" in answer["data"]:
            note = answer["data"]["notes"].pop()
            assert (note["code"], note["message"][:21]) == ("BOOK_STALE", "the database is away:")
        assert answer["data"] == before["data"]
    for page in map(site.get, PAGES):
        assert page.status == 200
        assert "The database is away." in page.text
    assert site.get("/docs/notices").status == 200, "what rests on no price goes on as it was"
    charts = list(map(site.get, CHARTS))
    assert [chart.status for chart in charts] == [200] * len(CHARTS)
    assert all(len(chart.text.splitlines()) > 1 for chart in charts[:-1]), "one list agrees with nobody"
    ready = site.get(READY)
    assert (ready.status, ready.json["status"]) == (200, "ready")
    assert len(PROBES) == 2
    assert [site.get(probe).status for probe in PROBES] == [200, 200], "no pod leaves"


def assert_recovers(site, well):
    wait_until(lambda: not is_stale(site), PATIENCE_S)
    assert answers(site) == well
    assert not any("The database is away." in site.get(page).text for page in PAGES)
