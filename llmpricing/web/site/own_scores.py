"""Scores of one's own that come along with a question of best value, as a CSV file of which nothing is kept."""

from __future__ import annotations

from itertools import islice

from pyramid.httpexceptions import HTTPRequestEntityTooLarge
from pyramid.request import Request

from llmpricing.domain.scores.score_file import FailedRow, ScoreFileError, StatedScore, read_scores
from llmpricing.web.errors import invalid
from llmpricing.web.forms import form_items
from llmpricing.web.json_body import MAX_BYTES

MOST_ROWS = 1000  # of a file


def sent_scores(request: Request) -> list[tuple[FailedRow, StatedScore | None]]:
    """The rows of the file in the form's field ``scores``; raises the 400 that names it, 413 for a large one."""
    if (request.content_length or 0) > MAX_BYTES:
        raise HTTPRequestEntityTooLarge
    try:
        part = dict(form_items(request)).get("scores")  # closes its file when it goes
    except (ValueError, UnicodeError):  # a form that is none
        part = None
    if (file := getattr(part, "file", None)) is None:
        raise invalid("scores", "Choose a CSV file with the columns model, benchmark and score.")
    try:
        rows = list(islice(read_scores(file.read(MAX_BYTES).decode("utf-8"), needs_source=False), MOST_ROWS + 1))
    except (UnicodeDecodeError, ScoreFileError) as error:
        raise invalid("scores", f"The file cannot be read: {error}.") from None
    if len(rows) > MOST_ROWS:
        raise invalid("scores", f"The file has more than {MOST_ROWS:,} rows: llmpricing import-benchmarks reads more.")
    return rows
