"""/admin/benchmarks: scores out of a CSV file, looked at first; the rows that cannot be read are there to download."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from llmpricing.domain.money import to_text
from llmpricing.domain.scores.benchmarks import BENCHMARKS
from llmpricing.domain.scores.score_file import FailedRow, ScoreFileError, ScoreFileShape
from llmpricing.services.clocks import Clocks
from llmpricing.services.scores.importing_scores import ScoresRead, import_scores
from llmpricing.services.scores.kept_scores import count_scores
from llmpricing.web import parameters as p
from llmpricing.web.access import ADMIN_PATH
from llmpricing.web.errors import invalid
from llmpricing.web.operators import decider_of
from llmpricing.web.parameters import Reader, read_parameters
from llmpricing.web.selecting import cell
from llmpricing.web.site.admin.posting import done, words
from llmpricing.web.site.admin.work_forms import WHY, AskedField, WorkForm, amount

_PATH = f"{ADMIN_PATH}/benchmarks"
MOST_ROWS, _SHOWN = 1000, 20  # rows of a file, and of those that failed on the page
_COUNTS = ("new", "changed", "same", "failed")
_FILE = Reader(lambda _, raw: raw, {})
UPLOAD = WorkForm(
    "upload",
    f"{_PATH}/upload",
    "Look at it",
    (
        AskedField("scores", "CSV file", _FILE, "Choose a CSV file of scores, which is not empty.", is_file=True),
        AskedField("benchmark", "Benchmark, if no column says", p.one_of(*BENCHMARKS), choices=tuple(BENCHMARKS)),
        AskedField("source_url", "Published at, if no column says", p.text, hint="https://...", is_long=True),
        AskedField("model_column", "Column of the model", p.text, hint="model"),
        AskedField("score_column", "Column of the score", p.text, hint="score"),
        AskedField("factor", "Scores times", amount, hint="1, or 100 for shares"),
        WHY,
        AskedField("act", "", p.one_of("look", "keep", "failed"), is_kept=True),
    ),
)


def show(request: Request) -> dict[str, Any]:
    """The benchmarks with how many models have a score of each."""
    asked = read_parameters(request, {"done": p.one_of("kept"), **dict.fromkeys(_COUNTS, p.whole(0, 10**6))})
    return {**show_refused(request), "done": asked.get("done"), "told": {name: asked.get(name, 0) for name in _COUNTS}}


def show_refused(request: Request) -> dict[str, Any]:
    """The page, for a file that was refused."""
    now = datetime.now(UTC)
    counts = count_scores(request.dbsession, Clocks(now, now))
    return {**words(), "upload": UPLOAD, "benchmarks": list(BENCHMARKS.values()), "counts": counts, "number": to_text}


def take_in(request: Request) -> Any:
    """Show what a file would bring; keep it, or answer the rows that failed, once it was looked at."""
    asked = UPLOAD.read(request)
    act, page = asked.get("act", "look"), show_refused(request)  # before anything of the file is in the session
    read = _read(request, asked)
    if act == "keep":
        counts = {"new": read.new, "changed": read.changed, "same": read.same, "failed": len(read.failed)}
        return done(_PATH, done="kept", **counts)
    request.tm.doom()  # it was looked at, not done
    if act == "failed":
        return _failed_rows(read.failed)
    return {**page, "read": read, "failed": read.failed[:_SHOWN], "sent": _sent(asked)}


def _read(request: Request, asked: dict[str, Any]) -> ScoresRead:
    columns = {name: asked[f"{name}_column"] for name in ("model", "score") if f"{name}_column" in asked}
    common: dict[str, str] = {name: asked[name] for name in ("benchmark", "source_url") if name in asked}
    shape, by = ScoreFileShape(columns, common, asked.get("factor", Decimal(1))), decider_of(request, asked["note"])
    if sum(1 for line in asked["scores"].splitlines() if line.strip()) > MOST_ROWS + 1:
        message = f"The file has more than {MOST_ROWS:,} rows: split it, or use llmpricing import-benchmarks."
        raise invalid("scores", message)
    try:
        return import_scores(request.dbsession, by, asked["scores"], "a file sent to /admin", shape)
    except ScoreFileError as error:
        raise invalid("scores", f"The file cannot be read: {error}.") from None


def _sent(asked: dict[str, Any]) -> dict[str, str]:
    """What was sent, to be sent once more."""
    return {
        name: to_text(value) if isinstance(value, Decimal) else value for name, value in asked.items() if name != "act"
    }


def _failed_rows(failed: Sequence[FailedRow]) -> Response:
    """The rows as they stood, with the line that each had and why it was left out; no cell is a formula."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = [name for name in (failed[0].cells if failed else ()) if name not in ("line", "reason")]
    writer.writerow([*map(cell, names), "line", "reason"])
    for row in failed:
        writer.writerow([*(cell(row.cells.get(name, "")) for name in names), row.line, cell(row.reason)])
    response = Response(text.getvalue(), content_type="text/csv", charset="utf-8")
    response.content_disposition = 'attachment; filename="failed.csv"'
    return response
